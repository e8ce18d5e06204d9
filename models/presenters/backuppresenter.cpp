// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/backuppresenter.h"

#include "models/facts/none.h"
#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"

#include <QCoreApplication>

#include <algorithm>
#include <limits>

namespace muster::backups {

namespace {

constexpr std::size_t kMostDrawn = 30;

QString tr(const char *text)
{
    return QCoreApplication::translate("BackupPresenter", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

WallTime wallOf(double epoch)
{
    return WallTime(std::chrono::duration_cast<Millis>(std::chrono::duration<double>(epoch)));
}

bool isEnded(const std::string &rung)
{
    return rung == "finished" || rung == "complete" || rung == "verified" || rung == "restored";
}

RowCell cell(const QString &text, QVariant sort, bool isQuiet = false)
{
    return {text.isEmpty() ? QStringLiteral("–") : text, std::move(sort), {}, isQuiet || text.isEmpty(), false};
}

QString worded(const std::optional<double> &value, std::string_view unit)
{
    return value ? q(format::value(*value, unit)) : QString();
}

QString ageOf(const std::optional<double> &seconds)
{
    return seconds ? q(format::age(std::chrono::duration_cast<Millis>(std::chrono::duration<double>(std::min(*seconds, kNoneAge))))) : QString();
}

QString finishedAt(const Table &table, std::size_t row)
{
    const auto at = table.number(row, "finished_at");
    return at ? q(format::utc(wallOf(*at))) : QString();
}

} // namespace

QStringList rungNames()
{
    return {tr("finished"), tr("complete"), tr("verified"), tr("restored")};
}

Ladder ladderOf(const std::string &rung)
{
    static const std::vector<std::string> kRungs{"finished", "complete", "verified", "restored"};
    const auto found = std::ranges::find(kRungs, rung);
    const int reached = found == kRungs.end() ? 0 : int(found - kRungs.begin()) + 1;
    return {reached, rung == "damaged" || rung == "interrupted" || rung == "unusable"};
}

CheckStatus statusOf(const std::string &rung)
{
    if (rung == "verified" || rung == "restored")
        return CheckStatus::Pass;
    if (rung == "damaged" || rung == "interrupted" || rung == "unusable")
        return CheckStatus::Fail;
    return isEnded(rung) ? CheckStatus::Warn : CheckStatus::Unknown;
}

std::vector<RowColumn> columns()
{
    return {{tr("Ladder"), ColumnKind::Ladder, 120},  {tr("Finished, UTC"), ColumnKind::Text, 140}, {tr("Age"), ColumnKind::Number, -84},   {tr("Size"), ColumnKind::Number, -96},
            {tr("Took"), ColumnKind::Number, -84}, {tr("Kind"), ColumnKind::Text, -96}, {tr("Reason"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const Table &table)
{
    std::vector<Row> rows;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const std::string rung = table.text(i, "rung");
        const auto age = table.number(i, "age");
        const auto size = table.number(i, "size");
        const auto took = table.number(i, "duration");
        const QString reason = text::label(table.text(i, "reason"));
        const QString id = text::label(table.text(i, "id"));
        rows.push_back({id,
                        {{text::label(rung, 24), ladderOf(rung).reached, QVariant::fromValue(ladderOf(rung)), false, false}, cell(finishedAt(table, i).left(16), table.number(i, "finished_at").value_or(0)),
                         cell(ageOf(age), age.value_or(0)), cell(worded(size, "B"), size.value_or(0)), cell(worded(took, "s"), took.value_or(-1)),
                         cell(text::label(table.text(i, "kind"), 24), {}, true), {reason, {}, {}, true, false}},
                        statusOf(rung), reason.isEmpty() ? id : id % QLatin1Char('\n') % reason});
    }
    return rows;
}

Detail detailOf(const Observed &observed, const QString &id, const std::string &set)
{
    Detail detail;
    const Table *table = asTable(observed.fact.value);
    if (!table)
        return detail;
    std::size_t row = 0;
    while (row < table->rows.size() && text::label(table->text(row, "id")) != id)
        ++row;
    if (row == table->rows.size())
        return detail;
    const std::string rung = table->text(row, "rung");
    detail.status = statusOf(rung);
    const QString when = finishedAt(*table, row);
    detail.title = when.isEmpty() ? id : tr("Backup of %1").arg(when);
    detail.subtitle = text::label(rung, 24) % QStringLiteral(" · ") % facts::show(&observed).origin;
    const auto add = [&detail](const QString &label, const QString &value, const QString &tip = {}) {
        if (!value.isEmpty())
            detail.lines.push_back({label, value, tip});
    };
    const auto at = table->number(row, "finished_at");
    add(tr("ID"), id);
    add(tr("Finished"), when, at ? q(format::utcAndLocal(wallOf(*at))) : QString());
    add(tr("Age"), ageOf(table->number(row, "age")));
    add(tr("Took"), worded(table->number(row, "duration"), "s"));
    add(tr("Size"), worded(table->number(row, "size"), "B"));
    add(tr("Files"), table->number(row, "files") ? q(format::number(*table->number(row, "files"), 0)) : QString());
    for (const auto &[name, label] : {std::pair{"server_version", tr("Server")}, std::pair{"tool_version", tr("Tool")}, std::pair{"format", tr("Format")}, std::pair{"kind", tr("Kind")}, std::pair{"databases", tr("Databases")},
                                      std::pair{"wal", tr("Needs WAL")}, std::pair{"references", tr("Builds on")}, std::pair{"system_identifier", tr("System ID")}, std::pair{"path", tr("Path")}})
        add(label, text::label(table->text(row, name)));
    for (const auto &[name, label] : {std::pair{"verified_at", tr("Read back")}, std::pair{"drilled_at", tr("Restored")}}) {
        if (const auto moment = table->number(row, name))
            add(label, q(format::utc(wallOf(*moment))), q(format::utcAndLocal(wallOf(*moment))));
    }
    add(tr("Restore took"), worded(table->number(row, "drill_duration"), "s"));
    detail.evidence = text::label(table->text(row, "reason"), 1000);
    if (rung == "finished" || rung == "complete")
        detail.remedy = tr("Verify it: only a backup that was read back in full counts as usable.");
    if (rung == "verified")
        detail.remedy = tr("Restore it in a drill: only that proves that it restores, and how long it takes.");
    if (isEnded(rung) || rung == "damaged" || rung == "unusable") {
        detail.steps.push_back({"verify", set + '/' + table->text(row, "id"), tr("Verify this backup…")});
        detail.steps.push_back({"drill", set + '/' + table->text(row, "id"), tr("Restore drill…")});
    }
    return detail;
}

History historyOf(const Table &table)
{
    History history;
    for (std::size_t i = 0; i < table.rows.size() && history.sizes.size() < kMostDrawn; ++i) {
        if (!isEnded(table.text(i, "rung")))
            continue;
        history.sizes.push_back(table.number(i, "size").value_or(std::numeric_limits<double>::quiet_NaN()));
        history.durations.push_back(table.number(i, "duration").value_or(std::numeric_limits<double>::quiet_NaN()));
        history.names << text::label(table.text(i, "id")) % QStringLiteral(" · ") % finishedAt(table, i);
    }
    std::ranges::reverse(history.sizes);
    std::ranges::reverse(history.durations);
    std::ranges::reverse(history.names);
    return history;
}

std::optional<WindowAge> windowAge(const Snapshot &snapshot, const std::string &source)
{
    const auto window = facts::freshNumber(snapshot.find(source, "backup.window"));
    const auto age = facts::freshNumber(snapshot.find(source, "backup.usable_age"));
    if (!window || !age || *window <= 0)
        return std::nullopt;
    WindowAge result{*age / *window, {}, *age <= *window ? CheckStatus::Pass : CheckStatus::Fail};
    const QString limit = q(format::duration(*window));
    result.text = isNoneAge(*age)     ? tr("No usable backup; the window is %1").arg(limit)
                  : result.share <= 1 ? tr("Newest usable backup is %1 old, inside the window of %2").arg(ageOf(age), limit)
                                      : tr("Newest usable backup is %1 old: past the window of %2").arg(ageOf(age), limit);
    return result;
}

} // namespace muster::backups
