// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/rows.h"
#include "models/facts/factbatch.h"

#include <string>
#include <vector>

namespace muster::pgbouncer {

/// One line of SHOW POOLS: a database and user pair.
struct Pool {
    std::string database;
    std::string user;
    double clientsActive = 0;
    double clientsWaiting = 0;
    double serversActive = 0;
    double serversIdle = 0;
    double serversUsed = 0;
    double longestWait = 0; ///< s, of the client that waits longest now
    std::string mode; ///< "session", "transaction", "statement"
};

/// The console's own pool ("pgbouncer") is left out: it is this connection.
[[nodiscard]] std::vector<Pool> parsePools(const postgres::Rows &rows);
void addPoolFacts(const std::vector<Pool> &pools, FactBatch &batch, Millis budget);

/// "PgBouncer 1.18.0" → "1.18.0"
[[nodiscard]] std::string parseVersion(const std::string &text);

constexpr std::size_t kPoolLimit = 200;

} // namespace muster::pgbouncer
