// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"
#include "connectors/postgres/settings.h"

#include <span>
#include <string>
#include <string_view>

namespace muster::postgres {

// A statement whose plan flipped is seen in one look: sessions that run it now, each far beyond the mean of all its calls before.

[[nodiscard]] std::span<const std::string_view> factsOfPlans();
/// From 14 on, with pg_stat_statements. At most one row: the statement that the most sessions run.
[[nodiscard]] std::string plansSql(const Rights &rights);
void addPlanFacts(const Rows &rows, FactWriter &facts);

} // namespace muster::postgres
