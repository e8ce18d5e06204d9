// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/loadtest/loadlog.h"
#include "connectors/loadtest/target.h"

#include <cstddef>
#include <string>

namespace muster::loadtest {

/// What was asked of h2load.
struct Pace {
    double rate = 0;          ///< requests a second
    Millis duration{0};
    int clients = 1;          ///< connections, each with one request at a time
    std::size_t requests = 0;

    /// Every connection asks this often, seconds; while no answer takes longer, no request waits for one: the arrivals are open.
    [[nodiscard]] double interval() const { return static_cast<double>(clients) / rate; }
};
[[nodiscard]] Pace paceOf(double rate, Millis duration);

/// One run, whole or ended early.
struct Result {
    Pace pace;
    LoadLog log;
    WallTime begun{};
    WallTime ended{};
    std::string stopped; ///< why it ended itself; "" = it came to its end

    /// Requests that were due by the end, answered or not.
    [[nodiscard]] std::size_t due() const;
    /// Of those, the share that was answered with 2xx or 3xx.
    [[nodiscard]] double success() const;
    /// Good answers a second.
    [[nodiscard]] double rate() const;
    [[nodiscard]] bool isOpen() const { return log.answers() > 0 && log.percentile(1) < pace.interval(); }
};

/// "p50 2 ms, p95 8 ms, p99 12 ms, 3 of 200 failed".
[[nodiscard]] std::string figures(const LoadLog &log);
/// The report file: {"tool": "muster", "asked_rate": …, "latency": {"p95": …}, …}; seconds, and times as in RFC 3339.
[[nodiscard]] std::string reportText(const Target &target, const Result &result);

} // namespace muster::loadtest
