// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/hitwindow.h"

#include <optional>

namespace muster::redis {

/// The server's hit rate over ten seconds while its keys go in stages: what is not in the cache any more is asked of the database. Pure.
class MissWatch {
public:
    /// `leastRatio` 0-1: below it, it is a storm; 0 = never.
    explicit MissWatch(double leastRatio) : m_least(leastRatio) {}

    [[nodiscard]] bool isDue(BootTime now) const;
    void asked(BootTime now) { m_asked = now; }
    /// keyspace_hits and keyspace_misses of INFO.
    void add(double hits, double misses, BootTime at);
    /// Too many misses now. Without traffic there is none.
    [[nodiscard]] bool isStorm() const { return m_now && *m_now < m_least; }
    [[nodiscard]] std::optional<double> now() const { return m_now; }
    [[nodiscard]] std::optional<double> lowest() const { return m_lowest; }
    [[nodiscard]] double least() const { return m_least; }

private:
    double m_least;
    HitWindow m_window;
    std::optional<BootTime> m_asked;
    std::optional<double> m_now;
    std::optional<double> m_lowest;
};

} // namespace muster::redis
