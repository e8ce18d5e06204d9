// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/history/turns.h"

#include "models/facts/fact.h"

#include <algorithm>
#include <array>

namespace muster::history {

namespace {

constexpr std::size_t kTextLimit = 2048;

// A turn with its causes in one query. What became better at that moment is left out by whoever reads the rows.
constexpr const char *kDrops = "SELECT t.id, t.at, t.seen, t.low_was, t.high_was, t.verdict_was, t.low, t.high, t.verdict,"
                               " e.at, e.subject, e.was, e.is_now, e.evidence, e.change"
                               " FROM (SELECT * FROM turn WHERE at >= ? AND at <= ? AND (low < low_was - 1e-9 OR verdict > verdict_was)"
                               " ORDER BY at DESC, id DESC LIMIT ?) t"
                               " LEFT JOIN event e ON e.at = t.at AND e.was <> '' AND e.change <= 0"
                               " ORDER BY t.at, t.id, e.change, e.id";
constexpr const char *kEvents = "SELECT at, subject, was, is_now, evidence, change FROM event WHERE at >= ? AND at <= ? AND was <> '' AND was <> is_now"
                                " ORDER BY at DESC, id DESC LIMIT ?";
constexpr const char *kLatestEvents = "SELECT at, subject, was, is_now, evidence, change FROM event WHERE id IN (SELECT max(id) FROM event GROUP BY subject)";
constexpr const char *kLatestTurn = "SELECT at, low_was, high_was, verdict_was, low, high, verdict FROM turn ORDER BY id DESC LIMIT 1";

qint64 millis(WallTime at)
{
    return static_cast<qint64>(at.time_since_epoch().count());
}

WallTime timeAt(const QSqlQuery &query, int column)
{
    return WallTime(Millis(query.value(column).toLongLong()));
}

HistoryState stateAt(const QSqlQuery &query, int column)
{
    return { { query.value(column).toDouble(), query.value(column + 1).toDouble() }, static_cast<Verdict>(std::clamp(query.value(column + 2).toInt(), 0, 2)) };
}

HistoryEvent eventAt(const QSqlQuery &query, int column)
{
    const auto text = [&](int offset) { return query.value(column + offset).toString().toStdString(); };
    return { timeAt(query, column), text(1), text(2), text(3), text(4), query.value(column + 5).toDouble() };
}

int rankOf(const std::string &word)
{
    constexpr std::array kAll{ CheckStatus::Pass, CheckStatus::Warn,          CheckStatus::Fail,  CheckStatus::Unknown,
                               CheckStatus::Stale, CheckStatus::NotApplicable, CheckStatus::Waived };
    const auto it = std::ranges::find(kAll, word, [](CheckStatus status) { return std::string(toString(status)); });
    return severityRank(it == kAll.end() ? CheckStatus::Unknown : *it);
}

bool isWorse(const HistoryEvent &event)
{
    return event.change < 0 || rankOf(event.to) < rankOf(event.from);
}

} // namespace

SqlResult<void> insertEvents(Database &database, const std::vector<HistoryEvent> &events)
{
    for (const auto &event : events) {
        auto done = database.run("INSERT INTO event (at, subject, was, is_now, evidence, change) VALUES (?, ?, ?, ?, ?, ?)",
                                 { millis(event.at), QString::fromStdString(event.check), QString::fromStdString(event.from), QString::fromStdString(event.to),
                                   QString::fromStdString(muster::clamp(event.evidence, kTextLimit)), event.change });
        if (!done)
            return std::unexpected(done.error());
    }
    return {};
}

SqlResult<void> insertTurns(Database &database, const std::vector<HistoryTurn> &turns)
{
    for (const auto &turn : turns) {
        auto done = database.run("INSERT INTO turn (at, seen, low_was, high_was, verdict_was, low, high, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                                 { millis(turn.at), millis(turn.lastSeen), turn.before.score.low, turn.before.score.high, static_cast<int>(turn.before.verdict),
                                   turn.after.score.low, turn.after.score.high, static_cast<int>(turn.after.verdict) });
        if (!done)
            return std::unexpected(done.error());
    }
    return {};
}

SqlResult<std::vector<HistoryEvent>> readEvents(Database &database, WallTime from, WallTime to, std::size_t limit)
{
    auto query = database.run(kEvents, { millis(from), millis(to), static_cast<qint64>(limit) });
    if (!query)
        return std::unexpected(query.error());
    std::vector<HistoryEvent> found;
    while (query->next())
        found.push_back(eventAt(*query, 0));
    std::ranges::reverse(found); // the newest `limit`, oldest first
    return found;
}

SqlResult<std::vector<HistoryDrop>> readDrops(Database &database, WallTime from, WallTime to, std::size_t limit)
{
    auto query = database.run(kDrops, { millis(from), millis(to), static_cast<qint64>(limit) });
    if (!query)
        return std::unexpected(query.error());
    std::vector<HistoryDrop> found;
    qint64 last = -1;
    while (query->next()) {
        if (const auto id = query->value(0).toLongLong(); id != last) {
            last = id;
            found.push_back({ timeAt(*query, 1), timeAt(*query, 2), stateAt(*query, 3), stateAt(*query, 6), {} });
        }
        if (query->value(10).isNull())
            continue;
        if (auto event = eventAt(*query, 9); isWorse(event))
            found.back().causes.push_back(std::move(event));
    }
    return found;
}

SqlResult<HistoryEntry> readLatest(Database &database)
{
    HistoryEntry entry;
    auto events = database.run(kLatestEvents);
    if (!events)
        return std::unexpected(events.error());
    while (events->next())
        entry.events.push_back(eventAt(*events, 0));
    auto turn = database.run(kLatestTurn);
    if (!turn)
        return std::unexpected(turn.error());
    const auto seen = database.state(kSeen);
    if (!seen)
        return std::unexpected(seen.error());
    if (turn->next())
        entry.turns.push_back({ timeAt(*turn, 0), WallTime(Millis(*seen)), stateAt(*turn, 1), stateAt(*turn, 4) });
    return entry;
}

} // namespace muster::history
