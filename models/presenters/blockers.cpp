// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/blockers.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"

#include <QCoreApplication>
#include <QStringList>

#include <map>
#include <set>

namespace muster::blockers {

namespace {

constexpr int kDeepest = 12; // levels that are indented further

QString tr(const char *text)
{
    return QCoreApplication::translate("Blockers", text);
}

// "4100,4102" or "4100"
std::vector<qint64> blockersOf(const Table &sessions, std::size_t row)
{
    std::vector<qint64> pids;
    const QStringList parts = QString::fromStdString(sessions.text(row, "blocked_by")).split(QLatin1Char(','), Qt::SkipEmptyParts);
    for (const QString &part : parts)
        pids.push_back(part.trimmed().toLongLong());
    return pids;
}

struct Forest {
    const Table &sessions;
    std::vector<Row> keyed;                         ///< rows of the sessions, for their keys
    std::map<qint64, std::vector<std::size_t>> waiters; ///< by the blocker's pid
    std::set<std::size_t> shown{};
    std::vector<Row> rows{};

    void add(std::size_t row, int depth);
    Row rowOf(std::size_t row, int depth, std::size_t waiting) const;
};

qint64 pidOf(const Table &sessions, std::size_t row)
{
    return qint64(sessions.number(row, "pid").value_or(0));
}

Row Forest::rowOf(std::size_t row, int depth, std::size_t waiting) const
{
    const auto field = [this, row](const char *name) { return text::label(sessions.text(row, name), 60); };
    QString who = QString::number(pidOf(sessions, row)) % QStringLiteral("  ") % field("user") % QLatin1Char('@') % field("database");
    if (const QString application = field("application"); !application.isEmpty())
        who += QStringLiteral(" · ") % application;
    if (depth > 0)
        who.prepend(QString(4 * (std::min(depth, kDeepest) - 1) + 2, QLatin1Char(' ')) % QStringLiteral("└ "));
    const QString what = depth == 0 ? tr("blocks %1").arg(waiting) : field("wait").isEmpty() ? field("state") : field("wait");
    const auto age = sessions.number(row, depth == 0 ? "transaction_age" : "query_age");
    const QString query = text::label(sessions.text(row, "query"));
    return {keyed[row].key,
            {{depth == 0 ? tr("blocks") : tr("waits"), {}, depth == 0 ? QVariant() : QVariant(QStringLiteral("stale")), false, false}, {who, {}, {}, false, depth == 0}, {what, {}, {}, depth > 0, false},
             {age ? QString::fromStdString(format::duration(*age)) : QStringLiteral("–"), age.value_or(0), {}, false, false}, {query, {}, {}, true, false}},
            depth == 0 ? CheckStatus::Fail : CheckStatus::Unknown, keyed[row].tip};
}

void Forest::add(std::size_t row, int depth)
{
    if (rows.size() >= kMostRows || !shown.insert(row).second)
        return;
    const auto found = waiters.find(pidOf(sessions, row));
    rows.push_back(rowOf(row, depth, found == waiters.end() ? 0 : found->second.size()));
    if (found == waiters.end())
        return;
    for (const std::size_t waiter : found->second)
        add(waiter, depth + 1);
}

} // namespace

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Session"), ColumnKind::Text, -300}, {tr("Waits for"), ColumnKind::Text, -150}, {tr("For"), ColumnKind::Number, -80}, {tr("Query"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const Table &sessions, const PageSpec::TableSpec &spec)
{
    Forest forest{sessions, {}, {}};
    std::set<std::size_t> waiting;
    for (std::size_t row = 0; row < sessions.rows.size(); ++row) {
        for (const qint64 pid : blockersOf(sessions, row)) {
            forest.waiters[pid].push_back(row);
            waiting.insert(row);
        }
    }
    if (waiting.empty())
        return {};
    forest.keyed = facts::tableRows(sessions, spec);
    for (std::size_t row = 0; row < sessions.rows.size(); ++row) {
        if (!waiting.contains(row) && forest.waiters.contains(pidOf(sessions, row)))
            forest.add(row, 0);
    }
    for (const std::size_t row : waiting) // a ring, or a blocker that the list does not hold
        forest.add(row, 1);
    return std::move(forest.rows);
}

QString headline(const Snapshot &snapshot, const std::string &source)
{
    const int count = int(facts::freshNumber(snapshot.find(source, "postgres.blocked_count")).value_or(0));
    const auto longest = facts::freshNumber(snapshot.find(source, "postgres.blocked_longest"));
    const QString waiting = count == 1 ? tr("1 session waits for a lock") : tr("%1 sessions wait for a lock").arg(count);
    return longest ? tr("%1, the longest for %2").arg(waiting, QString::fromStdString(format::duration(*longest))) : waiting;
}

} // namespace muster::blockers
