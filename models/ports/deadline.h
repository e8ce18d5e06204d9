// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <algorithm>

namespace muster {

/// The moment by which a piece of work must be over, on the boot clock. Copy it down the call chain; never restart it.
class Deadline {
public:
    [[nodiscard]] static Deadline after(Millis budget) { return Deadline(BootClock::now() + budget); }

    [[nodiscard]] bool isOver() const { return BootClock::now() >= m_at; }
    /// What is left, never negative; rounded up so that a poll() with it cannot spin.
    [[nodiscard]] Millis left() const
    {
        return std::max(Millis{0}, std::chrono::ceil<Millis>(m_at - BootClock::now()));
    }
    /// This one, or `budget` from now, whichever comes first: a stage's own limit.
    [[nodiscard]] Deadline atMost(Millis budget) const { return Deadline(std::min(m_at, BootClock::now() + budget)); }
    [[nodiscard]] BootTime at() const { return m_at; }

private:
    explicit Deadline(BootTime at) : m_at(at) {}
    BootTime m_at;
};

} // namespace muster
