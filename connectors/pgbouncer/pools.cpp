// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/pgbouncer/pools.h"

#include <algorithm>

namespace muster::pgbouncer {

//  database | user | cl_active | cl_waiting | ... | sv_active | sv_idle | sv_used | sv_tested | sv_login | maxwait | maxwait_us | pool_mode
//  shop     | app  |        12 |          0 | ... |         3 |       1 |       0 |         0 |        0 |       0 |          0 |
//  transaction
std::vector<Pool> parsePools(const postgres::Rows &rows)
{
    std::vector<Pool> pools;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto number = [&](std::string_view column) { return rows.number(row, column).value_or(0); };
        if (rows.text(row, "database") == "pgbouncer")
            continue;
        pools.push_back({ rows.text(row, "database"), rows.text(row, "user"), number("cl_active"), number("cl_waiting"),
                          number("sv_active"), number("sv_idle"), number("sv_used"), number("maxwait") + number("maxwait_us") / 1e6,
                          rows.text(row, "pool_mode") });
    }
    std::ranges::stable_sort(pools, std::greater(),
                             [](const Pool &pool) { return std::pair(pool.longestWait, pool.clientsWaiting + pool.clientsActive); });
    return pools;
}

void addPoolFacts(const std::vector<Pool> &pools, FactBatch &batch, Millis budget)
{
    Table table;
    table.columns = { { "database", "" },
                      { "user", "" },
                      { "clients_active", "count" },
                      { "clients_waiting", "count" },
                      { "servers_active", "count" },
                      { "servers_idle", "count" },
                      { "maxwait", "s" },
                      { "mode", "" } };
    table.limit = kPoolLimit;
    table.isTruncated = pools.size() > kPoolLimit;
    Pool sum;
    for (const auto &pool : pools) {
        sum.clientsActive += pool.clientsActive;
        sum.clientsWaiting += pool.clientsWaiting;
        sum.serversActive += pool.serversActive;
        sum.serversIdle += pool.serversIdle;
        sum.serversUsed += pool.serversUsed;
        sum.longestWait = std::max(sum.longestWait, pool.longestWait);
        if (table.rows.size() < kPoolLimit)
            table.rows.push_back({ pool.database, pool.user, pool.clientsActive, pool.clientsWaiting, pool.serversActive, pool.serversIdle,
                                   pool.longestWait, pool.mode });
    }
    batch.add("pgbouncer.clients_active", sum.clientsActive, "count", budget);
    batch.add("pgbouncer.clients_waiting", sum.clientsWaiting, "count", budget);
    batch.add("pgbouncer.servers_active", sum.serversActive, "count", budget);
    batch.add("pgbouncer.servers_idle", sum.serversIdle, "count", budget);
    batch.add("pgbouncer.servers_used", sum.serversUsed, "count", budget);
    batch.add("pgbouncer.wait_longest", sum.longestWait, "s", budget);
    batch.add("pgbouncer.pools", std::move(table), "", budget);
}

std::string parseVersion(const std::string &text)
{
    const auto digit = text.find_first_of("0123456789");
    if (digit == std::string::npos)
        return {};
    return text.substr(digit, text.find_first_not_of("0123456789.", digit) - digit);
}

} // namespace muster::pgbouncer
