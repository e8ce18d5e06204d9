// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"
#include "connectors/postgres/window.h"

#include <map>
#include <string>
#include <vector>

namespace muster::postgres {

/// Cumulative counters of one database since its own stats_reset.
struct DatabaseCounters {
    std::string reset; ///< epoch as text; another one means that the counters began anew
    double commits = 0;
    double rollbacks = 0;
    double blocksRead = 0;
    double blocksHit = 0;
    double tempBytes = 0;
    double deadlocks = 0;
};

struct Databases {
    std::map<std::string, DatabaseCounters> counters; ///< by oid ("0" = shared objects)
    double checksumFailures = 0;
    std::string checksumWorst; ///< the database with the most of them, and when the last one was
    std::vector<std::string> unseen; ///< databases with tables of their own that nobody looks into
    double xidAge = 0; ///< transactions, of the oldest database
    double multixactAge = 0;
    std::string oldestDatabase;
};

/// What happened between two samples of the same life of each database.
struct DatabaseDelta {
    double seconds = 0;
    double commits = 0;
    double rollbacks = 0;
    double blocksRead = 0;
    double blocksHit = 0;
    double tempBytes = 0;
    double deadlocks = 0;
};

/// The postmaster's start and the counters belong together: a restart clears the window.
struct DatabaseSample {
    std::string started;
    std::map<std::string, DatabaseCounters> counters;
};

using DatabaseWindow = Window<DatabaseSample>;

[[nodiscard]] std::string databasesSql(int version);
/// `seen`: databases that this environment connects to on this server, beside the current one.
[[nodiscard]] Databases parseDatabases(const Rows &rows, const std::vector<std::string> &seen = {});
/// Databases that were created, dropped or reset in between are left out.
[[nodiscard]] DatabaseDelta deltaOf(const std::map<std::string, DatabaseCounters> &before,
                                    const std::map<std::string, DatabaseCounters> &after, double seconds);
/// The whole window, step by step: a reset costs one step, not the window.
[[nodiscard]] DatabaseDelta deltaOf(const DatabaseWindow &window);
void pushSample(DatabaseWindow &window, BootTime at, DatabaseSample sample);
/// What is read in one database only (sequences, tables, indexes) says nothing of the others.
void addUnseenFacts(const Databases &databases, bool isStandby, FactWriter &facts);
void addDatabaseFacts(const Databases &databases, const DatabaseWindow &window, FactWriter &facts);

constexpr Millis kDatabaseWindow{ 60000 };
constexpr double kMinBlocks = 200; ///< fewer say nothing about a cache
constexpr double kMinTransactions = 50;

} // namespace muster::postgres
