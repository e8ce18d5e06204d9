// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"
#include "models/facts/fault.h"

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// A point of a series. A gap is a missing point, never a zero.
struct HistoryPoint {
    WallTime at{};
    double value = 0; ///< mean of the bucket where down-sampled
    double min = 0;
    double max = 0;
};

struct HistorySample {
    std::string series; ///< "score.low", "component.database.low", "redis/cache redis.hit_ratio"
    WallTime at{};
    double value = 0;
};

/// A change of a check's status: the answer to "when did it drop, and which check dropped it".
struct HistoryEvent {
    WallTime at{};
    std::string check; ///< "database/automated-backups"
    std::string from;
    std::string to;
    std::string evidence;
};

/// Numeric facts and scores over time. Calls block on the disk: used from a thread of its own. Thread-safe.
class HistoryStore {
public:
    virtual ~HistoryStore() = default;
    [[nodiscard]] virtual std::expected<void, Fault> append(const std::vector<HistorySample> &samples, const std::vector<HistoryEvent> &events) = 0;
    /// Points in [from, to], oldest first, at most `maxPoints` (merged into equal buckets keeping min and max).
    [[nodiscard]] virtual std::expected<std::vector<HistoryPoint>, Fault> read(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const = 0;
    [[nodiscard]] virtual std::expected<std::vector<HistoryEvent>, Fault> events(WallTime from, WallTime to, std::size_t limit) const = 0;
};

} // namespace muster
