// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/hitwindow.h"

#include <algorithm>
#include <cmath>

namespace muster::redis {

namespace {

constexpr std::chrono::hours kKept{1};
constexpr Millis kRateWindow{10000};

std::optional<std::string> cutBetween(const CounterSample &last, const CounterSample &next)
{
    if (next.runId != last.runId)
        return "the server was restarted or replaced (new run_id)";
    if (next.role != last.role)
        return "the role changed from " + last.role + " to " + next.role;
    if (next.uptime < last.uptime)
        return "the server was restarted (uptime fell)";
    const bool isReset = next.hits < last.hits || next.misses < last.misses || next.commands < last.commands || next.evicted < last.evicted
        || next.expired < last.expired || next.rejected < last.rejected || next.errors < last.errors;
    if (isReset)
        return "the statistics were reset";
    return std::nullopt;
}

/// A window of 60 s also takes the sample that is 61 s old: rounds are not exact.
Millis withTolerance(Millis window)
{
    return window + window / 20;
}

std::string seconds(double value)
{
    return std::to_string(std::lround(value)) + " s";
}

} // namespace

std::optional<std::string> HitWindow::add(const CounterSample &sample)
{
    std::optional<std::string> cut;
    if (!m_samples.empty()) {
        cut = cutBetween(m_samples.back(), sample);
        if (cut) {
            m_samples.clear();
            m_lastCut = *cut;
        }
    }
    m_samples.push_back(sample);
    while (m_samples.size() > kSampleLimit || sample.at - m_samples.front().at > withTolerance(kKept))
        m_samples.pop_front();
    return cut;
}

const CounterSample &HitWindow::oldestWithin(Millis window) const
{
    const auto from = m_samples.back().at - withTolerance(window);
    return *std::ranges::find_if(m_samples, [from](const CounterSample &sample) { return sample.at >= from; });
}

HitRate HitWindow::hitRate(Millis window, bool isWholeNeeded) const
{
    if (m_samples.size() < 2)
        return {std::nullopt, 0, 0, "needs two samples of the same server life" + (m_lastCut.empty() ? "" : ": " + m_lastCut)};
    const auto &last = m_samples.back();
    const auto *first = &oldestWithin(window);
    if (first == &last) // rounds further apart than the window: the last two
        first = &m_samples[m_samples.size() - 2];
    HitRate rate;
    rate.span = toSeconds(last.at - first->at);
    const auto hits = last.hits - first->hits;
    rate.lookups = hits + last.misses - first->misses;
    if (isWholeNeeded && rate.span * 2 < toSeconds(window))
        rate.reason = "watched for " + seconds(rate.span) + " of " + seconds(toSeconds(window)) + " so far";
    else if (rate.lookups < kFewestLookups)
        rate.reason = "no traffic: " + std::to_string(std::lround(rate.lookups)) + " lookups in " + seconds(rate.span);
    else
        rate.ratio = hits / rate.lookups;
    return rate;
}

std::optional<CounterRates> HitWindow::rates() const
{
    if (m_samples.size() < 2)
        return std::nullopt;
    const auto &last = m_samples.back();
    const auto *first = &oldestWithin(kRateWindow);
    if (first == &last)
        first = &m_samples[m_samples.size() - 2];
    const auto span = toSeconds(last.at - first->at);
    if (span <= 0)
        return std::nullopt;
    CounterRates rates;
    rates.operations = (last.commands - first->commands) / span;
    rates.evictions = (last.evicted - first->evicted) / span;
    rates.expirations = (last.expired - first->expired) / span;
    rates.rejected = (last.rejected - first->rejected) / span;
    if (last.errors && first->errors)
        rates.errors = (*last.errors - *first->errors) / span;
    rates.span = span;
    return rates;
}

} // namespace muster::redis
