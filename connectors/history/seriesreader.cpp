// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/history/seriesreader.h"

#include "connectors/history/rollup.h"

#include <algorithm>

namespace muster::history {

namespace {

constexpr qint64 kMinute = 60;
constexpr qint64 kQuarter = 900;

// Qt binds each "?" in turn; the common table p gives them names. Points before m stand in `minute`, before q in `quarter`.
#define MUSTER_PARAMETERS "WITH p(id, f, t, b, m, q) AS (SELECT ?, ?, ?, ?, ?, ?) "
#define MUSTER_RAW_AFTER(start) "SELECT r.at, 1 AS n, r.value AS mean, r.value AS low, r.value AS high, r.value AS last FROM p CROSS JOIN raw r" \
                                " ON r.series = p.id AND r.at >= " start " AND r.at <= p.t" \
                                " UNION ALL SELECT r.at, 1, r.value, r.value, r.value, r.value FROM p CROSS JOIN recent r" \
                                " ON r.series = p.id AND r.at >= " start " AND r.at <= p.t"
#define MUSTER_SUMMED(table, start, end) "SELECT r.at, r.n, r.mean, r.low, r.high, coalesce(r.last, r.mean) AS last FROM p CROSS JOIN " table " r" \
                                         " ON r.series = p.id AND r.at >= " start " AND r.at <= p.t AND r.at < " end
#define MUSTER_MERGED(points) MUSTER_PARAMETERS "SELECT min(at), sum(mean * n) / sum(n), min(low), max(high), max(newest), sum(n) FROM" \
                                                " (SELECT *, (at - p.f) / p.b AS bucket, first_value(last) OVER (PARTITION BY (at - p.f) / p.b ORDER BY at DESC) AS newest" \
                                                " FROM (" points ") CROSS JOIN p) GROUP BY bucket ORDER BY 1"

constexpr const char *kRaw = MUSTER_MERGED(MUSTER_RAW_AFTER("p.f"));
constexpr const char *kMinutes = MUSTER_MERGED(MUSTER_SUMMED("minute", "p.f", "p.m") " UNION ALL " MUSTER_RAW_AFTER("max(p.f, p.m)"));
constexpr const char *kQuarters = MUSTER_MERGED(MUSTER_SUMMED("quarter", "p.f", "p.q") " UNION ALL " MUSTER_SUMMED("minute", "max(p.f, p.q)", "p.m")
                                                " UNION ALL " MUSTER_RAW_AFTER("max(p.f, p.m)"));

#undef MUSTER_PARAMETERS
#undef MUSTER_RAW_AFTER
#undef MUSTER_SUMMED
#undef MUSTER_MERGED

qint64 secondsOf(WallTime at)
{
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

} // namespace

SqlResult<std::vector<HistoryPoint>> readSeries(Database &database, const Limits &limits, const std::string &series, WallTime from, WallTime to,
                                                std::size_t maxPoints, WallTime now)
{
    std::vector<HistoryPoint> points;
    const auto id = database.seriesId(series, false);
    if (!id)
        return std::unexpected(id.error());
    if (*id == 0 || maxPoints == 0 || to < from)
        return points;
    const auto begin = std::max<qint64>(0, secondsOf(from));
    const auto end = secondsOf(to);
    const auto count = static_cast<qint64>(std::min<std::size_t>(maxPoints, 1000000));
    const auto bucket = std::max<qint64>(1, (end - begin + count) / count);
    const auto today = secondsOf(now);

    const bool reachesRaw = begin >= today - limits.raw.count();
    const bool reachesMinutes = begin >= today - limits.minutes.count();
    const char *sql = kQuarters;
    if (reachesRaw && bucket < kMinute)
        sql = kRaw;
    else if (reachesMinutes && bucket < kQuarter)
        sql = kMinutes;

    const auto minutesDone = database.state(kMinutesDone);
    const auto quartersDone = database.state(kQuartersDone);
    if (!minutesDone || !quartersDone)
        return std::unexpected(minutesDone ? quartersDone.error() : minutesDone.error());
    auto query = database.run(sql, {*id, begin, end, bucket, *minutesDone, *quartersDone});
    if (!query)
        return std::unexpected(query.error());
    while (query->next()) {
        points.push_back({WallTime(std::chrono::seconds(query->value(0).toLongLong())), query->value(1).toDouble(), query->value(2).toDouble(),
                          query->value(3).toDouble(), query->value(4).toDouble(), query->value(5).toULongLong()});
    }
    return points;
}

} // namespace muster::history
