// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/presenters/pagespec.h"

#include <QString>

#include <utility>
#include <vector>

/// The tabs of a source page that stand for facts: their titles, what is said above their rows. Pure.
namespace muster::tabs {

/// A table as it is shown.
struct Shape {
    std::vector<RowColumn> columns;
    std::vector<Row> rows;
};

/// Of which round the facts of a tab are, and whether they are fresh: while it stays the same, so do the rows.
struct Stamp {
    std::string source;
    std::vector<std::pair<WallTime, bool>> facts;
    friend bool operator==(const Stamp &, const Stamp &) = default;
};

struct Note {
    QString text;
    QString hint;           ///< what would help, to be copied; "" = none
    bool hasTable = false;  ///< at least one of the facts is a fresh table
    std::size_t rowCount = 0;
};

[[nodiscard]] Stamp stampOf(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const std::string &source);
/// An optional tab has something to show, or a reason why it cannot.
[[nodiscard]] bool isWanted(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const std::string &source);
/// "Sessions 24", "Statements ?" where the fact is unknown, "Settings".
[[nodiscard]] QString title(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const std::string &source);
[[nodiscard]] Note note(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const std::string &source);
/// A fact's table, when it is fresh.
[[nodiscard]] const Table *freshTable(const Snapshot &snapshot, const std::string &source, const char *fact);

} // namespace muster::tabs
