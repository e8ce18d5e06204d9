// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"
#include "models/presenters/pagespec.h"

#include "models/facts/factbook.h"

#include <vector>

/// Who waits for whom, as an indented list: roots marked, waiters beneath. Pure; reads the fact table "postgres.sessions".
namespace muster::blockers {

inline constexpr std::size_t kMostRows = 40;

[[nodiscard]] std::vector<RowColumn> columns();
/// Keyed as the rows of the sessions; each session once, below the first that it waits for. Empty when nobody waits.
[[nodiscard]] std::vector<Row> rows(const Table &sessions, const PageSpec::TableSpec &spec);
/// "2 sessions wait for a lock, the longest for 12 s".
[[nodiscard]] QString headline(const Snapshot &snapshot, const std::string &source);

} // namespace muster::blockers
