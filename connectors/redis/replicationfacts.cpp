// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/factmath.h"
#include "connectors/redis/infofacts.h"
#include "connectors/redis/keypattern.h"

#include <algorithm>

namespace muster::redis {

namespace {

constexpr std::size_t kReplicaRows = 32;

Value replicationLag(const FactWriter &out, const RedisInfo &info)
{
    const auto offset = info.number("master_repl_offset");
    if (info.text("role") == "slave")
        return NotApplicable{"only the primary knows how far its replicas are"};
    if (!offset)
        return out.missing();
    double lag = 0;
    for (const auto &replica : info.replicas)
        lag = std::max(lag, *offset - replica.offset);
    return lag;
}

bool isReplica(const RedisInfo &info)
{
    return info.text("role") == "slave";
}

Table replicasTable(const RedisInfo &info)
{
    const auto offset = info.number("master_repl_offset");
    Table table{{{"replica", ""}, {"state", ""}, {"lag", "s"}, {"behind", "B"}}, {}, kReplicaRows, info.replicas.size() > kReplicaRows};
    for (const auto &replica : info.replicas) {
        if (table.rows.size() < kReplicaRows)
            table.rows.push_back({displayKey(replica.address), displayKey(replica.state, 32), replica.lag, offset ? Cell(std::max(0.0, *offset - replica.offset)) : Cell()});
    }
    return table;
}

/// Of a primary: the worst of its replicas.
void addReplicas(FactWriter &out, const RedisInfo &info)
{
    const NotApplicable none{isReplica(info) ? "only the primary knows how far its replicas are" : "no replica is connected"};
    const auto of = [&](auto value) { return info.isEmpty() ? Value(out.missing()) : info.replicas.empty() ? Value(none) : Value(value()); };
    const auto evidence = info.lines({"slave0", "slave1", "slave2", "repl_backlog_size", "master_repl_offset"});
    out.add("redis.replicas_online", of([&] { return static_cast<double>(std::ranges::count(info.replicas, "online", &ReplicaEntry::state)); }), "count", evidence);
    out.add("redis.replicas_not_online", of([&] {
                return static_cast<double>(info.replicas.size()) - static_cast<double>(std::ranges::count(info.replicas, "online", &ReplicaEntry::state));
            }), "count", evidence);
    out.add("redis.replica_lag", of([&] { return std::ranges::max(info.replicas, {}, &ReplicaEntry::lag).lag; }), "s", evidence);
    const auto backlog = info.number("repl_backlog_size");
    const auto lag = replicationLag(out, info);
    const auto *behind = asNumber(lag);
    const auto share = behind ? ratio(*behind, backlog) : std::nullopt;
    out.add("redis.replication_backlog_ratio", of([&] { return share ? Value(*share) : Value(out.missing()); }), "ratio", evidence);
    out.add("redis.replicas_table", of([&] { return replicasTable(info); }), "");
}

/// Of a replica: its link to the primary.
void addLink(FactWriter &out, const RedisInfo &info)
{
    const auto of = [&](const Number &value) {
        return info.isEmpty() ? Value(out.missing()) : !isReplica(info) ? Value(NotApplicable{"this is a primary"}) : value ? Value(*value) : Value(out.missing());
    };
    const bool isUp = info.truth("master_link_status") == true;
    auto down = info.number("master_link_down_since_seconds");
    if (isUp)
        down = 0;
    else if (down && *down < 0) // it never was up
        down = info.number("uptime_in_seconds");
    const auto evidence = info.lines({"master_host", "master_port", "master_link_status", "master_link_down_since_seconds", "master_last_io_seconds_ago", "master_sync_in_progress"});
    out.add("redis.replication_link_down_for", of(down), "s", evidence);
    out.add("redis.replication_io_age", of(isUp ? info.number("master_last_io_seconds_ago") : down), "s", evidence);
    out.add("redis.sync_in_progress", isReplica(info) ? info.truth("master_sync_in_progress") : info.isEmpty() ? std::nullopt : Truth(false), "", evidence);
}

} // namespace

void addReplicationFacts(FactWriter &out, const RedisInfo &info)
{
    const auto role = roleOf(info);
    out.add("redis.replicas", info.number("connected_slaves"), "count");
    out.add("redis.replication_link_up", role == "replica" ? info.truth("master_link_status") : when(role, [](const auto &) { return true; }), "",
            info.lines({"role", "master_host", "master_link_status", "master_link_down_since_seconds"}));
    out.add("redis.replication_lag_bytes", replicationLag(out, info), "B", info.lines({"master_repl_offset", "slave0", "slave1", "slave2"}));
    addReplicas(out, info);
    addLink(out, info);
}

} // namespace muster::redis
