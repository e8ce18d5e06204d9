// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/infofacts.h"

#include "connectors/redis/serverversion.h"

#include <algorithm>
#include <numeric>

namespace muster::redis {

namespace {

using Number = std::optional<double>;
using Truth = std::optional<bool>;
using Text = std::optional<std::string>;

Number ratio(Number part, Number whole)
{
    return part && whole && *whole > 0 ? Number(*part / *whole) : std::nullopt;
}

/// `value` as a bool where both are known.
template<class T, class F>
Truth when(const std::optional<T> &value, F judge)
{
    return value ? Truth(judge(*value)) : std::nullopt;
}

std::string flavourOf(const RedisInfo &info)
{
    return info.text("server_name") == "valkey" || info.text("valkey_version") ? "valkey" : "redis";
}

void addIdentity(FactWriter &out, const RedisInfo &info, const Target &target)
{
    const auto flavour = flavourOf(info);
    const auto version = info.text("valkey_version") ? info.text("valkey_version") : info.text("redis_version");
    const auto support = version ? supportOf(flavour, *version, Stamp::now().wall) : std::nullopt;
    out.add("redis.version", version, "");
    out.add("redis.flavour", when(version, [](const auto &) { return true; }) ? Text(flavour) : std::nullopt, "");
    out.add("redis.version_supported", support ? Truth(support->isSupported) : std::nullopt, "", support ? support->evidence : std::string());
    out.add("redis.run_id", info.text("run_id"), "");
    out.add("redis.role", roleOf(info), "");
    out.add("redis.declared_role", Value(std::string(target.declaredRole == Purpose::Cache ? "cache" : "store")), "");
    out.add("redis.uptime", info.number("uptime_in_seconds"), "s");
}

void addMemory(FactWriter &out, const RedisInfo &info, const Target &target)
{
    const auto used = info.number("used_memory");
    const auto limit = info.number("maxmemory");
    const auto system = info.number("total_system_memory");
    auto fragmentation = info.number("mem_fragmentation_bytes");
    if (!fragmentation && used && info.number("used_memory_rss"))
        fragmentation = *info.number("used_memory_rss") - *used;
    const auto policy = info.text("maxmemory_policy");
    const bool isCache = target.declaredRole == Purpose::Cache;
    out.add("redis.memory_used", used, "B");
    out.add("redis.memory_max", limit, "B");
    out.add("redis.memory_used_ratio", ratio(used, limit && *limit > 0 ? limit : system), "ratio", info.lines({"used_memory", "maxmemory", "total_system_memory"}));
    out.add("redis.memory_fragmentation_bytes", fragmentation ? Number(std::max(0.0, *fragmentation)) : std::nullopt, "B",
            info.lines({"mem_fragmentation_ratio", "mem_fragmentation_bytes", "used_memory_rss"}));
    out.add("redis.memory_peak", info.number("used_memory_peak"), "B");
    out.add("redis.maxmemory_set", when(limit, [](double bytes) { return bytes > 0; }), "");
    out.add("redis.policy", policy, "");
    out.add("redis.policy_fits", when(policy, [isCache](const std::string &name) {
                return isCache ? name.starts_with("allkeys-") || name.starts_with("volatile-") : name == "noeviction";
            }), "", info.lines({"maxmemory_policy"}));
}

/// nullopt = the server does not say whether it saves.
Truth hasSavePoints(const ServerSettings &settings)
{
    return when(settings.save, [](const std::string &points) { return !points.empty(); });
}

Value persistenceFits(const FactWriter &out, const RedisInfo &info, const ServerSettings &settings, const Target &target)
{
    const auto isSaved = info.truth("rdb_last_bgsave_status");
    const auto isAofOn = info.truth("aof_enabled");
    const auto isAofGood = info.truth("aof_last_write_status");
    if (!isSaved || !isAofOn)
        return out.missing();
    if (*isAofOn && !isAofGood.value_or(true))
        return false;
    if (target.declaredRole == Purpose::Cache)
        return *isSaved;
    if (*isAofOn)
        return true;
    const auto saves = hasSavePoints(settings);
    return saves ? Value(*saves && *isSaved) : Value(settings.denied);
}

/// The server's own clock, never ours: rdb_last_save_time is in it.
Number rdbAge(const RedisInfo &info)
{
    const auto now = info.number("server_time_usec");
    const auto saved = info.number("rdb_last_save_time");
    return now && saved ? Number(std::max(0.0, *now / 1e6 - *saved)) : std::nullopt;
}

void addPersistence(FactWriter &out, const RedisInfo &info, const ServerSettings &settings, const Target &target)
{
    const auto isAofOn = info.truth("aof_enabled");
    const auto evidence = info.lines({"rdb_last_bgsave_status", "rdb_last_save_time", "rdb_changes_since_last_save", "aof_enabled", "aof_last_write_status"});
    out.add("redis.persistence_fits", persistenceFits(out, info, settings, target), "", evidence + (settings.save ? "save: " + *settings.save : std::string()));
    out.add("redis.rdb_status_ok", info.truth("rdb_last_bgsave_status"), "");
    out.add("redis.aof_on", isAofOn, "");
    if (isAofOn && !*isAofOn)
        out.add("redis.aof_status_ok", NotApplicable{"AOF is off"}, "");
    else
        out.add("redis.aof_status_ok", info.truth("aof_last_write_status"), "");
    out.add("redis.rdb_age", rdbAge(info), "s");
    out.add("redis.changes_since_save", info.number("rdb_changes_since_last_save"), "count");
}

struct Refusal {
    Truth isRefused;
    std::string reason;
};

bool isFull(const RedisInfo &info)
{
    const auto limit = info.number("maxmemory").value_or(0);
    const auto counted = info.number("used_memory").value_or(0) - info.number("mem_not_counted_for_evict").value_or(0);
    return limit > 0 && counted >= limit && info.text("maxmemory_policy") == "noeviction";
}

/// Why the server would refuse a write now. `out.missing()` when INFO is not there; a failed save without CONFIG GET is judged by the default (it refuses).
Refusal writesRefused(const RedisInfo &info, const ServerSettings &settings)
{
    if (info.isEmpty())
        return {std::nullopt, {}};
    if (info.text("role") == "slave" && info.truth("slave_read_only").value_or(true))
        return {true, "this server is a read-only replica"};
    if (info.truth("loading").value_or(false))
        return {true, "the server is loading its data"};
    if (info.truth("rdb_last_bgsave_status") == false && settings.isStoppingOnSaveError.value_or(true) && hasSavePoints(settings).value_or(true))
        return {true, "MISCONF: the last background save failed and stop-writes-on-bgsave-error is on"};
    if (info.truth("aof_enabled") == true && info.truth("aof_last_write_status") == false)
        return {true, "MISCONF: the last write to the AOF failed"};
    if (isFull(info))
        return {true, "OOM: maxmemory is reached and the policy is noeviction"};
    if (settings.replicasNeeded.value_or(0) > info.number("min_slaves_good_slaves").value_or(settings.replicasNeeded.value_or(0)))
        return {true, "NOREPLICAS: fewer good replicas than min-replicas-to-write"};
    return {false, {}};
}

void addWrites(FactWriter &out, const RedisInfo &info, const ServerSettings &settings)
{
    const auto refusal = writesRefused(info, settings);
    out.add("redis.writes_refused", refusal.isRefused, "", refusal.reason);
    out.add("redis.writes_refused_reason", refusal.isRefused ? Text(refusal.reason) : std::nullopt, "");
}

void addClients(FactWriter &out, const RedisInfo &info, const ServerSettings &settings)
{
    const auto connected = info.number("connected_clients");
    auto limit = info.number("maxclients");
    if (!limit)
        limit = settings.maxClients;
    out.add("redis.clients_connected", connected, "count");
    out.add("redis.clients_max", limit ? Value(*limit) : info.isEmpty() ? Value(out.missing()) : Value(settings.denied), "count");
    out.add("redis.clients_used_ratio", ratio(connected, limit), "ratio");
    out.add("redis.clients_blocked", info.number("blocked_clients"), "count");
}

void addKeyspace(FactWriter &out, const RedisInfo &info)
{
    if (info.isEmpty()) {
        out.add("redis.keys", out.missing(), "count");
        out.add("redis.keys_with_ttl_ratio", out.missing(), "ratio");
        out.add("redis.databases_table", out.missing(), "");
        return;
    }
    Table table{{{"database", ""}, {"keys", "count"}, {"expires", "count"}, {"average_ttl", "s"}}, {}, 64, info.keyspace.size() > 64};
    double keys = 0;
    double expires = 0;
    for (const auto &entry : info.keyspace) {
        keys += entry.keys;
        expires += entry.expires;
        if (table.rows.size() < table.limit)
            table.rows.push_back({"db" + std::to_string(entry.database), entry.keys, entry.expires, entry.averageTtl});
    }
    out.add("redis.keys", Value(keys), "count");
    out.add("redis.keys_with_ttl_ratio", keys > 0 ? Value(expires / keys) : Value(Unknown{"there are no keys", ""}), "ratio");
    out.add("redis.databases_table", Value(std::move(table)), "");
}

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

void addReplication(FactWriter &out, const RedisInfo &info)
{
    const auto role = roleOf(info);
    out.add("redis.replicas", info.number("connected_slaves"), "count");
    out.add("redis.replication_link_up", role == "replica" ? info.truth("master_link_status") : when(role, [](const auto &) { return true; }), "",
            info.lines({"role", "master_host", "master_link_status", "master_link_down_since_seconds"}));
    out.add("redis.replication_lag_bytes", replicationLag(out, info), "B", info.lines({"master_repl_offset", "slave0", "slave1", "slave2"}));
}

} // namespace

std::optional<std::string> roleOf(const RedisInfo &info)
{
    const auto role = info.text("role");
    if (role == "master")
        return "primary";
    return role == "slave" ? std::optional<std::string>("replica") : role;
}

std::optional<double> loadingEta(const RedisInfo &info)
{
    if (!info.truth("loading").value_or(false))
        return std::nullopt;
    return info.number("loading_eta_seconds").value_or(0);
}

std::optional<Fault> topologyFault(const Target &target, const RedisInfo &info)
{
    const auto mode = info.text("redis_mode") ? info.text("redis_mode") : info.text("server_mode");
    const auto seen = mode.value_or("standalone");
    if (target.topology != "standalone")
        return Fault{FaultKind::Config, "role", "topology “" + target.topology + "” is not supported yet", "Declare each server as a standalone one."};
    if (seen != "standalone")
        return Fault{FaultKind::Config, "role", "the server runs in mode “" + clamp(seen, 32) + "”; only standalone servers are supported yet",
                     "Declare a standalone server or a primary behind Sentinel by its own address."};
    return std::nullopt;
}

void addInfoFacts(FactWriter &writer, const RedisInfo &info, const ServerSettings &settings, const Target &target)
{
    addIdentity(writer, info, target);
    addMemory(writer, info, target);
    addPersistence(writer, info, settings, target);
    addWrites(writer, info, settings);
    addClients(writer, info, settings);
    addKeyspace(writer, info);
    addReplication(writer, info);
}

} // namespace muster::redis
