// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/loadreport.h"
#include "connectors/samples/logsample.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    using namespace muster::samples;
    (void)parseLoadReport(bytes);
    (void)parseLog(bytes, LogFormat::Json, false);
    (void)parseLog(bytes, LogFormat::Logfmt, true);
    return 0;
}
