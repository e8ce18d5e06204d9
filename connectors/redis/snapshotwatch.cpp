// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/snapshotwatch.h"

#include <algorithm>

namespace muster::redis {

namespace {

std::string whole(double number)
{
    return std::to_string(static_cast<long long>(number));
}

double flushes(const RedisInfo &info)
{
    const auto it = info.commands.find("flushall");
    return it == info.commands.end() ? 0 : it->second.calls;
}

/// Was the last save made in this life? Else its time is only that of the start.
bool isSavedSinceStart(const RedisInfo &info)
{
    const auto saved = info.number("rdb_last_save_time");
    const auto now = info.number("server_time_usec");
    const auto uptime = info.number("uptime_in_seconds");
    return info.number("rdb_saves").value_or(0) > 0 || (saved && now && uptime && *saved > *now / 1e6 - *uptime + 1);
}

} // namespace

double SnapshotWatch::most() const
{
    return m_seen.empty() ? 0 : std::ranges::max(m_seen, {}, &Seen::keys).keys;
}

void SnapshotWatch::observe(const RedisInfo &info, BootTime now)
{
    const auto saved = info.number("rdb_last_save_time");
    if (info.isEmpty() || !saved)
        return;
    const auto keys = info.allKeys();
    if (m_lastSave && *saved != *m_lastSave) {
        m_keysAtSave = keys;
        m_mostBeforeSave = most();
    }
    m_lastSave = saved;
    if (!m_seen.empty() && now - m_seen.back().at < std::chrono::minutes(1))
        m_seen.back().keys = std::max(m_seen.back().keys, keys);
    else
        m_seen.push_back({now, keys});
    while (now - m_seen.front().at > std::chrono::hours(24))
        m_seen.pop_front();
}

void SnapshotWatch::addFacts(FactWriter &writer, const RedisInfo &info) const
{
    if (info.isEmpty()) {
        for (const auto *name : {"redis.snapshot_content_ok", "redis.snapshot_keys", "redis.snapshot_reason"})
            writer.add(name, writer.missing(), name == std::string_view("redis.snapshot_keys") ? "count" : "");
        return;
    }
    const auto keys = info.allKeys();
    const auto loaded = info.number("rdb_last_load_keys_loaded").value_or(0);
    std::string problem;
    if (m_keysAtSave && m_mostBeforeSave >= kFewestKeys && *m_keysAtSave < m_mostBeforeSave * kCollapse)
        problem = "the last save holds about " + whole(*m_keysAtSave) + " keys; " + whole(m_mostBeforeSave) + " were there before it";
    else if (isSavedSinceStart(info) && loaded >= kFewestKeys && keys < loaded * kCollapse)
        problem = "there are " + whole(keys) + " keys, and the start loaded " + whole(loaded) + "; a save since then overwrote them";
    else if (isSavedSinceStart(info) && keys <= 0 && flushes(info) > 0)
        problem = "FLUSHALL ran, which overwrites the file with an empty one, and there are no keys";
    writer.add("redis.snapshot_content_ok", Value(problem.empty()), "", info.lines({"rdb_last_save_time", "rdb_saves", "rdb_last_load_keys_loaded", "rdb_changes_since_last_save"}));
    writer.add("redis.snapshot_keys", m_keysAtSave ? Value(*m_keysAtSave) : Value(NotApplicable{"no save was seen while watching"}), "count");
    writer.add("redis.snapshot_reason", Value(problem), "");
}

} // namespace muster::redis
