// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/settingrows.h"

#include "models/format/text.h"
#include "models/presenters/factpresenter.h"

#include <QCoreApplication>

#include <map>
#include <optional>

namespace muster::settingrows {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Settings", text);
}

// "8192 kB"; "8kB" is a unit of the server: 16384 × 8 kB
QString valueOf(const Table &table, std::size_t row, const char *column)
{
    const QString value = text::label(table.text(row, column), 200);
    const QString unit = text::label(table.text(row, "unit"), 24);
    if (value.isEmpty())
        return QStringLiteral("–");
    if (unit.isEmpty())
        return value;
    return value % (unit.front().isDigit() ? QStringLiteral(" × ") : QStringLiteral(" ")) % unit;
}

std::map<std::string, std::size_t> byName(const Table *table)
{
    std::map<std::string, std::size_t> rows;
    for (std::size_t row = 0; table && row < table->rows.size(); ++row)
        rows.emplace(table->text(row, "name"), row);
    return rows;
}

// When a new value counts.
QString needs(const std::string &context)
{
    if (context == "postmaster")
        return tr("restart");
    if (context == "sighup")
        return tr("reload");
    if (context.ends_with("backend"))
        return tr("new session");
    return context == "internal" ? tr("fixed") : context.empty() ? QString() : tr("at once");
}

Row rowOf(const std::string &name, const Table *settings, std::optional<std::size_t> own, const Table *pending, std::optional<std::size_t> waiting)
{
    const QString now = own ? valueOf(*settings, *own, "value") : valueOf(*pending, *waiting, "now");
    const QString after = waiting ? valueOf(*pending, *waiting, "after_restart") : own && settings->truth(*own, "pending_restart") ? tr("differs") : QString();
    const QString title = text::label(name, 80);
    return {title,
            {{after.isEmpty() ? QString() : tr("waits for a restart"), after.isEmpty() ? 1 : 0, {}, false, false}, {title, {}, {}, false, !after.isEmpty()}, {now, {}, {}, false, false},
             {after, {}, {}, false, true}, {own ? needs(settings->text(*own, "context")) : QString(), {}, {}, true, false},
             {own ? text::label(settings->text(*own, "source"), 60) : QString(), {}, {}, true, false}},
            after.isEmpty() ? std::nullopt : std::optional(CheckStatus::Warn), {}};
}

} // namespace

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Setting"), ColumnKind::Text, -260}, {tr("Now"), ColumnKind::Text, -200}, {tr("After a restart"), ColumnKind::Text, -160}, {tr("Changes need"), ColumnKind::Text, -120},
            {tr("Set by"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const Table *settings, const Table *pending)
{
    const auto waiting = byName(pending);
    const auto all = byName(settings);
    std::vector<Row> first;
    std::vector<Row> rest;
    for (const auto &[name, row] : waiting) {
        const auto own = all.find(name);
        first.push_back(rowOf(name, settings, own == all.end() ? std::nullopt : std::optional(own->second), pending, row));
    }
    for (const auto &[name, row] : all) {
        if (waiting.contains(name))
            continue;
        Row made = rowOf(name, settings, row, pending, std::nullopt);
        (made.status ? first : rest).push_back(std::move(made));
    }
    first.insert(first.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
    return first;
}

Detail detailOf(const Table *settings, const Table *pending, const QString &key)
{
    Detail detail;
    for (const auto &[name, row] : byName(settings)) {
        if (text::label(name, 80) == key)
            detail.lines = facts::linesOf(*settings, row, {"name"});
    }
    for (const auto &[name, row] : byName(pending)) {
        if (text::label(name, 80) != key)
            continue;
        detail.status = CheckStatus::Warn;
        detail.lines.push_back({tr("After a restart"), valueOf(*pending, row, "after_restart"), {}});
        detail.lines.push_back({tr("From"), text::label(pending->text(row, "file") + ':' + pending->text(row, "line"), 200), {}});
        detail.evidence = tr("The file was changed; the running server keeps %1 until it is restarted.").arg(valueOf(*pending, row, "now"));
    }
    if (!detail.lines.empty())
        detail.title = key;
    return detail;
}

} // namespace muster::settingrows
