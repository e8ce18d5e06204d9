// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/chartcolumn.h"

#include "models/presenters/seriesbook.h"
#include "models/presenters/vitals.h"
#include "ui/charts/timeserieschart.h"
#include "ui/widgets/label.h"
#include "ui/widgets/spanswitch.h"

#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kTallest = 190; // px
constexpr qint64 kStaleAfter = 30'000; // ms: budget of fast facts
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
