// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/historytab.h"

#include "models/engine/session.h"
#include "models/format/text.h"
#include "ui/charts/timeserieschart.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"
#include "ui/widgets/spanswitch.h"

#include <QHBoxLayout>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace muster {

namespace {

constexpr qint64 kHour = 3'600'000; // ms
constexpr qint64 kDay = 24 * kHour;
constexpr double kFull = 100;       // points
constexpr int kFirstSpan = 1;       // 24 h
constexpr qint64 kStaleAfter = 30'000;
constexpr int kScoreHeight = 150;   // px
constexpr int kComponentsHeight = 140;

std::vector<SpanSwitch::Choice> spans()
{
    std::vector<SpanSwitch::Choice> choices;
    for (const qint64 span : {kHour, kDay, 7 * kDay, 30 * kDay, 365 * kDay})
        choices.push_back({past::spanText(span), span});
    return choices;
}

// Under the least point, so that a drop of one point is seen.
double floorOf(const std::vector<const std::vector<SeriesPoint> *> &lines)
{
    constexpr double kStep = 10;
    double least = kFull;
    for (const auto *points : lines) {
        for (const SeriesPoint &point : *points)
            least = std::min(least, point.value);
    }
    return std::clamp(std::floor((least - 1) / kStep) * kStep, 0.0, kFull - kStep);
}

// As often as a pixel moves, and not more often than every 5 s.
qint64 readEvery(qint64 span)
{
    return std::clamp<qint64>(span / 720, 5'000, 60'000);
}

} // namespace

HistoryTab::HistoryTab(const Session &session, QWidget *parent)
    : ReadinessTab(parent), m_session(session), m_store(session.history()), m_span(spans()[kFirstSpan].milliseconds)
{
    build();
    wire();
}

void HistoryTab::build()
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 12, 24, 8);
    column->setSpacing(6);
    m_note = named(new Label(theme::Type::Body, Label::Tone::Warn, this), QStringLiteral("historyNote"), tr("About this history"));
    m_note->setWordWrap(true);
    m_note->setVisible(false);
    auto *span = new SpanSwitch(spans(), kFirstSpan, this);
    connect(span, &SpanSwitch::spanChanged, this, &HistoryTab::setSpan);
    m_score = new TimeSeriesChart(QStringLiteral("chart/score"), tr("Readiness score"), "", this);
    m_score->setFixedHeight(kScoreHeight);
    m_components = new TimeSeriesChart(QStringLiteral("chart/components"), tr("Components"), "", this);
    m_components->setFixedHeight(kComponentsHeight);
    for (TimeSeriesChart *chart : {m_score, m_components}) {
        chart->setRange(0, kFull);
        chart->setSpan(m_span);
    }
    m_lists = named(new QTabBar(this), QStringLiteral("historyLists"), tr("Drops of the score, or all changes of checks"));
    m_lists->setDrawBase(false);
    m_lists->setExpanding(false);
    m_lists->addTab(tr("Drops"));
    m_lists->addTab(tr("All changes"));
    m_drops = new DataTable(QStringLiteral("drops"), tr("Drops of the score"), this);
    m_events = new DataTable(QStringLiteral("events"), tr("Changes of checks"), this);
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(m_drops);
    m_stack->addWidget(m_events);
    auto *head = new QHBoxLayout;
    head->addWidget(m_note, 1);
    head->addStretch(0);
    head->addWidget(span, 0, Qt::AlignTop);
    column->addLayout(head);
    column->addWidget(m_score);
    column->addWidget(m_components);
    column->addWidget(m_lists);
    column->addWidget(m_stack, 1);
}

void HistoryTab::wire()
{
    connect(m_lists, &QTabBar::currentChanged, m_stack, &QStackedWidget::setCurrentIndex);
    connect(m_drops, &DataTable::currentKeyChanged, this, &HistoryTab::chooseDrop);
    connect(m_events, &DataTable::currentKeyChanged, this, &HistoryTab::chooseEvent);
    connect(m_drops, &QAbstractItemView::clicked, this, [this] { chooseDrop(m_drops->currentKey()); }); // again, after another row's check was looked at
    connect(m_drops, &DataTable::keyActivated, this, [this](const QString &key) {
        if (const HistoryDrop *drop = past::dropOf(m_reading.drops, key))
            Q_EMIT keyOpened(past::causeOf(*drop));
    });
}

void HistoryTab::display(const Snapshot &snapshot, const Assessment &)
{
    m_now = snapshot.at.time_since_epoch().count();
    if (m_now - m_readAt >= readEvery(m_span))
        read();
    draw();
}

bool HistoryTab::reveal(const QString &)
{
    return false;
}

void HistoryTab::setSpan(qint64 span)
{
    m_span = span;
    m_score->setSpan(span);
    m_components->setSpan(span);
    read();
    draw();
}

// One reading at a time; one that was asked for another span meanwhile is followed by the right one.
void HistoryTab::read()
{
    if (!m_store) {
        m_note->show(tr("No history is kept: this environment was opened without a place for it."));
        m_note->setVisible(true);
        return;
    }
    if (m_isReading)
        return;
    m_isReading = true;
    m_readAt = m_now;
    std::vector<std::string> components;
    for (const ComponentSpec &component : m_session.profile().components)
        components.push_back(component.id);
    const auto read = [store = m_store, components, from = m_now - m_span, to = m_now] { return past::read(*store, components, from, to); };
    m_reader.run(this, read, [this](past::Reading reading) { take(std::move(reading)); });
}

void HistoryTab::take(past::Reading reading)
{
    m_isReading = false;
    if (reading.to - reading.from != m_span) {
        read();
        return;
    }
    m_reading = std::move(reading);
    const QString note = past::note(m_reading);
    m_note->show(note);
    m_note->setTone(m_reading.fault || !m_reading.notice.empty() ? Label::Tone::Warn : Label::Tone::Quiet);
    m_note->setVisible(!note.isEmpty());
    m_lists->setTabText(0, past::dropSummary(m_reading));
    const Assessment &assessment = *m_session.assessment();
    m_drops->show(past::dropColumns(), past::dropRows(m_reading.drops, assessment));
    m_events->show(past::eventColumns(), past::eventRows(m_reading.events, assessment));
    draw();
}

void HistoryTab::draw()
{
    std::vector<TimeSeriesChart::Line> score{{tr("at least"), m_reading.low}};
    if (m_reading.low != m_reading.high)
        score.push_back({tr("at most"), m_reading.high});
    else
        score.front().label = tr("score");
    m_score->setRange(floorOf({&m_reading.low, &m_reading.high}), kFull);
    m_score->refresh(score, m_now, kStaleAfter + readEvery(m_span) + m_span / 100);
    std::vector<TimeSeriesChart::Line> lines;
    std::vector<const std::vector<SeriesPoint> *> all;
    for (const auto &[id, points] : m_reading.components) {
        lines.push_back({text::label(id, 24), points});
        all.push_back(&points);
    }
    m_components->setRange(floorOf(all), kFull);
    m_components->refresh(lines, m_now, kStaleAfter + readEvery(m_span) + m_span / 100);
}

void HistoryTab::chooseDrop(const QString &key)
{
    const HistoryDrop *drop = past::dropOf(m_reading.drops, key);
    if (!drop)
        return;
    const qint64 at = drop->at.time_since_epoch().count();
    m_score->setMark(at);
    m_components->setMark(at);
    Q_EMIT keySelected(past::causeOf(*drop));
}

void HistoryTab::chooseEvent(const QString &key)
{
    if (key.isEmpty())
        return;
    const qint64 at = key.section(QLatin1Char('/'), 0, 0).toLongLong();
    m_score->setMark(at);
    m_components->setMark(at);
    Q_EMIT keySelected(key.section(QLatin1Char('/'), 1));
}

} // namespace muster
