// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/hitwindow.h"

#include "models/format/format.h"

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
        return std::string(HitWindow::kReset);
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

void judge(HitRate &rate)
{
    if (rate.lookups < HitWindow::kFewestLookups)
        rate.reason = "no traffic: " + format::counted(std::round(rate.lookups), "lookup", "lookups") + " in " + seconds(rate.span);
    else
        rate.ratio = rate.hits / rate.lookups;
}

} // namespace

HitRate combined(const std::vector<HitRate> &rates)
{
    if (rates.size() == 1)
        return rates.front();
    HitRate sum;
    sum.span = rates.empty() ? 0 : std::ranges::min(rates, {}, &HitRate::span).span;
    for (const auto &rate : rates) {
        sum.hits += rate.hits;
        sum.lookups += rate.lookups;
        // Little traffic on one node is no reason: the sum may be enough. A window that one node has not watched is.
        if (!rate.ratio && (rate.span <= 0 || rate.reason.starts_with("watched")))
            sum.reason = rate.reason;
    }
    if (sum.reason.empty())
        judge(sum);
    return sum;
}

std::optional<CounterRates> combined(const std::vector<std::optional<CounterRates>> &rates)
{
    CounterRates sum;
    for (const auto &rate : rates) {
        if (!rate)
            return std::nullopt;
        sum.operations += rate->operations;
        sum.evictions += rate->evictions;
        sum.expirations += rate->expirations;
        sum.rejected += rate->rejected;
        if (rate->errors)
            sum.errors = sum.errors.value_or(0) + *rate->errors;
        sum.consoleCommands += rate->consoleCommands;
        sum.consoleBytes += rate->consoleBytes;
        sum.span = sum.span > 0 ? std::min(sum.span, rate->span) : rate->span;
    }
    return rates.empty() ? std::nullopt : std::optional(sum);
}

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
        return {std::nullopt, 0, 0, 0, "needs two samples of the same server life" + (m_lastCut.empty() ? "" : ": " + m_lastCut)};
    const auto &last = m_samples.back();
    const auto *first = &oldestWithin(window);
    if (first == &last) // rounds further apart than the window: the last two
        first = &m_samples[m_samples.size() - 2];
    HitRate rate;
    rate.span = toSeconds(last.at - first->at);
    rate.hits = last.hits - first->hits;
    rate.lookups = rate.hits + last.misses - first->misses;
    if (isWholeNeeded && rate.span * 2 < toSeconds(window))
        rate.reason = "watched for " + seconds(rate.span) + " of " + seconds(toSeconds(window)) + " so far";
    else
        judge(rate);
    return rate;
}

std::optional<HitWindow::Drop> HitWindow::drop() const
{
    constexpr std::chrono::minutes recent(10);
    constexpr std::chrono::minutes learned(20);
    if (m_samples.size() < 3)
        return std::nullopt;
    const auto &first = m_samples.front();
    const auto &last = m_samples.back();
    const auto &middle = oldestWithin(recent);
    if (middle.at - first.at < learned)
        return std::nullopt;
    const auto before = middle.hits - first.hits + middle.misses - first.misses;
    const auto now = last.hits - middle.hits + last.misses - middle.misses;
    if (before < kFewestLookups || now < kFewestLookups)
        return std::nullopt;
    const auto baseline = (middle.hits - first.hits) / before;
    return Drop{baseline, baseline - (last.hits - middle.hits) / now};
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
        rates.errors = std::max(0.0, *last.errors - *first->errors - (last.ownErrors - first->ownErrors)) / span;
    rates.consoleCommands = std::max(0.0, last.ownCommands - first->ownCommands) / span;
    rates.consoleBytes = std::max(0.0, last.ownBytes - first->ownBytes) / span;
    rates.span = span;
    return rates;
}

} // namespace muster::redis
