// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/seriesbook.h"

#include "models/engine/session.h"

#include <cmath>
#include <memory>

namespace muster {

namespace {

constexpr std::size_t kRecallPoints = 1200;
constexpr qint64 kScoreEvery = 1000; // ms between two points of an unchanged score

qint64 millis(WallTime at)
{
    return at.time_since_epoch().count();
}

} // namespace

SeriesBook::SeriesBook(Session &session, QObject *parent) : QObject(parent), m_session(session)
{
    connect(&session, &Session::published, this, &SeriesBook::onPublished);
}

const SeriesBuffer *SeriesBook::find(const std::string &series) const
{
    const auto found = m_series.find(series);
    return found == m_series.end() || found->second.isEmpty() ? nullptr : &found->second;
}

void SeriesBook::recall(const std::string &series)
{
    const std::shared_ptr<HistoryStore> store = m_session.history();
    if (!store || !m_recalled.insert(series).second)
        return;
    const WallTime now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
    const auto read = [store, series, now] { return store->read(series, now - Millis(kDay), now, kRecallPoints); };
    m_reader.run(this, read, [this, series](const auto &points) {
        if (!points)
            return;
        std::vector<SeriesPoint> older;
        older.reserve(points->size());
        for (const HistoryPoint &point : *points)
            older.push_back({millis(point.at), point.value});
        m_series.try_emplace(series).first->second.prepend(older);
        Q_EMIT recalled(QString::fromStdString(series));
    });
}

Sparkline SeriesBook::sparkline(const std::string &series, qint64 span, int points) const
{
    Sparkline line;
    const SeriesBuffer *buffer = find(series);
    if (!buffer || points < 2)
        return line;
    const std::span<const SeriesPoint> all = buffer->points();
    const qint64 to = all.back().at;
    const qint64 from = std::max(to - span, all.front().at);
    for (const auto &segment : decimate(all, from, to + 1, points / 2, 0)) {
        if (!line.empty())
            line.push_back(std::nan(""));
        for (const SeriesPoint &point : segment)
            line.push_back(point.value);
    }
    return line;
}

void SeriesBook::record(const std::string &series, qint64 at, double value)
{
    SeriesBuffer &buffer = m_series.try_emplace(series).first->second;
    if (!std::isfinite(value)) {
        buffer.breakAt(at);
        return;
    }
    const bool isUnchanged = !buffer.isEmpty() && buffer.points().back().value == value;
    if (!isUnchanged || at - buffer.points().back().at >= kScoreEvery)
        buffer.append({at, value});
}

void SeriesBook::onPublished()
{
    const auto snapshot = m_session.snapshot();
    const auto assessment = m_session.assessment();
    for (const auto &[source, facts] : snapshot->facts) {
        for (const auto &[name, observed] : facts) {
            const double *number = asNumber(observed.fact.value);
            const std::string series = source + ' ' + name;
            if (!number || observed.isStale()) {
                if (const auto found = m_series.find(series); found != m_series.end())
                    found->second.breakAt(millis(number ? observed.at + observed.fact.budget : observed.at));
                continue;
            }
            if (WallTime &seen = m_lastSeen[series]; seen != observed.at) {
                seen = observed.at;
                record(series, millis(observed.at), *number);
            }
        }
    }
    if (!m_session.isSettled())
        return;
    record("score.low", millis(assessment->at), assessment->score.low);
    record("score.high", millis(assessment->at), assessment->score.high);
    for (const ComponentResult &component : assessment->components)
        record("component." + component.id + ".low", millis(assessment->at), component.score.low);
}

} // namespace muster
