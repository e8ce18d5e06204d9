// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/historytab.h"

#include "models/format/text.h"
#include "models/ports/historystore.h"
#include "models/presenters/readinesspresenter.h"
#include "models/presenters/seriesbook.h"
#include "ui/charts/timeserieschart.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"
#include "ui/widgets/spanswitch.h"

#include <QVBoxLayout>

namespace muster {

namespace {
constexpr std::size_t kMostEvents = 300;
constexpr qint64 kReadEvery = 10'000; // ms
constexpr qint64 kStaleAfter = 30'000;
constexpr int kChartHeight = 220; // px
}

HistoryTab::HistoryTab(SeriesBook &series, std::shared_ptr<HistoryStore> store, QWidget *parent)
    : ReadinessTab(parent), m_series(series), m_store(std::move(store))
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 12, 24, 8);
    column->setSpacing(6);
    auto *span = new SpanSwitch(this, SpanSwitch::Day);
    m_chart = new TimeSeriesChart(QStringLiteral("chart/score"), tr("Readiness score"), "", this);
    m_chart->setFixedHeight(kChartHeight);
    m_chart->setRange(0, 100);
    m_chart->setSpan(SpanSwitch::milliseconds(SpanSwitch::Day));
    m_note = new Label(theme::Type::Strong, Label::Tone::Text, this);
    m_events = new DataTable(QStringLiteral("events"), tr("Changes of checks"), this);
    column->addWidget(span, 0, Qt::AlignRight);
    column->addWidget(m_chart);
    column->addSpacing(8);
    column->addWidget(m_note);
    column->addWidget(m_events, 1);
    connect(span, &SpanSwitch::spanChanged, this, [this](qint64 milliseconds) {
        m_chart->setSpan(milliseconds);
        draw();
    });
    connect(&m_series, &SeriesBook::recalled, this, &HistoryTab::draw);
    connect(m_events, &DataTable::currentKeyChanged, this, [this](const QString &) {
        const int row = m_events->currentIndex().row();
        if (row >= 0)
            Q_EMIT keySelected(m_events->rows().rows()[std::size_t(row)].tip.section(QLatin1Char('\n'), 1, 1));
    });
}

void HistoryTab::display(const Snapshot &snapshot, const Assessment &assessment)
{
    m_assessment = assessment;
    m_now = snapshot.at.time_since_epoch().count();
    draw();
    if (m_now - m_readAt >= kReadEvery)
        readEvents();
}

bool HistoryTab::reveal(const QString &)
{
    return false;
}

void HistoryTab::draw()
{
    std::vector<TimeSeriesChart::Line> lines;
    for (const auto &[name, label] : {std::pair{"score.low", tr("at least")}, std::pair{"score.high", tr("at most")}}) {
        m_series.recall(name);
        const SeriesBuffer *buffer = m_series.find(name);
        lines.push_back({label, buffer ? buffer->points() : std::span<const SeriesPoint>{}});
    }
    m_chart->refresh(lines, m_now, kStaleAfter);
}

void HistoryTab::readEvents()
{
    m_readAt = m_now;
    if (!m_store) {
        m_note->show(tr("No history is kept: the environment was opened without a history store."));
        return;
    }
    const WallTime to{Millis(m_now)};
    const auto read = [store = m_store, to] { return store->events(to - Millis(7 * SeriesBook::kDay), to, kMostEvents); };
    m_reader.run(this, read, [this](const auto &events) {
        if (!events) {
            m_note->show(tr("The history cannot be read: %1").arg(text::label(events.error().detail)));
            return;
        }
        m_note->show(events->empty() ? tr("No check changed in the last 7 days") : tr("Which check changed when, last 7 days"));
        m_events->show(readiness::eventColumns(), readiness::eventRows(*events, m_assessment));
    });
}

} // namespace muster
