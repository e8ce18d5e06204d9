// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/infofacts.h"

#include "connectors/redis/factmath.h"
#include "connectors/redis/serverversion.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace muster::redis {

namespace {

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
    out.add("redis.known_cves", version ? Text(knownCves(flavour, *version)) : std::nullopt, "");
    out.add("redis.run_id", info.text("run_id"), "");
    out.add("redis.role", roleOf(info), "");
    out.add("redis.declared_role", Value(std::string(target.declaredRole == Purpose::Cache ? "cache" : "store")), "");
    out.add("redis.uptime", info.number("uptime_in_seconds"), "s");
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
    out.add("redis.clients_blocked", info.number("blocked_clients"), "count", info.lines({"blocked_clients", "total_blocking_keys", "clients_in_timeout_table"}));
    out.add("redis.clients_output_buffer_max", info.number("client_recent_max_output_buffer"), "B",
            info.lines({"client_recent_max_output_buffer", "client_recent_max_input_buffer"}));
}

Table databasesTable(const RedisInfo &info)
{
    Table table{{{"database", ""}, {"keys", "count"}, {"expires", "count"}, {"average_ttl", "s"}}, {}, 64, info.keyspace.size() > 64};
    for (const auto &entry : info.keyspace) {
        if (table.rows.size() < table.limit)
            table.rows.push_back({"db" + std::to_string(entry.database), entry.keys, entry.expires, entry.averageTtl});
    }
    return table;
}

Value keySizes(const RedisInfo &info)
{
    if (info.keySizes.empty())
        return NotApplicable{"the server keeps no statistics of key sizes before Redis 8"};
    Table table{{{"database", ""}, {"type", ""}, {"from", ""}, {"keys", "count"}}, {}, 100, info.keySizes.size() > 100};
    for (const auto &entry : info.keySizes) {
        if (table.rows.size() < table.limit)
            table.rows.push_back({"db" + std::to_string(entry.database), clamp(entry.type, 32), entry.from, entry.keys});
    }
    return table;
}

constexpr double kFewestExpiring = 10'000;

/// Which words in a declared prefix name data that must not vanish, unlike a cache's.
constexpr std::array kLasting{std::string_view("sess"), std::string_view("queue"), std::string_view("job"), std::string_view("lock"), std::string_view("limit")};

/// Does a cache that evicts share its memory with sessions, queues or limiters? Logical databases do not separate: memory, eviction and FLUSHALL are common.
Value sharesRoles(const RedisInfo &info, const Target &target)
{
    if (target.declaredRole != Purpose::Cache)
        return NotApplicable{"declared as a store"};
    if (!info.text("maxmemory_policy"))
        return Unknown{"the eviction policy is not known", ""};
    if (!info.text("maxmemory_policy")->starts_with("allkeys-"))
        return false;
    return !target.rateLimiterPrefix.empty() || std::ranges::any_of(target.prefixes, [](const std::string &prefix) {
        return std::ranges::any_of(kLasting, [&prefix](std::string_view word) { return prefix.find(word) != std::string::npos; });
    });
}

void addKeyspace(FactWriter &out, const RedisInfo &info, const Target &target)
{
    const bool isThere = !info.isEmpty();
    const auto keys = info.allKeys();
    const auto expires = std::accumulate(info.keyspace.begin(), info.keyspace.end(), 0.0, [](double sum, const auto &entry) { return sum + entry.expires; });
    const auto known = [&](Value value) { return isThere ? std::move(value) : Value(out.missing()); };
    out.add("redis.keys", known(keys), "count");
    if (isThere && keys == 0)
        out.add("redis.keys_with_ttl_ratio", Unknown{"there are no keys", ""}, "ratio");
    else
        out.add("redis.keys_with_ttl_ratio", isThere ? std::optional(expires / keys) : std::nullopt, "ratio");
    out.add("redis.databases_table", known(databasesTable(info)), "");
    out.add("redis.key_sizes", known(keySizes(info)), "");
    out.add("redis.roles_shared", known(sharesRoles(info, target)), "");
    const auto stale = info.number("expired_stale_perc");
    const NotApplicable few{"fewer than 10 000 keys expire: the server's sample of them says nothing"};
    out.add("redis.expired_stale_ratio", known(expires < kFewestExpiring ? Value(few) : stale ? Value(*stale / 100) : Value(out.missing())), "ratio",
            info.lines({"expired_stale_perc", "expired_time_cap_reached_count"}));
}

/// How busy the one thread is that serves everybody.
void addServer(FactWriter &out, const RedisInfo &info)
{
    const auto loop = info.number("instantaneous_eventloop_duration_usec");
    if (loop || info.isEmpty())
        out.add("redis.eventloop_time", loop ? Number(*loop / 1e6) : std::nullopt, "s", info.lines({"instantaneous_eventloop_cycles_per_sec"}));
    else
        out.add("redis.eventloop_time", NotApplicable{"not measured before Redis 7.2"}, "s");
    out.add("redis.lazyfree_pending", info.number("lazyfree_pending_objects"), "count");
    const auto exceeded = info.number("current_eviction_exceeded_time");
    out.add("redis.eviction_over_limit_time", exceeded || info.isEmpty() ? (exceeded ? Value(*exceeded / 1e3) : Value(out.missing()))
                                                                          : Value(NotApplicable{"not measured before Redis 7"}),
            "s", info.lines({"current_eviction_exceeded_time", "total_eviction_exceeded_time"}));
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
    const auto wanted = target.topology == Topology::Cluster ? "cluster" : "standalone";
    if (!mode || *mode == wanted)
        return std::nullopt;
    const auto seen = "the server at " + target.address() + " runs in mode “" + clamp(*mode, 32) + "”, the environment declares ";
    if (*mode == "sentinel")
        return Fault{FaultKind::Config, "role", seen + "a data server", "Declare \"topology\": \"sentinel\" with this address in \"sentinels\" and the name of the \"master\"."};
    if (*mode == "cluster")
        return Fault{FaultKind::Config, "role", seen + "a server on its own", "Declare \"topology\": \"cluster\"; the url may name any node."};
    return Fault{FaultKind::Config, "role", seen + "a cluster", "Take \"topology\": \"cluster\" away, or name a node of the cluster."};
}

void addInfoFacts(FactWriter &writer, const RedisInfo &info, const ServerSettings &settings, const Target &target)
{
    addIdentity(writer, info, target);
    addMemoryFacts(writer, info, target);
    addPersistenceFacts(writer, info, settings, target);
    addClients(writer, info, settings);
    addKeyspace(writer, info, target);
    addReplicationFacts(writer, info);
    addServer(writer, info);
}

} // namespace muster::redis
