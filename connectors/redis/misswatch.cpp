// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/misswatch.h"

#include <algorithm>

namespace muster::redis {

namespace {

constexpr Millis kEvery{1'000};
constexpr Millis kWindow{10'000};

} // namespace

bool MissWatch::isDue(BootTime now) const
{
    return !m_asked || now - *m_asked >= kEvery;
}

void MissWatch::add(double hits, double misses, BootTime at)
{
    CounterSample sample;
    sample.at = at;
    sample.hits = hits;
    sample.misses = misses;
    (void)m_window.add(sample); // after a reset of the statistics it begins anew
    m_now = m_window.hitRate(kWindow, false).ratio;
    if (m_now)
        m_lowest = std::min(m_lowest.value_or(*m_now), *m_now);
}

} // namespace muster::redis
