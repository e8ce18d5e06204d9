// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/history/database.h"
#include "connectors/history/sqlitehistory.h"

namespace muster::history {

/// Up to where points were summed up: everything before it stands in `minute` (or `quarter`) too. Seconds.
inline constexpr const char *kMinutesDone = "minutes_done";
inline constexpr const char *kQuartersDone = "quarters_done";

/// Sums up what is complete, at most some hours a call, and forgets what is too old or too much, at most some thousand rows a call.
/// Inside the caller's transaction. `now` in seconds.
[[nodiscard]] SqlResult<void> maintain(Database &database, const Limits &limits, qint64 now);

} // namespace muster::history
