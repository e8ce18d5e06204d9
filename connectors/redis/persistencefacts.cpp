// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/factmath.h"
#include "connectors/redis/infofacts.h"

#include <algorithm>

namespace muster::redis {

namespace {

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

void addForkAndRewrite(FactWriter &out, const RedisInfo &info, const ServerSettings &settings)
{
    const bool isAofOff = info.truth("aof_enabled") == false;
    const NotApplicable off{"AOF is off"};
    out.add("redis.aof_rewrite_ok", isAofOff ? Value(off) : info.truth("aof_last_bgrewrite_status") ? Value(*info.truth("aof_last_bgrewrite_status")) : Value(out.missing()), "",
            info.lines({"aof_last_bgrewrite_status", "aof_rewrites_consecutive_failures"}));
    const auto growth = ratio(info.number("aof_current_size"), info.number("aof_base_size"));
    out.add("redis.aof_growth", isAofOff ? Value(off) : growth ? Value(*growth) : Value(out.missing()), "", info.lines({"aof_current_size", "aof_base_size"}));
    const auto fork = info.number("latest_fork_usec");
    out.add("redis.fork_time", fork ? Number(*fork / 1e6) : std::nullopt, "s");
    out.add("redis.saved_since_start", isSavedSinceStart(info), "", info.lines({"rdb_saves", "rdb_last_save_time", "uptime_in_seconds"}));
    out.add("redis.save_points", info.isEmpty() ? Value(out.missing()) : settings.save ? Value(settings.save->empty() ? std::string("none") : clamp(*settings.save, 200)) : Value(settings.denied), "");
}

} // namespace

std::optional<double> rdbAge(const RedisInfo &info)
{
    const auto now = info.number("server_time_usec");
    const auto saved = info.number("rdb_last_save_time");
    return now && saved ? Number(std::max(0.0, *now / 1e6 - *saved)) : std::nullopt;
}

std::optional<bool> isSavedSinceStart(const RedisInfo &info)
{
    if (const auto saves = info.number("rdb_saves")) // from Redis 7 on
        return *saves > 0;
    const auto saved = info.number("rdb_last_save_time");
    const auto now = info.number("server_time_usec");
    const auto uptime = info.number("uptime_in_seconds");
    return saved && now && uptime ? Truth(*saved > *now / 1e6 - *uptime + 1) : std::nullopt;
}

void addPersistenceFacts(FactWriter &out, const RedisInfo &info, const ServerSettings &settings, const Target &target)
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
    addForkAndRewrite(out, info, settings);
    addWrites(out, info, settings);
}

} // namespace muster::redis
