// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/promclient.h"
#include "models/facts/factbatch.h"

#include <string>

namespace muster::prometheus {

/// rate, then sum, then divide: never a mean of ratios. `label` carries the HTTP status.
[[nodiscard]] std::string errorRatioQuery(const std::string &count, const std::string &label, const std::string &window);

/// How fast the error budget (1 - objective) is used up, by several windows at once: a page at 14.4 times over 1 h and 5 m (2 % of 30 days' budget gone)
/// or 6 times over 6 h and 30 m (5 %), a ticket at 1 time over 3 d and 6 h. A window with fewer than 100 requests gives no alarm.
/// One query; asks Prometheus to read three days of one counter, so at most once a minute.
void addBurnFacts(FactBatch &batch, PromClient &client, const Target &target, const std::string &label, Deadline deadline);

inline constexpr Millis kBurnEvery{60000};
inline constexpr Millis kBurnBudget{150000};

} // namespace muster::prometheus
