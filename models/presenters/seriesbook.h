// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/presenters/asyncreader.h"
#include "models/presenters/series.h"
#include "models/readiness/assessment.h"

#include <QObject>

#include <map>
#include <set>
#include <string>

namespace muster {

class Session;

/// The newest points of every numeric fact and score since the window opened, completed from the history store on demand. GUI thread.
class SeriesBook : public QObject
{
    Q_OBJECT
public:
    explicit SeriesBook(Session &session, QObject *parent = nullptr);

    /// Series as the history store names them: "redis/cache redis.hit_ratio", "score.low", "component.security.low". Null when nothing is known.
    [[nodiscard]] const SeriesBuffer *find(const std::string &series) const;
    /// Reads the past of a series from the history store, once.
    void recall(const std::string &series);
    /// At most `points` values of the last `span` ms, thinned; empty under two points.
    [[nodiscard]] Sparkline sparkline(const std::string &series, qint64 span, int points) const;

    static constexpr qint64 kDay = 86'400'000; ///< ms

Q_SIGNALS:
    void recalled(const QString &series);

private:
    void onPublished();
    void record(const std::string &series, qint64 at, double value);

    Session &m_session;
    std::map<std::string, SeriesBuffer, std::less<>> m_series;
    std::map<std::string, WallTime> m_lastSeen; ///< of each fact, so that a round counts once
    std::set<std::string> m_recalled;
    AsyncReader m_reader;
};

} // namespace muster
