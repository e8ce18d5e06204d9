// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/vitals.h"

#include "models/format/format.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/seriesbook.h"

#include <QCoreApplication>

namespace muster::vitals {

namespace {

constexpr int kPoints = 60;

QString tr(const char *text)
{
    return QCoreApplication::translate("Vitals", text);
}

} // namespace

std::vector<RowColumn> columns()
{
    return {{tr("Vital"), ColumnKind::Text, 0}, {tr("Now"), ColumnKind::Number, 124}, {tr("5 min"), ColumnKind::Sparkline, 84}};
}

bool belongsTo(std::string_view fact, std::string_view source)
{
    const std::string_view kind = fact.substr(0, fact.find('.'));
    return kind == kindOf(source) || (kind == "tls" && (kindOf(source) == "http" || kindOf(source) == "smtp"));
}

std::vector<Row> rows(const PageSpec &spec, const std::string &source, const Snapshot &snapshot, const SeriesBook &series)
{
    std::vector<Row> rows;
    for (const PageSpec::Vital &vital : spec.vitals) {
        if (!belongsTo(vital.fact, source))
            continue;
        const Observed *observed = snapshot.find(source, vital.fact);
        const facts::Shown shown = facts::show(observed);
        const bool isQuiet = shown.freshness != facts::Freshness::Fresh;
        const Sparkline trend = series.sparkline(source + ' ' + vital.fact, kTrend, kPoints);
        rows.push_back({QString::fromStdString(source) % QLatin1Char('\x1f') % QString::fromUtf8(vital.fact),
                        {{specText(vital.label), {}, {}, false, false}, {shown.text, {}, {}, isQuiet, !isQuiet}, {QString(), {}, QVariant::fromValue(trend), false, false}},
                        std::nullopt, shown.tip.isEmpty() ? shown.text : shown.tip});
    }
    return rows;
}

} // namespace muster::vitals
