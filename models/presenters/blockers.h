// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"

#include <vector>

/// Who waits for whom, as an indented list: roots marked, waiters beneath. Pure; reads the fact table "postgres.sessions".
namespace muster::blockers {

inline constexpr std::size_t kMostRows = 300; ///< as many waiters as the server is asked about

[[nodiscard]] std::vector<RowColumn> columns();
/// A waiter stands below everyone that it waits for, with the others named; what waits for itself is unfolded once. `prepared` names the
/// prepared transaction that blocks as pid 0. Empty when nobody waits.
[[nodiscard]] std::vector<Row> rows(const Table &sessions, const std::string &prepared = {});
/// The key of the session ("4711", see sessions::keyOf) that a row of the tree stands for.
[[nodiscard]] QString sessionOf(const QString &rowKey);
/// "3 sessions wait for a lock, the longest for 12 s".
[[nodiscard]] QString headline(const Snapshot &snapshot, const std::string &source);

} // namespace muster::blockers
