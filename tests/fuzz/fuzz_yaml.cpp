// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/yaml/yaml.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    muster::yaml::Limits limits;
    limits.nodes = 10'000;
    const auto value = muster::yaml::parse(std::string_view(reinterpret_cast<const char *>(data), size), limits);
    if (value && value->dump().size() > 8 * limits.made) // dump() throws on broken UTF-8: whatever was read must be printable
        std::abort();
    return 0;
}
