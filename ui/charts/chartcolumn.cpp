// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/chartcolumn.h"

#include "models/format/text.h"
#include "models/presenters/seriesbook.h"
#include "models/presenters/vitals.h"
#include "ui/charts/timeserieschart.h"
#include "ui/widgets/label.h"
#include "ui/widgets/spanswitch.h"

#include <QVBoxLayout>

#include <set>

namespace muster {

namespace {
constexpr int kTallest = 190; // px
constexpr qint64 kStaleAfter = 30'000; // ms: budget of fast facts
constexpr qint64 kOwnStaleAfter = 150'000; // ms: of those asked once a minute
}

ChartColumn::ChartColumn(const PageSpec &spec, SeriesBook &series, QWidget *parent) : QWidget(parent), m_spec(spec), m_series(series)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto *span = new SpanSwitch(this);
    column->addWidget(span, 0, Qt::AlignRight);
    for (std::size_t i = 0; i < spec.charts.size(); ++i) {
        const PageSpec::Chart &chart = spec.charts[i];
        m_charts.push_back(new TimeSeriesChart(QStringLiteral("chart/%1").arg(i), specText(chart.title), chart.unit, this));
        m_charts.back()->setMaximumHeight(kTallest);
        column->addWidget(m_charts.back(), 1);
    }
    column->addStretch(0);
    connect(span, &SpanSwitch::spanChanged, this, &ChartColumn::setSpan);
    connect(&series, &SeriesBook::recalled, this, [this] { setSpan(m_charts.empty() ? 0 : m_charts.front()->span()); });
}

void ChartColumn::setSpan(qint64 span)
{
    for (std::size_t i = 0; i < m_charts.size(); ++i) {
        m_charts[i]->setSpan(span);
        draw(*m_charts[i], m_spec.charts[i]);
    }
    for (const auto &[series, chart] : m_own) {
        chart->setSpan(span);
        drawOwn(*chart, series);
    }
}

/// Made when a number is first seen; there are as many as the environment file says.
void ChartColumn::showOwn(const Snapshot &snapshot)
{
    std::set<std::string> shown;
    for (const std::string &fact : vitals::ownFacts(m_source, snapshot)) {
        const Observed *observed = snapshot.find(m_source, fact);
        const std::string series = m_source + ' ' + fact;
        const bool isNumber = asNumber(observed->fact.value) != nullptr;
        if (!isNumber && !m_own.contains(series))
            continue;
        TimeSeriesChart *&chart = m_own[series];
        if (!chart) {
            chart = new TimeSeriesChart(QStringLiteral("chart/") % QString::fromStdString(fact), text::label(fact, 60), observed->fact.unit, this);
            chart->setMaximumHeight(kTallest);
            if (!m_charts.empty())
                chart->setSpan(m_charts.front()->span());
            auto *column = static_cast<QVBoxLayout *>(layout());
            column->insertWidget(column->count() - 1, chart, 1);
        }
        shown.insert(series);
        drawOwn(*chart, series);
    }
    for (const auto &[series, chart] : m_own)
        chart->setVisible(shown.contains(series));
}

void ChartColumn::drawOwn(TimeSeriesChart &chart, const std::string &series)
{
    m_series.recall(series);
    const SeriesBuffer *buffer = m_series.find(series);
    chart.refresh({{QString(), buffer ? buffer->points() : std::span<const SeriesPoint>{}}}, m_now, kOwnStaleAfter);
}

void ChartColumn::refresh(const std::string &source, const Snapshot &snapshot)
{
    m_source = source;
    m_now = snapshot.at.time_since_epoch().count();
    for (std::size_t i = 0; i < m_charts.size(); ++i) {
        const bool isOwn = vitals::belongsTo(m_spec.charts[i].lines.front().fact, source);
        m_charts[i]->setVisible(isOwn);
        if (isOwn)
            draw(*m_charts[i], m_spec.charts[i]);
    }
    showOwn(snapshot);
}

void ChartColumn::draw(TimeSeriesChart &chart, const PageSpec::Chart &spec)
{
    std::vector<TimeSeriesChart::Line> lines;
    for (const PageSpec::Line &line : spec.lines) {
        const std::string series = m_source + ' ' + line.fact;
        m_series.recall(series);
        const SeriesBuffer *buffer = m_series.find(series);
        lines.push_back({specText(line.label), buffer ? buffer->points() : std::span<const SeriesPoint>{}});
    }
    chart.refresh(lines, m_now, kStaleAfter);
}

} // namespace muster
