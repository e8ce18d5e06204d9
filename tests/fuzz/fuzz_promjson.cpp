// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/promparser.h"
#include "connectors/prometheus/selectors.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    using namespace muster::prometheus;
    (void)parseTargets(bytes);
    (void)parseRules(bytes);
    (void)parseAlerts(bytes);
    (void)parseQuery(bytes);
    (void)parseRange(bytes);
    (void)parseNames(bytes);
    (void)needsOf(bytes);
    return 0;
}
