// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"
#include "models/facts/fault.h"
#include "models/readiness/assessment.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace muster {

/// A point of a series. A gap is a missing point, never a zero.
struct HistoryPoint {
    WallTime at{};
    double value = 0; ///< mean of the bucket where down-sampled
    double min = 0;
    double max = 0;
    double last = 0;         ///< newest value of the bucket
    std::uint64_t count = 1; ///< samples in it
};

struct HistorySample {
    std::string series; ///< "score.low", "component.database.low", "redis/cache redis.hit_ratio"
    WallTime at{};
    double value = 0;
};

/// A change of a check's or a gate's status.
struct HistoryEvent {
    WallTime at{};
    std::string check; ///< "database/automated-backups", "gate:no-usable-backup"
    std::string from;  ///< "" in the first event of a check: where the record begins
    std::string to;
    std::string evidence;
    double change = 0; ///< points of the total score (its low end) that came or went with it
};

/// The whole at one moment, as far as history remembers it.
struct HistoryState {
    Interval score;
    Verdict verdict = Verdict::NotReady;
    friend bool operator==(const HistoryState &, const HistoryState &) = default;
};

/// A change of the score (its low end moved by a twentieth of a point or more) or of the verdict.
struct HistoryTurn {
    WallTime at{};
    WallTime lastSeen{}; ///< last seen as before
    HistoryState before; ///< equal to `after` in the first one: where the record begins
    HistoryState after;
};

/// The answer to "when did this drop, and because of which check".
struct HistoryDrop {
    WallTime at{};       ///< first seen at the lower score
    WallTime lastSeen{}; ///< last seen at the higher one: seconds before, or days when nobody watched
    HistoryState before;
    HistoryState after;
    std::vector<HistoryEvent> causes; ///< the checks and gates that became worse then, what cost most first, with their evidence
};

/// What one assessment adds.
struct HistoryEntry {
    std::vector<HistorySample> samples{};
    std::vector<HistoryEvent> events{}; ///< those of a turn's moment are its causes
    std::vector<HistoryTurn> turns{};   ///< none or one
};

/// Numeric facts and scores over time. Calls block on the disk: used from a thread of its own. Thread-safe.
class HistoryStore {
public:
    virtual ~HistoryStore() = default;
    [[nodiscard]] virtual std::expected<void, Fault> append(const HistoryEntry &entry) = 0;
    /// Points in [from, to], oldest first, at most `maxPoints` (merged into equal buckets keeping min and max).
    [[nodiscard]] virtual std::expected<std::vector<HistoryPoint>, Fault> read(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const = 0;
    /// Changes of status in [from, to], the newest `limit`, oldest first.
    [[nodiscard]] virtual std::expected<std::vector<HistoryEvent>, Fault> events(WallTime from, WallTime to, std::size_t limit) const = 0;
    /// Falls of the score and of the verdict in [from, to], the newest `limit`, oldest first.
    [[nodiscard]] virtual std::expected<std::vector<HistoryDrop>, Fault> drops(WallTime from, WallTime to, std::size_t limit) const = 0;
    /// The newest event of each check and gate; and the newest turn, `lastSeen` being the newest append, or none in an empty store.
    [[nodiscard]] virtual std::expected<HistoryEntry, Fault> latest() const = 0;
    /// A sentence about what happened to the store ("... was damaged and moved to ..."), or "".
    [[nodiscard]] virtual std::string notice() const { return {}; }
    /// For closing, from any thread: what waits for the network ends, and from then on only what is local answers.
    virtual void interrupt() {}
};

} // namespace muster
