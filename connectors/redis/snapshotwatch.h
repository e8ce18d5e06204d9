// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/factwriter.h"
#include "connectors/redis/redisinfoparser.h"
#include "models/facts/clock.h"

#include <deque>
#include <optional>
#include <string>

namespace muster::redis {

/// Is the newest RDB file worth anything? FLUSHALL writes an empty one, and the server then says "ok, saved just now": status words cannot
/// tell. So the keys are remembered (a day, over restarts too) and compared with the keys at the moment of the last save.
class SnapshotWatch {
public:
    void observe(const RedisInfo &info, BootTime now);
    /// redis.snapshot_content_ok, redis.snapshot_keys, redis.snapshot_reason.
    void addFacts(FactWriter &writer, const RedisInfo &info) const;

    static constexpr double kFewestKeys = 100;   ///< fewer keys than this prove nothing
    static constexpr double kCollapse = 0.1;     ///< a save that holds less than this share of what was there before

private:
    struct Seen {
        BootTime at{};
        double keys = 0;
    };
    std::deque<Seen> m_seen; ///< the most keys of each minute, 24 h
    std::optional<double> m_lastSave; ///< rdb_last_save_time
    std::optional<double> m_keysAtSave; ///< seen when it changed
    double m_mostBeforeSave = 0;

    [[nodiscard]] double most() const;
};

} // namespace muster::redis
