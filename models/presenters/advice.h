// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/presenters/detail.h"

#include <string>
#include <vector>

/// What should be done about indexes and tables of one PostgreSQL, what keeps its dead rows, and what works on it. Pure.
/// Every statement is shown for the operator to read, never run.
namespace muster::advice {

/// Fact tables that the advice is made of; null where one is not known.
struct Tables {
    const Table *indexes = nullptr;  ///< postgres.index_findings
    const Table *tables = nullptr;   ///< postgres.table_findings
    const Table *bloat = nullptr;    ///< postgres.bloat_findings
    const Table *sessions = nullptr; ///< postgres.sessions: which actions a pid allows
};

[[nodiscard]] std::vector<RowColumn> columns();
/// Worst first. Of the bloat estimates only what is worth a rewrite.
[[nodiscard]] std::vector<Row> rows(const Tables &tables);
[[nodiscard]] Detail detailOf(const Tables &tables, const QString &key, const std::string &instance);

/// postgres.xmin_holders: who keeps dead rows from being removed, and how to let go of them.
[[nodiscard]] std::vector<RowColumn> holderColumns();
[[nodiscard]] std::vector<Row> holderRows(const Table &holders);
[[nodiscard]] Detail holderDetail(const Table &holders, const QString &key, const Table *sessions, const std::string &instance);

/// postgres.progress: VACUUM, index builds, COPY, base backups, ANALYZE.
[[nodiscard]] std::vector<RowColumn> progressColumns();
[[nodiscard]] std::vector<Row> progressRows(const Table &progress);
[[nodiscard]] Detail progressDetail(const Table &progress, const QString &key, const Table *sessions, const std::string &instance);

/// A name as SQL wants it: quoted where it is not a plain lower-case word.
[[nodiscard]] QString quoted(const QString &identifier);

} // namespace muster::advice
