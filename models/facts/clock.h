// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

namespace muster {

/// Milliseconds since the Unix epoch, UTC. For display and for storage; never for ages.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Time since boot, suspend included (CLOCK_BOOTTIME). Ages and deadlines are made from this one,
/// so that neither a clock step nor a closed laptop lid makes an old value look fresh.
struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept;
};

using BootTime = BootClock::time_point;

/// One moment on both clocks.
struct Stamp {
    WallTime wall{};
    BootTime boot{};

    static Stamp now() noexcept;
    friend bool operator==(const Stamp &, const Stamp &) = default;
};

using Millis = std::chrono::milliseconds;

/// Seconds as a double, the unit of every duration fact.
template<class Rep, class Period>
[[nodiscard]] constexpr double toSeconds(std::chrono::duration<Rep, Period> d)
{
    return std::chrono::duration<double>(d).count();
}

} // namespace muster
