// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/sessions.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <tuple>

namespace muster::sessions {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Sessions", text);
}

/// Where the cells of a row are found: looked up once a table.
struct Fields {
    explicit Fields(const Table &table)
        : pid(table.column("pid")), user(table.column("user")), database(table.column("database")), application(table.column("application")), client(table.column("client")),
          type(table.column("type")), state(table.column("state")), wait(table.column("wait")), transaction(table.column("transaction_age")),
          query(table.column("query_age")), blockedBy(table.column("blocked_by")), isRoot(table.column("is_root")), statement(table.column("query"))
    {
    }
    std::size_t pid, user, database, application, client, type, state, wait, transaction, query, blockedBy, isRoot, statement;
};

std::string_view textAt(const std::vector<Cell> &row, std::size_t column)
{
    const std::string *text = column < row.size() ? std::get_if<std::string>(&row[column]) : nullptr;
    return text ? std::string_view(*text) : std::string_view();
}

std::optional<double> numberAt(const std::vector<Cell> &row, std::size_t column)
{
    const double *number = column < row.size() ? std::get_if<double>(&row[column]) : nullptr;
    return number ? std::optional(*number) : std::nullopt;
}

bool isTrueAt(const std::vector<Cell> &row, std::size_t column)
{
    const bool *truth = column < row.size() ? std::get_if<bool>(&row[column]) : nullptr;
    return truth && *truth;
}

/// What an operator looks for first.
enum class Group : std::uint8_t { Blocks, Waits, InTransaction, Works, Idle };

Group groupOf(const std::vector<Cell> &row, const Fields &fields)
{
    if (!textAt(row, fields.blockedBy).empty())
        return Group::Waits;
    if (isTrueAt(row, fields.isRoot))
        return Group::Blocks;
    if (textAt(row, fields.state).starts_with("idle in transaction"))
        return Group::InTransaction;
    return textAt(row, fields.state) == "idle" || textAt(row, fields.state).empty() ? Group::Idle : Group::Works;
}

RowCell markOf(Group group)
{
    const int rank = int(group);
    switch (group) {
    case Group::Blocks: return {tr("blocks"), rank, {}, false, false};
    case Group::Waits: return {tr("waits"), rank, QStringLiteral("stale"), false, false};
    case Group::InTransaction: return {tr("holds a transaction open"), rank, {}, false, false};
    case Group::Works:
    case Group::Idle: break;
    }
    return {QString(), rank, {}, false, false};
}

std::optional<CheckStatus> statusOf(Group group)
{
    switch (group) {
    case Group::Blocks: return CheckStatus::Fail;
    case Group::Waits: return CheckStatus::Unknown;
    case Group::InTransaction: return CheckStatus::Warn;
    case Group::Works:
    case Group::Idle: break;
    }
    return std::nullopt;
}

RowCell durationCell(std::optional<double> seconds)
{
    if (seconds && *seconds < 0)
        seconds = 0; // a statement that began after the one that asks
    return {seconds ? QString::fromStdString(format::duration(*seconds)) : QStringLiteral("–"), seconds.value_or(-1), {}, !seconds, false};
}

QString stateOf(const std::vector<Cell> &row, const Fields &fields)
{
    QString state = text::label(textAt(row, fields.state), 40);
    if (const std::string_view by = textAt(row, fields.blockedBy); !by.empty())
        return tr("waits for %1").arg(text::label(by, 60));
    if (const std::string_view wait = textAt(row, fields.wait); !wait.empty() && state == QLatin1String("active"))
        state += QStringLiteral(" · ") % text::label(wait, 60);
    return state;
}

QString whoOf(const std::vector<Cell> &row, const Fields &fields, bool withClient)
{
    std::string text(textAt(row, fields.user));
    if (const auto database = textAt(row, fields.database); !database.empty())
        text.append(1, '@').append(database);
    for (const std::size_t part : {fields.application, fields.client}) {
        if (const auto more = textAt(row, part); !more.empty() && (withClient || part != fields.client))
            text.append(text.empty() ? "" : ", ").append(more);
    }
    return text::label(text.empty() ? textAt(row, fields.type) : text, 160);
}

bool isConsole(const Table &sessions, std::size_t row)
{
    return sessions.text(row, "application").starts_with("muster ");
}

Detail::Step step(const char *action, const std::string &instance, qint64 pid, const QString &label)
{
    return {action, instance + '/' + std::to_string(pid), label};
}

Detail gone(const QString &key)
{
    Detail detail;
    detail.title = tr("Session %1").arg(key);
    detail.evidence = tr("It is not in the list any more: it has ended, or it is beyond the rows that are read.");
    return detail;
}

} // namespace

QString keyOf(const Table &sessions, std::size_t row)
{
    return QString::number(qint64(sessions.number(row, "pid").value_or(0)));
}

std::optional<std::size_t> rowOf(const Table &sessions, const QString &key)
{
    const std::size_t pid = sessions.column("pid");
    const double wanted = key.toDouble();
    for (std::size_t row = 0; row < sessions.rows.size(); ++row) {
        if (numberAt(sessions.rows[row], pid) == wanted)
            return row;
    }
    return std::nullopt;
}

QString who(const Table &sessions, std::size_t row)
{
    return whoOf(sessions.rows[row], Fields(sessions), false);
}

std::vector<qint64> blockersOf(const Table &sessions, std::size_t row)
{
    std::vector<qint64> pids;
    const QStringList parts = QString::fromStdString(sessions.text(row, "blocked_by")).split(QLatin1Char(','), Qt::SkipEmptyParts); // "4100, 4102"
    for (const QString &part : parts) {
        bool isPid = false;
        const qint64 pid = part.trimmed().toLongLong(&isPid);
        if (isPid && std::ranges::find(pids, pid) == pids.end())
            pids.push_back(pid);
    }
    return pids;
}

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("PID"), ColumnKind::Number, -90}, {tr("Session"), ColumnKind::Text, -240}, {tr("State"), ColumnKind::Text, -200},
            {tr("Tx age"), ColumnKind::Number, -90}, {tr("Query"), ColumnKind::Number, -90}, {tr("Statement"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const Table &sessions)
{
    const Fields fields(sessions);
    std::vector<std::size_t> order(sessions.rows.size());
    std::vector<std::tuple<Group, double, double>> ranks;
    for (const auto &row : sessions.rows) {
        const Group group = groupOf(row, fields);
        ranks.emplace_back(group, group == Group::Idle ? 0 : -numberAt(row, fields.transaction).value_or(0), numberAt(row, fields.pid).value_or(0));
    }
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&ranks](std::size_t row) { return ranks[row]; });
    std::vector<Row> rows;
    rows.reserve(order.size());
    for (const std::size_t i : order) {
        const auto &row = sessions.rows[i];
        const Group group = std::get<Group>(ranks[i]);
        const QString statement = text::label(textAt(row, fields.statement), 600);
        const double pid = numberAt(row, fields.pid).value_or(0);
        const QString key = QString::number(qint64(pid));
        rows.push_back({key,
                        {markOf(group), {key, pid, {}, false, group == Group::Blocks}, {whoOf(row, fields, true), {}, {}, false, false},
                         {stateOf(row, fields), {}, {}, group == Group::Idle, false}, durationCell(numberAt(row, fields.transaction)), durationCell(numberAt(row, fields.query)),
                         {statement, {}, {}, true, false}},
                        statusOf(group), statement});
    }
    return rows;
}

std::vector<Detail::Step> steps(const Table &sessions, std::size_t row, const std::string &instance)
{
    const auto pid = qint64(sessions.number(row, "pid").value_or(0));
    if (pid <= 0 || isConsole(sessions, row))
        return {};
    std::vector<Detail::Step> steps;
    const std::string state = sessions.text(row, "state");
    if (state == "active" || state.starts_with("fastpath"))
        steps.push_back(step("cancel-query", instance, pid, tr("Cancel its statement…")));
    steps.push_back(step("terminate-session", instance, pid, tr("Terminate session…")));
    return steps;
}

std::vector<Detail::Step> stepsOf(qint64 pid, const Table *sessions, const std::string &instance)
{
    if (pid <= 0)
        return {};
    if (const auto row = sessions ? rowOf(*sessions, QString::number(pid)) : std::nullopt)
        return steps(*sessions, *row, instance);
    return {step("cancel-query", instance, pid, tr("Cancel its statement…")), step("terminate-session", instance, pid, tr("Terminate session…"))};
}

Detail detailOf(const Observed &observed, const QString &key, const std::string &instance)
{
    const Table *sessions = asTable(observed.fact.value);
    const auto row = sessions ? rowOf(*sessions, key) : std::nullopt;
    if (!row)
        return gone(key);
    Detail detail;
    if (const Group group = groupOf(sessions->rows[*row], Fields(*sessions)); group != Group::Waits) // a question mark says nothing of waiting
        detail.status = statusOf(group);
    detail.title = tr("Session %1").arg(key);
    detail.subtitle = facts::show(&observed).origin;
    detail.lines = facts::linesOf(*sessions, *row, {"pid", "query", "is_root"});
    detail.raw = QString::fromStdString(text::block(sessions->text(*row, "query")));
    detail.steps = steps(*sessions, *row, instance);
    if (isConsole(*sessions, *row))
        detail.evidence = tr("A Muster console: it reads, and is not ended from here.");
    return detail;
}

} // namespace muster::sessions
