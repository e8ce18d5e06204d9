// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/promclient.h"
#include "models/facts/customfact.h"

namespace muster::prometheus {

/// One expression of the environment's own.
[[nodiscard]] std::expected<CustomAnswer, Fault> askCustom(PromClient &client, const CustomFact &fact, Deadline deadline);

/// One sample is a value; several are a table of the labels that tell them apart, and the value. None and NaN are unknown.
[[nodiscard]] Value customValue(const QueryResult &result, const std::string &unit);

} // namespace muster::prometheus
