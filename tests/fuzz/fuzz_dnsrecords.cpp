// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/dkimkey.h"
#include "connectors/dns/dmarc.h"
#include "connectors/dns/spfmacro.h"
#include "connectors/dns/spfrecord.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    using namespace muster::dns;
    (void)parseSpf(bytes);
    (void)parseDkimKey(bytes);
    (void)parseDmarc(bytes);
    (void)organizationalDomain(bytes);
    if (isMacroString(bytes) && expandMacros(bytes, [](char) { return std::string("a.b.c.example"); }).size() > 253)
        std::abort(); // the length of a name
    return 0;
}
