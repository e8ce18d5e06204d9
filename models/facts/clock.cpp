// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/facts/clock.h"

#include <ctime>

namespace muster {

BootClock::time_point BootClock::now() noexcept
{
    timespec ts{};
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return time_point(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec));
}

Stamp Stamp::now() noexcept
{
    return {std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()), BootClock::now()};
}

} // namespace muster
