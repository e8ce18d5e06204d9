// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/reply.h"
#include "models/facts/fact.h"

#include <map>
#include <optional>
#include <string>

namespace muster::redis {

/// Calls up to and with each bucket's bound (µs), by command. LATENCY HISTOGRAM (from Redis 7 on) answers
///   ["get", ["calls", 7, "histogram_usec", [1, 5, 2, 7]], …], cumulative over the buckets and over the server's life.
using LatencyCounts = std::map<std::string, std::map<long long, double>, std::less<>>;
[[nodiscard]] LatencyCounts latencyCounts(const Reply &reply);

/// What happened between two readings, the console's own commands left out.
struct LatencyReading {
    Table commands{{{"command", ""}, {"calls", "count"}, {"p50", "s"}, {"p99", "s"}}, {}, 20, false};
    std::optional<double> p99; ///< s, over all commands: the upper bound of the bucket; nullopt without calls
};
[[nodiscard]] LatencyReading latencyBetween(const LatencyCounts &before, const LatencyCounts &after);

/// LATENCY LATEST: [["command", epoch, ms of the latest, ms of the longest], …] as event, at (epoch), latest (s), longest (s).
[[nodiscard]] Table latencyEvents(const Reply &reply);

} // namespace muster::redis
