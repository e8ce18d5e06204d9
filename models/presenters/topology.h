// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/presenters/detail.h"

#include <string>
#include <vector>

/// Replication around one PostgreSQL as an indented list: where it gets its WAL from, itself, who gets it from there, the slots that keep it,
/// and the declared servers that are copies of the same cluster. Pure.
namespace muster::topology {

[[nodiscard]] std::vector<RowColumn> columns();
[[nodiscard]] std::vector<Row> rows(const Snapshot &snapshot, const std::string &source);
[[nodiscard]] Detail detailOf(const Snapshot &snapshot, const std::string &source, const QString &key);

} // namespace muster::topology
