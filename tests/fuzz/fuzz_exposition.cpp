// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/exposition.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    using namespace muster::prometheus;
    for (const auto format : {Format::Text, Format::OpenMetrics}) {
        for (const auto mode : {Mode::Strict, Mode::Lenient})
            (void)parseExposition(bytes, format, mode);
    }
    return 0;
}
