// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"
#include "connectors/postgres/settings.h"

#include <optional>
#include <string>
#include <vector>

namespace muster::postgres {

// What reads whole catalogs of the connected database, rarely: its cost grows with the number of tables.

/// An index that is invalid, or that another one makes superfluous.
struct IndexFinding {
    std::string kind; ///< "invalid" | "duplicate" | "unused" | "prefix"
    std::string table;
    std::string index;
    std::string twin; ///< the one that stays
    double size = 0; ///< bytes by relpages: an estimate that takes no lock
};

[[nodiscard]] std::string indexesSql(int version);
[[nodiscard]] std::vector<IndexFinding> parseIndexes(const Rows &rows);
/// Blocks of all user indexes since the counters began.
struct IndexBlocks {
    double fetched = 0;
    double hit = 0;
};
[[nodiscard]] IndexBlocks parseIndexBlocks(const Rows &rows);
/// From two samples; unknown where they say nothing.
void addIndexHits(const std::optional<IndexBlocks> &before, const IndexBlocks &now, FactWriter &facts);
void addIndexFacts(const std::vector<IndexFinding> &findings, FactWriter &facts);

[[nodiscard]] std::string sequencesSql(int version);
void addSequenceFacts(const Rows &rows, const Context &context, FactWriter &facts);

[[nodiscard]] std::string sizeSql(int version);
[[nodiscard]] std::string walSql(int version);
void addWalFacts(const Rows &rows, FactWriter &facts);

} // namespace muster::postgres
