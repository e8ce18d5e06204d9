// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/alertrouting.h"
#include "connectors/prometheus/promparser.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    using namespace muster::prometheus;
    (void)parseAlertmanagerStatus(bytes);
    (void)parseAlertmanagerAlerts(bytes);
    (void)parseSilences(bytes);
    (void)parseMatchers(bytes);
    if (const auto routing = parseRouting(bytes))
        (void)routing->receiversOf({{"alertname", "Watchdog"}, {"severity", "critical"}});
    return 0;
}
