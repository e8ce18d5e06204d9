// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/vitals.h"

#include "models/facts/customfact.h"
#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/seriesbook.h"

#include <QCoreApplication>

#include <algorithm>

namespace muster::vitals {

namespace {

constexpr int kPoints = 60;

QString tr(const char *text)
{
    return QCoreApplication::translate("Vitals", text);
}

bool hasTrends(const PageSpec &spec)
{
    return std::ranges::any_of(spec.vitals, &PageSpec::Vital::hasTrend);
}

bool isNone(const facts::Shown &shown, const Observed *observed)
{
    if (shown.freshness != facts::Freshness::Fresh)
        return false;
    const std::string *text = asText(observed->fact.value);
    const double *number = asNumber(observed->fact.value);
    return (text && text->empty()) || (number && *number == 0);
}

} // namespace

std::vector<RowColumn> columns(const PageSpec &spec)
{
    std::vector<RowColumn> columns{{tr("Vital"), ColumnKind::Text, 0}, {tr("Now"), ColumnKind::Number, hasTrends(spec) ? -200 : -420}};
    if (hasTrends(spec))
        columns.push_back({tr("5 min"), ColumnKind::Sparkline, 84});
    return columns;
}

bool belongsTo(std::string_view fact, std::string_view source)
{
    const std::string_view kind = fact.substr(0, fact.find('.'));
    return kind == kindOf(source) || (kind == "tls" && (kindOf(source) == "http" || kindOf(source) == "smtp"));
}

std::vector<std::string> ownFacts(const std::string &source, const Snapshot &snapshot)
{
    std::vector<std::string> own;
    const auto facts = snapshot.facts.find(source);
    if (facts == snapshot.facts.end())
        return own;
    for (const auto &[name, observed] : facts->second) {
        if (isOwnFact(name) && !asTable(observed.fact.value))
            own.push_back(name);
    }
    return own;
}

std::vector<Row> rows(const PageSpec &spec, const std::string &source, const Snapshot &snapshot, const SeriesBook &series)
{
    std::vector<Row> rows;
    for (const PageSpec::Vital &vital : spec.vitals) {
        if (!belongsTo(vital.fact, source))
            continue;
        const Observed *observed = snapshot.find(source, vital.fact);
        facts::Shown shown = facts::show(observed);
        if (vital.whenNone && isNone(shown, observed))
            shown.text = specText(vital.whenNone);
        if (shown.freshness == facts::Freshness::NotApplicable)
            shown.text = tr("n/a");
        const bool isQuiet = shown.freshness != facts::Freshness::Fresh;
        const Sparkline trend = vital.hasTrend ? series.sparkline(source + ' ' + vital.fact, kTrend, kPoints) : Sparkline{};
        rows.push_back({QString::fromStdString(source) % QLatin1Char('\x1f') % QString::fromUtf8(vital.fact),
                        {{specText(vital.label), {}, {}, false, false}, {shown.text, {}, {}, isQuiet, !isQuiet}, {QString(), {}, QVariant::fromValue(trend), false, false}},
                        std::nullopt, shown.tip.isEmpty() ? shown.text : shown.tip});
    }
    for (const std::string &own : ownFacts(source, snapshot)) {
        const facts::Shown shown = facts::show(snapshot.find(source, own));
        const bool isQuiet = shown.freshness != facts::Freshness::Fresh;
        rows.push_back({QString::fromStdString(source) % QLatin1Char('\x1f') % QString::fromStdString(own),
                        {{text::label(own, 60), {}, {}, false, false}, {shown.text, {}, {}, isQuiet, !isQuiet},
                         {QString(), {}, QVariant::fromValue(series.sparkline(source + ' ' + own, kTrend, kPoints)), false, false}},
                        std::nullopt, shown.tip});
    }
    return rows;
}

} // namespace muster::vitals
