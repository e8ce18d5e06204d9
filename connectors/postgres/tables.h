// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"

#include <span>
#include <string>
#include <string_view>

namespace muster::postgres {

// Judgement of the connected database's tables, rarely: the cost grows with their number.

/// Dead rows, overdue vacuums and who keeps them away, tables without autovacuum, tables that are read in full again and again.
[[nodiscard]] std::string tablesSql(int version);
void addTableFacts(const Rows &rows, FactWriter &facts);
[[nodiscard]] std::span<const std::string_view> factsOfTables();

/// Estimate of wasted space of the largest tables, from the planner's statistics. Withheld where those are hidden or old.
[[nodiscard]] std::string bloatSql(int version);
void addBloatFacts(const Rows &rows, const Context &context, FactWriter &facts);
[[nodiscard]] std::span<const std::string_view> factsOfBloat();

} // namespace muster::postgres
