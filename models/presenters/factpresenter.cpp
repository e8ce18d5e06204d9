// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/factpresenter.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>

#include <algorithm>
#include <numeric>

namespace muster::facts {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("FactPresenter", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

// "transaction_age" → "Transaction age"
QString heading(const std::string &name)
{
    static const QStringList kAcronyms{QStringLiteral("url"), QStringLiteral("tls"), QStringLiteral("pid"), QStringLiteral("id"), QStringLiteral("wal"), QStringLiteral("http"),
                                       QStringLiteral("api"), QStringLiteral("dns"), QStringLiteral("ttl"), QStringLiteral("hsts"), QStringLiteral("cdn"), QStringLiteral("aof"), QStringLiteral("rdb"), QStringLiteral("sans")};
    QStringList words = text::label(name, 40).split(QLatin1Char('_'));
    for (QString &word : words) {
        if (kAcronyms.contains(word))
            word = word.toUpper();
    }
    QString text = words.join(QLatin1Char(' '));
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

void describeOrigin(Shown &shown, const Observed &observed)
{
    shown.origin = q(format::ago(observed.age)) % QStringLiteral(" · ") % text::label(observed.source);
    shown.tip = text::label(observed.source) % QLatin1Char(' ') % text::label(observed.fact.name) % QStringLiteral("\n")
        % q(format::utcAndLocal(observed.at)) % QStringLiteral("\n") % q(format::ago(observed.age));
    if (!shown.why.isEmpty())
        shown.tip += QStringLiteral("\n") % shown.why;
}

QString reasonAndHint(const std::string &reason, const std::string &hint)
{
    const QString why = text::label(reason);
    return hint.empty() ? why : why % QStringLiteral(" – ") % text::label(hint);
}

RowCell cellOf(const Cell &cell, const std::string &unit)
{
    RowCell result;
    if (const double *number = std::get_if<double>(&cell)) {
        result.text = q(format::value(*number, unit));
        result.sort = *number;
    } else if (const bool *truth = std::get_if<bool>(&cell)) {
        result.text = *truth ? tr("yes") : tr("no");
        result.sort = *truth ? 1.0 : 0.0;
    } else if (const std::string *string = std::get_if<std::string>(&cell)) {
        result.text = text::label(*string);
    } else {
        result.text = QStringLiteral("–");
        result.isQuiet = true;
        result.sort = -1e300;
    }
    return result;
}

std::vector<std::size_t> shownColumns(const Table &table, const PageSpec::TableSpec &spec)
{
    std::vector<std::size_t> columns;
    for (const char *name : spec.columns) {
        if (const std::size_t index = table.column(name); index != Table::npos)
            columns.push_back(index);
    }
    if (columns.empty()) {
        columns.resize(table.columns.size());
        std::iota(columns.begin(), columns.end(), std::size_t{0});
    }
    return columns;
}

bool isNumeric(const Table &table, std::size_t column)
{
    const auto holdsNumber = [column](const auto &row) { return column < row.size() && std::holds_alternative<double>(row[column]); };
    return std::ranges::any_of(table.rows, holdsNumber) || !table.columns[column].unit.empty();
}

QString keyOf(const Table &table, std::size_t row, const PageSpec::TableSpec &spec)
{
    QString key;
    for (const char *name : spec.keys) {
        if (const std::size_t index = table.column(name); index != Table::npos && index < table.rows[row].size())
            key += cellOf(table.rows[row][index], {}).text % QLatin1Char('\x1f');
    }
    return key;
}

} // namespace

QString title(const std::string &fact)
{
    const std::size_t dot = fact.find('.');
    return heading(dot == std::string::npos ? fact : fact.substr(dot + 1));
}

Shown show(const Observed *observed)
{
    Shown shown;
    if (!observed) {
        shown.text = tr("not measured");
        return shown;
    }
    const Fact &fact = observed->fact;
    if (const auto *unknown = std::get_if<Unknown>(&fact.value)) {
        shown.freshness = Freshness::Unknown;
        shown.text = tr("unknown");
        shown.why = reasonAndHint(unknown->reason, unknown->hint);
    } else if (const auto *absent = std::get_if<NotApplicable>(&fact.value)) {
        shown.freshness = Freshness::NotApplicable;
        shown.text = tr("not applicable");
        shown.why = text::label(absent->reason);
    } else if (observed->isStale()) {
        shown.freshness = Freshness::Stale;
        shown.text = tr("stale, %1 old").arg(q(format::age(observed->age)));
        shown.why = tr("last value: %1").arg(text::label(format::value(fact.value, fact.unit)));
    } else {
        shown.freshness = Freshness::Fresh;
        const double *number = asNumber(fact.value);
        shown.text = number && fact.unit == "count" ? q(format::number(*number)) : text::label(format::value(fact.value, fact.unit));
        if (shown.text.isEmpty())
            shown.text = QStringLiteral("–");
    }
    describeOrigin(shown, *observed);
    return shown;
}

std::optional<double> freshNumber(const Observed *observed)
{
    if (!observed || observed->isStale())
        return std::nullopt;
    if (const double *number = asNumber(observed->fact.value))
        return *number;
    if (const bool *truth = asTruth(observed->fact.value))
        return *truth ? 1.0 : 0.0;
    return std::nullopt;
}

std::vector<RowColumn> tableColumns(const Table &table, const PageSpec::TableSpec &spec)
{
    std::vector<RowColumn> columns;
    for (const std::size_t index : shownColumns(table, spec)) {
        const bool isNumber = isNumeric(table, index);
        const bool isTime = table.columns[index].unit == "epoch";
        columns.push_back({heading(table.columns[index].name), isNumber ? ColumnKind::Number : ColumnKind::Text, isTime ? -190 : isNumber ? -120 : -260});
    }
    if (!columns.empty())
        columns.back().width = columns.back().kind == ColumnKind::Text ? 0 : columns.back().width; // text at the end takes what is left
    return columns;
}

std::vector<Row> tableRows(const Table &table, const PageSpec::TableSpec &spec)
{
    std::vector<Row> rows;
    std::map<QString, int> seen;
    const std::vector<std::size_t> columns = shownColumns(table, spec);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        Row row;
        const QString key = keyOf(table, i, spec);
        row.key = key % QString::number(seen[key]++);
        for (const std::size_t index : columns)
            row.cells.push_back(index < table.rows[i].size() ? cellOf(table.rows[i][index], table.columns[index].unit) : RowCell{});
        QStringList tip;
        for (std::size_t c = 0; c < table.columns.size() && c < table.rows[i].size(); ++c)
            tip << heading(table.columns[c].name) % QStringLiteral(": ") % cellOf(table.rows[i][c], table.columns[c].unit).text;
        row.tip = tip.join(QLatin1Char('\n'));
        rows.push_back(std::move(row));
    }
    return rows;
}

std::optional<std::size_t> rowIndex(const Table &table, const PageSpec::TableSpec &spec, const QString &key)
{
    std::map<QString, int> seen;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const QString own = keyOf(table, i, spec);
        if (own % QString::number(seen[own]++) == key)
            return i;
    }
    return std::nullopt;
}

std::vector<Detail::Line> linesOf(const Table &table, std::size_t row, const std::vector<std::string_view> &but)
{
    std::vector<Detail::Line> lines;
    const std::vector<Cell> &cells = table.rows[row];
    for (std::size_t c = 0; c < table.columns.size() && c < cells.size(); ++c) {
        const std::string *string = std::get_if<std::string>(&cells[c]);
        const bool isEmpty = std::holds_alternative<std::monostate>(cells[c]) || (string && string->empty());
        if (!isEmpty && std::ranges::find(but, table.columns[c].name) == but.end())
            lines.push_back({heading(table.columns[c].name), cellOf(cells[c], table.columns[c].unit).text, {}});
    }
    return lines;
}

Detail rowDetail(const Observed &observed, const PageSpec::TableSpec &spec, const QString &key)
{
    Detail detail;
    const Table *table = asTable(observed.fact.value);
    if (!table)
        return detail;
    const auto index = rowIndex(*table, spec, key);
    if (!index)
        return detail;
    const std::vector<Cell> &row = table->rows[*index];
    const std::size_t first = shownColumns(*table, spec).front();
    detail.title = QCoreApplication::translate("PageSpec", spec.title) % QStringLiteral(" · ") % (first < row.size() ? cellOf(row[first], table->columns[first].unit).text : QString());
    detail.subtitle = show(&observed).origin;
    for (std::size_t c = 0; c < table->columns.size() && c < row.size(); ++c)
        detail.lines.push_back({heading(table->columns[c].name), cellOf(row[c], table->columns[c].unit).text, {}});
    return detail;
}

std::vector<RowColumn> factColumns()
{
    return {{tr("Source"), ColumnKind::Text, 150}, {tr("Fact"), ColumnKind::Text, 260}, {tr("Value"), ColumnKind::Text, 0}, {tr("Age"), ColumnKind::Number, 72}};
}

std::vector<Row> factRows(const Snapshot &snapshot)
{
    std::vector<Row> rows;
    for (const auto &[source, byName] : snapshot.facts) {
        for (const auto &[name, observed] : byName) {
            const Shown shown = show(&observed);
            const bool isQuiet = shown.freshness != Freshness::Fresh;
            const QString value = isQuiet && !shown.why.isEmpty() ? shown.text % QStringLiteral(": ") % shown.why : shown.text;
            rows.push_back({q(source) % QLatin1Char('\x1f') % q(name),
                            {{text::label(source), {}, {}, true, false}, {text::label(name), {}, {}, false, false}, {value, {}, {}, isQuiet, false},
                             {q(format::age(observed.age)), double(observed.age.count()), {}, true, false}},
                            std::nullopt, shown.tip});
        }
    }
    return rows;
}

} // namespace muster::facts
