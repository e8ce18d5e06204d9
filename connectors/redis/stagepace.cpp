// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/stagepace.h"

#include <algorithm>
#include <cmath>

namespace muster::redis {

namespace {

constexpr double kSliceSpan = 0.1; // s of keys that go together: finer ones would only be more commands
constexpr double kMostSpan = 1;    // s: what a pause or a slow server may save up
constexpr Millis kLongestLook{60'000};

} // namespace

double StagePace::slice(std::size_t waiting) const
{
    return std::min(std::max(1.0, std::floor(m_perSecond * kSliceSpan)), static_cast<double>(waiting));
}

void StagePace::grow(BootTime now)
{
    const auto passed = m_last ? std::chrono::duration<double>(now - *m_last).count() : 0;
    m_last = now;
    m_credit = std::min(m_credit + passed * m_perSecond, std::max(1.0, m_perSecond * kMostSpan));
}

std::size_t StagePace::take(std::size_t waiting, BootTime now)
{
    if (waiting == 0 || untilNext(waiting, now) > Millis{0})
        return 0;
    const auto taken = std::min(std::floor(m_credit), static_cast<double>(waiting));
    m_credit -= taken;
    return static_cast<std::size_t>(taken);
}

Millis StagePace::untilNext(std::size_t waiting, BootTime now)
{
    grow(now);
    const auto missing = slice(waiting) - m_credit;
    if (missing <= 0)
        return Millis{0};
    const auto milliseconds = m_perSecond > 0 ? std::ceil(missing / m_perSecond * 1000) : 1e9;
    return std::clamp(Millis(static_cast<Millis::rep>(std::min(milliseconds, 1e9))), Millis{1}, kLongestLook);
}

} // namespace muster::redis
