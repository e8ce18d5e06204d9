// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/wiring/longhistory.h"

#include <algorithm>
#include <cmath>

namespace muster::wiring {

namespace {

constexpr Millis kGap{std::chrono::hours(1)}; ///< the local history may begin so much late before anybody else is asked
constexpr Millis kPatience{5000};             ///< of one request
constexpr Millis kPause{30000};               ///< a server that failed is left alone so long
constexpr Millis kFinest{15000};

std::string quoted(const std::string &text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out + "\"";
}

/// Several scrapes of the same textfile are one series.
std::string ownMetric(const std::string &metric, const LongHistory::Origin &origin, const std::string &labels)
{
    return "avg(" + metric + "{environment=" + quoted(origin.environment) + "," + labels + "})";
}

/// What needs no collecting of ours: the histogram's own numbers.
std::string nativeOf(const std::string &fact, const std::string &histogram)
{
    const auto quantile = [&](const char *q) { return std::string("histogram_quantile(") + q + ", sum by (le) (rate(" + histogram + "_bucket[5m])))"; };
    if (histogram.empty())
        return {};
    if (fact == "prometheus.latency_p95")
        return quantile("0.95");
    if (fact == "prometheus.latency_p99")
        return quantile("0.99");
    return fact == "prometheus.request_rate" ? "sum(rate(" + histogram + "_count[5m]))" : std::string();
}

} // namespace

std::string promqlOf(const std::string &series, const LongHistory::Origin &origin)
{
    const auto space = series.find(' ');
    if (space == std::string::npos) {
        // score.low, component.api.high
        const auto bound = series.substr(series.rfind('.') + 1);
        if (series.starts_with("component."))
            return ownMetric("muster_component_score", origin, "component=" + quoted(series.substr(10, series.rfind('.') - 10)) + ",bound=" + quoted(bound));
        return ownMetric("muster_score", origin, "bound=" + quoted(bound));
    }
    const auto source = series.substr(0, space);
    const auto fact = series.substr(space + 1);
    const auto own = std::ranges::find_if(origin.facts, [&](const CustomFact &each) { return each.source == source && each.name == fact; });
    if (own != origin.facts.end())
        return own->question.front();
    if (auto native = source == origin.server.id ? nativeOf(fact, origin.server.histogram) : std::string(); !native.empty())
        return native;
    return ownMetric("muster_fact", origin, "source=" + quoted(source) + ",fact=" + quoted(fact));
}

LongHistory::LongHistory(std::shared_ptr<HistoryStore> local, Origin origin)
    : m_local(std::move(local)), m_origin(std::move(origin)), m_client(m_origin.server, m_interrupter)
{
}

std::expected<std::vector<HistoryPoint>, Fault> LongHistory::read(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const
{
    auto points = m_local ? m_local->read(series, from, to, maxPoints) : std::expected<std::vector<HistoryPoint>, Fault>(std::vector<HistoryPoint>());
    if (!points)
        return points;
    const auto begin = points->empty() ? to : points->front().at;
    if (begin - from < kGap || points->size() + 2 > maxPoints)
        return points;
    // The local points fill their share of the buckets: what is left of them is the others' share.
    auto before = older(series, from, begin, maxPoints - points->size());
    before.insert(before.end(), points->begin(), points->end());
    return before;
}

std::vector<HistoryPoint> LongHistory::older(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const
{
    const std::scoped_lock lock(m_mutex);
    if (BootClock::now() < m_deadUntil)
        return {};
    const auto step = std::max<Millis>(kFinest, std::chrono::ceil<std::chrono::seconds>((to - from) / static_cast<long>(std::max<std::size_t>(maxPoints - 1, 1))));
    // The last step falls on the end: of a long range with young data it may be the only one that finds something.
    const auto end = to - Millis{1};
    const auto begin = end - (end - from) / step * step;
    const auto answer = m_client.queryRange(promqlOf(series, m_origin), begin, end, step, Deadline::after(kPatience));
    m_client.close();
    m_trouble.clear();
    if (!answer) {
        m_trouble = "what is older could not be read from " + m_origin.server.id + ": " + answer.error().detail;
        m_deadUntil = BootClock::now() + kPause;
        return {};
    }
    std::vector<HistoryPoint> points;
    if (answer->series.size() != 1)
        return points; // nothing, or several lines that are no one fact
    for (const auto &[time, value] : answer->series.front().points) {
        if (std::isfinite(value) && points.size() < maxPoints)
            points.push_back({WallTime(Millis{std::llround(time * 1000)}), value, value, value, value, 1});
    }
    return points;
}

std::expected<void, Fault> LongHistory::append(const HistoryEntry &entry)
{
    return m_local ? m_local->append(entry) : std::expected<void, Fault>();
}

std::expected<std::vector<HistoryEvent>, Fault> LongHistory::events(WallTime from, WallTime to, std::size_t limit) const
{
    return m_local ? m_local->events(from, to, limit) : std::vector<HistoryEvent>();
}

std::expected<std::vector<HistoryDrop>, Fault> LongHistory::drops(WallTime from, WallTime to, std::size_t limit) const
{
    return m_local ? m_local->drops(from, to, limit) : std::vector<HistoryDrop>();
}

std::expected<HistoryEntry, Fault> LongHistory::latest() const
{
    return m_local ? m_local->latest() : HistoryEntry();
}

std::string LongHistory::notice() const
{
    auto text = m_local ? m_local->notice() : std::string();
    const std::scoped_lock lock(m_mutex);
    if (!m_trouble.empty())
        text += (text.empty() ? "" : "; ") + m_trouble;
    return text;
}

} // namespace muster::wiring
