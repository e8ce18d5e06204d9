// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstddef>
#include <vector>

namespace muster::redis {

using Micros = std::chrono::microseconds;

/// Value at or above `share` (0-1) of the samples; zero without samples.
[[nodiscard]] Micros percentile(std::vector<Micros> samples, double share);

/// What an independent connection sees while a scan runs.
struct ProbeView {
    Micros baseline{0}; ///< median before the scan
    Micros before95{0}; ///< p95 before the scan: what was slow without us
    Micros p95{0};      ///< of the last 20 pings
    int overLimit = 0;  ///< pings of the last 20 over the operator's limit
    int calm = 0;       ///< pings under it since the last one over it
    bool isAlive = false;
};

/// How big the next page is, and how long to rest before it. Pure: measured times in, decisions out.
class ScanSteering {
public:
    explicit ScanSteering(Micros roundTrip) : m_roundTrip(roundTrip) {}

    [[nodiscard]] int count() const { return m_count; } ///< for SCAN's COUNT
    /// A page came back `took` after it was asked for. Steers to 1-3 ms of the server's time, by the median of five pages: one late page is
    /// the scheduler's doing and not the server's.
    void pageCame(Micros took);
    /// The rest before the next page: none while others are served well. Halves the page when the probe's p95 is over max(5 ms,
    /// 4 × baseline, 2 × the p95 from before).
    [[nodiscard]] Millis rest(const ProbeView &probe);
    /// Others wait longer than the operator allows, again and again: stop until some pings in a row are under the limit.
    [[nodiscard]] static bool mustWait(const ProbeView &probe) { return probe.overLimit >= 2 && probe.calm < kCalmPings; }

    static constexpr int kFirstCount = 500;    ///< about half a millisecond of the server; by page times it never goes below
    static constexpr int kSmallestCount = 250; ///< only the probe drives it down here
    static constexpr int kLargestCount = 4000;
    static constexpr int kCalmPings = 4;

private:
    Micros m_roundTrip;
    int m_count = kFirstCount;
    int m_pagesSinceHalved = 0;
    std::vector<Micros> m_pages; ///< since the last decision

    void scale(double factor);
};

/// Share of the keyspace that a SCAN has passed, 0-1. The server counts its cursor in reversed bits, so the reversed cursor only grows.
[[nodiscard]] double scannedShare(unsigned long long cursor);

} // namespace muster::redis
