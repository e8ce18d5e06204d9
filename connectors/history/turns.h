// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/history/database.h"
#include "models/ports/historystore.h"

#include <vector>

/// What changed when, and why.
namespace muster::history {

/// Inside the caller's transaction.
[[nodiscard]] SqlResult<void> insertEvents(Database &database, const std::vector<HistoryEvent> &events);
[[nodiscard]] SqlResult<void> insertTurns(Database &database, const std::vector<HistoryTurn> &turns);

[[nodiscard]] SqlResult<std::vector<HistoryEvent>> readEvents(Database &database, WallTime from, WallTime to, std::size_t limit);
[[nodiscard]] SqlResult<std::vector<HistoryDrop>> readDrops(Database &database, WallTime from, WallTime to, std::size_t limit);
[[nodiscard]] SqlResult<HistoryEntry> readLatest(Database &database);

/// When anything was appended last. Milliseconds.
inline constexpr const char *kSeen = "seen";

} // namespace muster::history
