// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/history/rollup.h"

#include <algorithm>

namespace muster::history {

namespace {

constexpr qint64 kMinute = 60;
constexpr qint64 kQuarter = 900;
constexpr qint64 kSpanLimit = 6 * 3600; // summed up in one call, so that a long backlog does not stop the recorder
constexpr int kRowsLimit = 100000;      // deleted in one call, which is one a minute

struct Level {
    const char *done;   ///< state name
    qint64 width;
    const char *first;  ///< oldest point of the finer table
    const char *sumUp;  ///< binds: width, width, from, to
};

constexpr const char *kFirstRaw = "SELECT min(r.at) FROM series s JOIN raw r ON r.series = s.id AND r.at = (SELECT min(at) FROM raw WHERE series = s.id)";
constexpr const char *kFirstRecent = "SELECT min(at) FROM recent";
constexpr const char *kFirstMinute = "SELECT min(r.at) FROM series s JOIN minute r ON r.series = s.id AND r.at = (SELECT min(at) FROM minute WHERE series = s.id)";
// The newest value of a bucket is looked up by the time that the grouping found.
constexpr const char *kSumSeconds = "INSERT OR REPLACE INTO minute SELECT g.series, g.bucket, g.n, g.mean, g.low, g.high, l.value FROM"
                                    " (SELECT series, at / ? * ? AS bucket, count(*) AS n, avg(value) AS mean, min(value) AS low, max(value) AS high, max(at) AS newest"
                                    "  FROM recent WHERE at >= ? AND at < ? GROUP BY 1, 2) g"
                                    " JOIN recent l ON l.at = g.newest AND l.series = g.series";
// The join makes SQLite seek once a series instead of reading the whole table.
constexpr const char *kSumMinutes = "INSERT OR REPLACE INTO quarter SELECT g.series, g.bucket, g.n, g.mean, g.low, g.high, l.last FROM"
                                    " (SELECT s.id AS series, r.at / ? * ? AS bucket, sum(r.n) AS n, sum(r.mean * r.n) / sum(r.n) AS mean, min(r.low) AS low,"
                                    "  max(r.high) AS high, max(r.at) AS newest FROM series s CROSS JOIN minute r ON r.series = s.id AND r.at >= ? AND r.at < ? GROUP BY 1, 2) g"
                                    " JOIN minute l ON l.series = g.series AND l.at = g.newest";

constexpr Level kMinutes{kMinutesDone, kMinute, kFirstRecent, kSumSeconds};
constexpr Level kQuarters{kQuartersDone, kQuarter, kFirstMinute, kSumMinutes};

/// `until`: points before it are complete in the finer table. False when there was nothing to do.
SqlResult<bool> sumUp(Database &database, const Level &level, qint64 until)
{
    until = until / level.width * level.width;
    auto done = database.state(level.done);
    if (!done)
        return std::unexpected(done.error());
    if (*done == 0) {
        const auto first = database.number(level.first, {}, until);
        if (!first)
            return std::unexpected(first.error());
        *done = *first / level.width * level.width;
    }
    if (*done >= until)
        return false;
    const auto to = std::min(until, *done + kSpanLimit);
    if (auto summed = database.run(level.sumUp, {level.width, level.width, *done, to}); !summed)
        return std::unexpected(summed.error());
    if (auto noted = database.setState(level.done, to); !noted)
        return std::unexpected(noted.error());
    return true;
}

/// What was summed up leaves `recent`, a quarter of an hour at once: a page or two a series.
SqlResult<void> settle(Database &database, qint64 minutesDone)
{
    const auto first = database.number(kFirstRecent, {}, minutesDone);
    if (!first)
        return std::unexpected(first.error());
    if (minutesDone - *first < kQuarter)
        return {};
    if (auto moved = database.run("INSERT OR REPLACE INTO raw SELECT series, at, value FROM recent WHERE at < ? ORDER BY series, at", {minutesDone}); !moved)
        return std::unexpected(moved.error());
    auto gone = database.run("DELETE FROM recent WHERE at < ?", {minutesDone});
    return gone ? SqlResult<void>() : std::unexpected(gone.error());
}

/// Deletes points older than `floor`, series by series along the primary key. Returns how many.
SqlResult<qint64> forget(Database &database, const char *selectSeries, const char *remove, qint64 floor)
{
    std::vector<qint64> series;
    auto found = database.run(selectSeries, {floor});
    if (!found)
        return std::unexpected(found.error());
    while (found->next())
        series.push_back(found->value(0).toLongLong());
    qint64 removed = 0;
    for (const auto id : series) {
        auto gone = database.run(remove, {id, floor});
        if (!gone)
            return std::unexpected(gone.error());
        removed += gone->numRowsAffected();
        if (removed > kRowsLimit)
            break;
    }
    return removed;
}

constexpr const char *kOldRaw = "SELECT id FROM series s WHERE (SELECT min(at) FROM raw WHERE series = s.id) < ?";
constexpr const char *kOldMinute = "SELECT id FROM series s WHERE (SELECT min(at) FROM minute WHERE series = s.id) < ?";
constexpr const char *kOldQuarter = "SELECT id FROM series s WHERE (SELECT min(at) FROM quarter WHERE series = s.id) < ?";
constexpr const char *kRemoveRaw = "DELETE FROM raw WHERE series = ? AND at < ?";
constexpr const char *kRemoveMinute = "DELETE FROM minute WHERE series = ? AND at < ?";
constexpr const char *kRemoveQuarter = "DELETE FROM quarter WHERE series = ? AND at < ?";

/// Too large: drops an eighth of the time that the finest non-empty table spans.
SqlResult<void> shrink(Database &database, const Limits &limits, qint64 now)
{
    const auto used = database.usedBytes();
    if (!used)
        return std::unexpected(used.error());
    if (*used <= static_cast<qint64>(limits.bytes))
        return {};
    const struct {
        const char *first;
        const char *old;
        const char *remove;
        qint64 keep;
    } tables[] = {{kFirstRaw, kOldRaw, kRemoveRaw, 2 * kQuarter}, {kFirstMinute, kOldMinute, kRemoveMinute, 2 * kQuarter}};
    for (const auto &table : tables) {
        const auto first = database.number(table.first, {}, now);
        if (!first)
            return std::unexpected(first.error());
        const auto span = now - *first;
        if (span <= table.keep)
            continue;
        auto removed = forget(database, table.old, table.remove, *first + std::max<qint64>(span / 8, kQuarter));
        return removed ? SqlResult<void>() : std::unexpected(removed.error());
    }
    return {};
}

} // namespace

SqlResult<void> maintain(Database &database, const Limits &limits, qint64 now)
{
    const auto isNewMinute = sumUp(database, kMinutes, now);
    if (!isNewMinute)
        return std::unexpected(isNewMinute.error());
    if (!*isNewMinute)
        return {};
    const auto minutesDone = database.state(kMinutesDone);
    if (!minutesDone)
        return std::unexpected(minutesDone.error());
    if (auto settled = settle(database, *minutesDone); !settled)
        return settled;
    if (auto summed = sumUp(database, kQuarters, *minutesDone); !summed)
        return std::unexpected(summed.error());
    const auto quartersDone = database.state(kQuartersDone);
    if (!quartersDone)
        return std::unexpected(quartersDone.error());
    // Nothing is forgotten before it was summed up.
    const struct {
        const char *old;
        const char *remove;
        qint64 floor;
    } steps[] = {{kOldRaw, kRemoveRaw, std::min<qint64>(now - limits.raw.count(), *minutesDone)},
                 {kOldMinute, kRemoveMinute, std::min<qint64>(now - limits.minutes.count(), *quartersDone)},
                 {kOldQuarter, kRemoveQuarter, now - limits.quarters.count()}};
    for (const auto &step : steps) {
        if (auto removed = forget(database, step.old, step.remove, step.floor); !removed)
            return std::unexpected(removed.error());
    }
    for (const char *old : {"DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", "DELETE FROM turn WHERE id <= (SELECT max(id) FROM turn) - ?"}) {
        if (auto gone = database.run(old, {static_cast<qint64>(limits.events)}); !gone)
            return std::unexpected(gone.error());
    }
    return shrink(database, limits, now);
}

} // namespace muster::history
