// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cmath>
#include <optional>

namespace muster {

/// Seconds since 1970 as somebody else wrote them; nothing for what is outside the years 1 to 9999 or no number: it would overflow a WallTime.
[[nodiscard]] inline std::optional<WallTime> wallTimeOf(double epoch)
{
    constexpr double kFirst = -62'135'596'800;
    constexpr double kEnd = 253'402'300'800;
    if (!(epoch >= kFirst && epoch < kEnd))
        return std::nullopt;
    return WallTime(Millis(std::llround(epoch * 1000)));
}

} // namespace muster
