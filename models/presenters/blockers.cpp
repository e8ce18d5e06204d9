// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/blockers.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/sessions.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <map>
#include <set>

namespace muster::blockers {

namespace {

constexpr int kDeepest = 12; // levels that are indented further
constexpr QChar kSplit(0x1f);

QString tr(const char *text)
{
    return QCoreApplication::translate("Blockers", text);
}

struct Forest {
    explicit Forest(const Table &table, std::string preparedName);

    void add(qint64 pid, qint64 above, int depth);
    [[nodiscard]] std::size_t waitersOf(qint64 pid) const; ///< directly or through others
    [[nodiscard]] std::vector<qint64> roots() const;       ///< who holds up most comes first
    [[nodiscard]] Row rowOf(qint64 pid, qint64 above, int depth, bool isAgain) const;
    [[nodiscard]] QString nameOf(qint64 pid) const;
    [[nodiscard]] QString whatOf(qint64 pid, qint64 above, int depth, bool isAgain) const;

    const Table &sessions;
    std::string prepared;
    std::map<qint64, std::size_t> places;          ///< row of each pid that waits or blocks
    std::map<qint64, std::vector<qint64>> waiters; ///< by the blocker
    std::map<qint64, std::vector<qint64>> blockers; ///< by the waiter
    std::set<qint64> unfolded{};
    std::set<std::pair<qint64, qint64>> shown{}; ///< waiter and whom it waits for: a ring comes back to its first
    std::vector<Row> rows{};
};

Forest::Forest(const Table &table, std::string preparedName) : sessions(table), prepared(std::move(preparedName))
{
    const std::size_t blockedBy = sessions.column("blocked_by");
    const auto isWaiting = [blockedBy](const std::vector<Cell> &row) {
        const std::string *by = blockedBy < row.size() ? std::get_if<std::string>(&row[blockedBy]) : nullptr;
        return by && !by->empty();
    };
    std::vector<std::size_t> waiting; // of thousands of sessions mostly none
    for (std::size_t row = 0; row < sessions.rows.size(); ++row) {
        if (isWaiting(sessions.rows[row]))
            waiting.push_back(row);
    }
    for (const std::size_t row : waiting) {
        const auto pid = qint64(sessions.number(row, "pid").value_or(0));
        for (const qint64 by : sessions::blockersOf(sessions, row)) {
            waiters[by].push_back(pid);
            blockers[pid].push_back(by);
        }
    }
    for (std::size_t row = 0; !waiting.empty() && row < sessions.rows.size(); ++row) {
        if (const auto pid = qint64(sessions.number(row, "pid").value_or(0)); waiters.contains(pid) || blockers.contains(pid))
            places.emplace(pid, row);
    }
}

std::size_t Forest::waitersOf(qint64 pid) const
{
    std::set<qint64> reached;
    std::vector<qint64> open{pid};
    while (!open.empty()) {
        const auto found = waiters.find(open.back());
        open.pop_back();
        if (found == waiters.end())
            continue;
        for (const qint64 waiter : found->second) {
            if (waiter != pid && reached.insert(waiter).second)
                open.push_back(waiter);
        }
    }
    return reached.size();
}

std::vector<qint64> Forest::roots() const
{
    std::vector<std::pair<std::size_t, qint64>> ranked;
    for (const auto &[pid, waiting] : waiters) {
        if (!blockers.contains(pid))
            ranked.emplace_back(waitersOf(pid), pid);
    }
    std::ranges::stable_sort(ranked, std::ranges::greater(), &std::pair<std::size_t, qint64>::first);
    std::vector<qint64> roots;
    for (const auto &each : ranked)
        roots.push_back(each.second);
    return roots;
}

QString Forest::nameOf(qint64 pid) const
{
    const auto place = places.find(pid);
    if (pid == 0)
        return prepared.empty() ? tr("a prepared transaction") : tr("prepared transaction %1").arg(text::label(prepared, 80));
    const QString number = QString::number(pid) % QStringLiteral("  ");
    return number % (place == places.end() ? tr("not among the sessions that were read") : sessions::who(sessions, place->second));
}

QString Forest::whatOf(qint64 pid, qint64 above, int depth, bool isAgain) const
{
    const auto place = places.find(pid);
    if (depth == 0) {
        const QString state = place == places.end() ? QString() : text::label(sessions.text(place->second, "state"), 40);
        const QString held = tr("blocks %1").arg(waitersOf(pid));
        return state.isEmpty() ? held : held % QStringLiteral(" · ") % state;
    }
    QString what = text::label(sessions.text(place->second, "wait"), 60);
    if (what.startsWith(QLatin1String("Lock: ")))
        what.remove(0, 6);
    QStringList others;
    for (const qint64 other : blockers.at(pid)) {
        if (other != above)
            others << QString::number(other);
    }
    if (!others.isEmpty())
        what += (what.isEmpty() ? QString() : QStringLiteral(" · ")) % tr("also for %1").arg(others.join(QStringLiteral(", ")));
    return isAgain ? what % QStringLiteral(" · ") % tr("its waiters: see above") : what;
}

Row Forest::rowOf(qint64 pid, qint64 above, int depth, bool isAgain) const
{
    QString who = nameOf(pid);
    if (depth > 0)
        who.prepend(QString(4 * (std::min(depth, kDeepest) - 1) + 2, QLatin1Char(' ')) % QStringLiteral("└ "));
    const auto place = places.find(pid);
    const bool isListed = place != places.end();
    const auto ageOf = [&](const char *column) { return isListed ? sessions.number(place->second, column) : std::nullopt; };
    const auto waiting = ageOf(depth == 0 ? "transaction_age" : "wait_age");
    const auto age = waiting || depth == 0 ? waiting : ageOf("query_age");
    const QString query = isListed ? text::label(sessions.text(place->second, "query")) : QString();
    return {QString::number(pid) % kSplit % QString::number(above),
            {{depth == 0 ? tr("blocks") : tr("waits"), {}, depth == 0 ? QVariant() : QVariant(QStringLiteral("stale")), false, false}, {who, {}, {}, false, depth == 0},
             {whatOf(pid, above, depth, isAgain), {}, {}, depth > 0, false},
             {age ? QString::fromStdString(format::duration(*age)) : QStringLiteral("–"), age.value_or(0), {}, !age, false}, {query, {}, {}, true, false}},
            depth == 0 ? CheckStatus::Fail : CheckStatus::Unknown, query};
}

void Forest::add(qint64 pid, qint64 above, int depth)
{
    if (rows.size() >= kMostRows || !shown.emplace(pid, above).second)
        return;
    const auto found = waiters.find(pid);
    const bool isAgain = found != waiters.end() && unfolded.contains(pid);
    rows.push_back(rowOf(pid, above, depth, isAgain));
    if (found == waiters.end() || !unfolded.insert(pid).second)
        return;
    for (const qint64 waiter : found->second)
        add(waiter, pid, depth + 1);
}

} // namespace

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Session"), ColumnKind::Text, -300}, {tr("Waits for"), ColumnKind::Text, -190}, {tr("For"), ColumnKind::Number, -80}, {tr("Statement"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const Table &sessions, const std::string &prepared)
{
    Forest forest(sessions, prepared);
    for (const qint64 root : forest.roots())
        forest.add(root, -1, 0);
    for (const auto &[waiter, by] : forest.blockers) { // a ring has no root
        const bool isShown = std::ranges::any_of(by, [&forest](qint64 pid) { return forest.unfolded.contains(pid); });
        if (!isShown)
            forest.add(waiter, by.front(), 1);
    }
    return std::move(forest.rows);
}

QString sessionOf(const QString &rowKey)
{
    return rowKey.section(kSplit, 0, 0);
}

QString headline(const Snapshot &snapshot, const std::string &source)
{
    const int count = int(facts::freshNumber(snapshot.find(source, "postgres.blocked_count")).value_or(0));
    const auto longest = facts::freshNumber(snapshot.find(source, "postgres.blocked_longest"));
    const QString waiting = count == 1 ? tr("1 session waits for a lock") : tr("%1 sessions wait for a lock").arg(count);
    return longest ? tr("%1, the longest for %2").arg(waiting, QString::fromStdString(format::duration(*longest))) : waiting;
}

} // namespace muster::blockers
