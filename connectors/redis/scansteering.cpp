// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/scansteering.h"

#include <algorithm>
#include <cmath>

namespace muster::redis {

namespace {

constexpr Micros kShortest{1000};
constexpr Micros kLongest{3000};
constexpr Micros kProbeFloor{5000};
constexpr Millis kRest{3}; // about as long as a page: others get at least half of the server
constexpr std::size_t kPagesPerDecision = 5;
constexpr int kPagesBetweenHalvings = 8; // the probe's view lags behind by some pages

} // namespace

Micros percentile(std::vector<Micros> samples, double share)
{
    if (samples.empty())
        return Micros{0};
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(samples.size())));
    const auto index = std::clamp<std::size_t>(rank, 1, samples.size()) - 1;
    const auto nth = samples.begin() + static_cast<std::ptrdiff_t>(index);
    std::ranges::nth_element(samples, nth);
    return *nth;
}

void ScanSteering::pageCame(Micros took)
{
    ++m_pagesSinceHalved;
    m_pages.push_back(took - m_roundTrip);
    if (m_pages.size() < kPagesPerDecision)
        return;
    const auto service = percentile(std::move(m_pages), 0.5);
    m_pages.clear();
    // Long pages of few keys come from a busy machine or network, and smaller ones would only cost the server more.
    if (service > kLongest && m_count > kFirstCount)
        scale(std::max(0.7, static_cast<double>(kFirstCount) / m_count));
    else if (service < kShortest || (service <= kLongest && m_count < kFirstCount))
        scale(1.5);
}

Millis ScanSteering::rest(const ProbeView &probe)
{
    if (!probe.isAlive || probe.p95 <= std::max({kProbeFloor, 4 * probe.baseline, 2 * probe.before95}))
        return Millis{0};
    if (m_pagesSinceHalved >= kPagesBetweenHalvings) {
        scale(0.5);
        m_pagesSinceHalved = 0;
    }
    return kRest;
}

void ScanSteering::scale(double factor)
{
    const auto scaled = static_cast<int>(std::lround(m_count * factor));
    m_count = std::clamp(scaled, kSmallestCount, kLargestCount);
}

double scannedShare(unsigned long long cursor)
{
    double share = 0;
    double step = 0.5;
    for (; cursor != 0; cursor >>= 1U, step /= 2) {
        if ((cursor & 1U) != 0)
            share += step;
    }
    return share;
}

} // namespace muster::redis
