// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/signon.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    (void)muster::http::signOnCertificates(bytes);
    return 0;
}
