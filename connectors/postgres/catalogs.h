// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"
#include "connectors/postgres/settings.h"

#include <string>
#include <vector>

namespace muster::postgres {

// What reads whole catalogs of the connected database, rarely: its cost grows with the number of tables.

/// An index that is invalid, or that another one makes superfluous.
struct IndexFinding {
    std::string kind; ///< "invalid" | "duplicate"
    std::string table;
    std::string index;
    std::string twin; ///< the one that stays
    double size = 0; ///< bytes by relpages: an estimate that takes no lock
};

[[nodiscard]] std::string indexesSql(int version);
[[nodiscard]] std::vector<IndexFinding> parseIndexes(const Rows &rows);
void addIndexFacts(const std::vector<IndexFinding> &findings, FactWriter &facts);

[[nodiscard]] std::string deadTuplesSql(int version);
void addDeadTupleFacts(const Rows &rows, FactWriter &facts);

[[nodiscard]] std::string sequencesSql(int version);
void addSequenceFacts(const Rows &rows, const Context &context, FactWriter &facts);

[[nodiscard]] std::string sizeSql(int version);
[[nodiscard]] std::string walSql(int version);
void addWalFacts(const Rows &rows, FactWriter &facts);

} // namespace muster::postgres
