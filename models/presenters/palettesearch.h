// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/readiness/assessment.h"

#include <QString>

#include <vector>

/// Everything that Ctrl+K finds. Pure.
namespace muster::palette {

struct Entry {
    QString key;   ///< "command:measure", "page:cache", "check:ID", "fact:source\x1fname", "step:backup/nightly"
    QString kind;  ///< "command", "page", "check", "fact", "action"
    QString title; ///< plain
    QString hint;  ///< shortcut, or value
};

/// Checks and facts of this moment.
[[nodiscard]] std::vector<Entry> entries(const Assessment &assessment, const Snapshot &snapshot);

/// Entries that hold every word of `query`, best first: at a word's start before within, shorter before longer; at most `limit`.
[[nodiscard]] std::vector<Entry> search(const std::vector<Entry> &entries, const QString &query, std::size_t limit);

[[nodiscard]] std::vector<RowColumn> columns();
[[nodiscard]] std::vector<Row> rows(const std::vector<Entry> &entries);

} // namespace muster::palette
