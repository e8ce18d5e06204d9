// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstddef>
#include <optional>

namespace muster::redis {

/// Spreads a flush over time: so many keys a second, in small slices, and never many at once, however long something else was waited for.
/// Pure: times in, decisions out.
class StagePace {
public:
    /// `sharePerMinute` of `keys`: 0.1 = a tenth, so that all take ten minutes.
    StagePace(double keys, double sharePerMinute) : m_keys(keys), m_perSecond(keys * sharePerMinute / 60) {}

    [[nodiscard]] double keys() const { return m_keys; } ///< there were before the first stage
    [[nodiscard]] double perMinute() const { return m_perSecond * 60; }
    /// How many of `waiting` keys go now; 0 = none yet. They are taken off.
    [[nodiscard]] std::size_t take(std::size_t waiting, BootTime now);
    /// Until take() gives some; 0 = now.
    [[nodiscard]] Millis untilNext(std::size_t waiting, BootTime now);

private:
    double m_keys;
    double m_perSecond;
    double m_credit = 0; ///< keys that may go
    std::optional<BootTime> m_last;

    void grow(BootTime now);
    [[nodiscard]] double slice(std::size_t waiting) const;
};

} // namespace muster::redis
