// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/history/database.h"
#include "connectors/history/sqlitehistory.h"

#include <vector>

namespace muster::history {

/// Points of one series, oldest first, at most `maxPoints`: from the finest table that still reaches back to `from` and is not finer than needed,
/// its newest part, not summed up yet, from the finer ones. Equal buckets; a bucket without points is not there.
[[nodiscard]] SqlResult<std::vector<HistoryPoint>> readSeries(Database &database, const Limits &limits, const std::string &series, WallTime from, WallTime to,
                                                             std::size_t maxPoints, WallTime now);

} // namespace muster::history
