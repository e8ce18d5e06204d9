// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"

#include <optional>
#include <string>
#include <vector>

namespace muster::postgres {

/// One session out of pg_stat_get_activity(). Ages in seconds at the server's clock; nullopt = the server did not say.
struct ActivitySession {
    int pid = 0;
    std::string user;
    std::string database;
    std::string application;
    std::string client;
    std::string type; ///< backend_type
    std::string state;
    std::string wait;
    std::optional<double> transactionAge;
    std::optional<double> queryAge;
    std::optional<double> stateAge;
    std::optional<double> waitAge;
    std::vector<int> blockedBy; ///< pids; 0 is a prepared transaction
    bool isRoot = false; ///< blocks others and waits for nobody
    std::string query;
};

struct Activity {
    double hidden = 0; ///< rows whose state this role may not see, background processes included
    double clients = 0; ///< client backends, hidden ones included
    std::vector<std::pair<std::string, double>> states; ///< visible client backends by state
    double plaintextClients = 0;
    double idleInTransaction = 0;
    double idleInTransactionLongest = 0;
    double transactionLongest = 0;
    double queryLongest = 0;
    double blocked = 0; ///< all that wait for a lock, also beyond the limit of the list
    double blockedLongest = 0;
    std::string oldestPrepared; ///< gid and owner, where a prepared transaction blocks
    std::vector<ActivitySession> sessions; ///< blockers and blocked first, then the oldest transactions
    bool isTruncated = false;

    static constexpr std::size_t kSessionLimit = 5000; ///< what a large server has; an idle one costs some 200 bytes
};

[[nodiscard]] std::string activitySql(int version);
[[nodiscard]] Activity parseActivity(const Rows &rows);
void addActivityFacts(const Activity &activity, const Context &context, FactWriter &facts);

/// A statement that sets a password is not shown.
[[nodiscard]] std::string withoutPasswords(std::string query);

} // namespace muster::postgres
