// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <algorithm>
#include <random>

namespace muster {

/// The wait before the next try after `failures` in a row: 0.5, 1, 2, 4, 4 ... s, less up to a quarter of jitter. The cap is low on purpose:
/// a server that is back must be seen within 5 s, and one connect in 4 s costs nobody anything. Wrong credentials are held back by the source (30 s).
[[nodiscard]] inline Millis backoff(int failures, std::minstd_rand &random)
{
    constexpr int kDoublings = 3;
    const Millis full{500 << std::clamp(failures - 1, 0, kDoublings)};
    std::uniform_real_distribution<double> jitter(0.75, 1.0);
    return std::chrono::duration_cast<Millis>(full * jitter(random));
}

} // namespace muster
