// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::redis {

/// The counters of one INFO. All of them only grow within one life of the server, until CONFIG RESETSTAT.
struct CounterSample {
    BootTime at{};
    std::string runId;
    std::string role;
    double uptime = 0; ///< s
    double hits = 0;
    double misses = 0;
    double commands = 0;
    double evicted = 0;
    double expired = 0;
    double rejected = 0;
    std::optional<double> errors; ///< not before Redis 6.2
    double memory = 0;            ///< B in use: no counter, it may fall
    double ownErrors = 0;         ///< of these, answers to the console itself
    double ownCommands = 0;
    double ownBytes = 0;
};

/// Hits against lookups between two samples of one epoch.
struct HitRate {
    std::optional<double> ratio; ///< 0-1; nullopt with a reason
    double hits = 0;
    double lookups = 0;
    double span = 0;    ///< s, what was really looked at
    std::string reason; ///< "no traffic: 12 lookups in 60 s"
};

/// Of several servers: the sums of what they counted, never a mean of their ratios. Unknown when one of them cannot say.
[[nodiscard]] HitRate combined(const std::vector<HitRate> &rates);

/// Per second, between two samples of one epoch.
struct CounterRates {
    double operations = 0;
    double evictions = 0;
    double expirations = 0;
    double rejected = 0;
    std::optional<double> errors; ///< without those that answered the console itself
    double consoleCommands = 0;
    double consoleBytes = 0;
    double span = 0; ///< s
};

/// The sums; nullopt when one of them is.
[[nodiscard]] std::optional<CounterRates> combined(const std::vector<std::optional<CounterRates>> &rates);

/// The samples of the last hour, of one epoch only: a new run_id, another role, a fallen uptime or a fallen counter starts anew,
/// so that no rate spans a restart, a failover or a reset.
class HitWindow {
public:
    /// Why a new epoch began with this sample; nullopt when it continues the old one (or is the first of all).
    std::optional<std::string> add(const CounterSample &sample);
    /// Over at most `window`. `isWholeNeeded`: unknown while less than half of the window was watched.
    [[nodiscard]] HitRate hitRate(Millis window, bool isWholeNeeded) const;
    /// How far the last ten minutes fell below the hour before them; nullopt until both are watched and have traffic.
    struct Drop {
        double baseline = 0; ///< 0-1
        double drop = 0;     ///< baseline - now; negative when it rose
    };
    [[nodiscard]] std::optional<Drop> drop() const;
    /// Over the last ten seconds, or the last two samples when these are further apart. nullopt with fewer than two samples.
    [[nodiscard]] std::optional<CounterRates> rates() const;
    [[nodiscard]] std::size_t size() const { return m_samples.size(); }

    [[nodiscard]] const std::deque<CounterSample> &samples() const { return m_samples; }

    static constexpr std::string_view kReset = "the statistics were reset"; ///< the one cut that is no restart and no failover
    static constexpr double kFewestLookups = 100; ///< below this a ratio would be noise: "no traffic"
    static constexpr std::size_t kSampleLimit = 4096;

private:
    std::deque<CounterSample> m_samples;
    std::string m_lastCut;

    [[nodiscard]] const CounterSample &oldestWithin(Millis window) const;
};

} // namespace muster::redis
