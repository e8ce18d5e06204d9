// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace muster {

/// Seconds. How an age says that there is none (no backup, no record, no mail): every limit on it fails, and "never" is what is shown.
inline constexpr double kNoneAge = 1e12;

/// Also of an age that was derived from it; no true one reaches 3000 years.
[[nodiscard]] constexpr bool isNoneAge(double seconds)
{
    return seconds >= kNoneAge / 10;
}

} // namespace muster
