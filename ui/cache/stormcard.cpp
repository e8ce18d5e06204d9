// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/cache/stormcard.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/seriesbook.h"
#include "ui/charts/timeserieschart.h"
#include "ui/theme/theme.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {

constexpr int kHeight = 116;               // px of each chart
constexpr qint64 kBefore = 120'000;        // ms of calm before the flush
constexpr qint64 kShortest = 300'000;      // ms
constexpr qint64 kShownAfter = 1'800'000;  // ms
constexpr qint64 kStaleAfter = 30'000;     // ms
const char *const kHitRatio = "redis.hit_ratio";
const char *const kCommits = "postgres.commits_rate";

qint64 wallNow()
{
    return Stamp::now().wall.time_since_epoch().count();
}

TimeSeriesChart *chartOf(const char *name, const QString &title, const char *unit, QWidget *parent)
{
    auto *chart = new TimeSeriesChart(QString::fromUtf8(name), title, unit, parent);
    chart->setFixedHeight(kHeight);
    return chart;
}

} // namespace

StormCard::StormCard(Session &session, SeriesBook &series, QWidget *parent) : QFrame(parent), m_session(session), m_series(series)
{
    setObjectName(QStringLiteral("stormCard"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(12, 8, 12, 8);
    column->setSpacing(4);
    auto *head = new QHBoxLayout;
    m_title = new Label(theme::Type::Strong, Label::Tone::Text, this);
    m_title->setElided(true);
    m_hide = named(new QPushButton(tr("Hide"), this), QStringLiteral("hideStorm"), tr("Hide the course of this flush"));
    head->addWidget(m_title, 1);
    head->addWidget(m_hide);
    m_note = named(new Label(theme::Type::Body, Label::Tone::Quiet, this), QStringLiteral("stormNote"), tr("Course of the flush"));
    m_note->setWordWrap(true);
    m_hits = chartOf("stormHits", tr("Hit rate of the cache"), "ratio", this);
    m_database = chartOf("stormDatabase", tr("Commits in the database"), "1/s", this);
    column->addLayout(head);
    for (QWidget *part : std::initializer_list<QWidget *>{m_note, m_hits, m_database})
        column->addWidget(part);
    hide();
    connect(m_hide, &QPushButton::clicked, this, [this] {
        m_flush.reset();
        hide();
    });
    connect(&session.runner(), &ActionRunner::runAdded, this, &StormCard::follow);
    for (ActionRun *run : session.runner().runs())
        follow(run);
}

void StormCard::follow(ActionRun *run)
{
    connect(run, &ActionRun::changed, this, [this, run] { note(run); });
    note(run);
}

void StormCard::note(ActionRun *run)
{
    if (run->state() < ActionRun::State::Running || run->plan().action != "flush")
        return;
    if (run->isActive() && (!m_flush || m_flush->run != run))
        m_flush = Flush{run, run->plan().title, run->plan().target, wallNow() - run->elapsed().count(), {}};
    if (m_flush && m_flush->run == run && run->state() == ActionRun::State::Finished && !m_flush->ended)
        m_flush->ended = wallNow();
}

std::set<std::string> StormCard::wanted(const Snapshot &snapshot) const
{
    if (isHidden())
        return {};
    const std::vector<std::string> databases = snapshot.sourcesOfKind("postgres");
    return {databases.begin(), databases.end()};
}

void StormCard::refresh(const std::string &source, const Snapshot &snapshot)
{
    const qint64 now = snapshot.at.time_since_epoch().count();
    const bool isShown = m_flush && m_flush->target == source && (!m_flush->ended || now - *m_flush->ended < kShownAfter);
    setVisible(isShown);
    if (isShown)
        draw(snapshot);
}

void StormCard::draw(const Snapshot &snapshot)
{
    const qint64 now = snapshot.at.time_since_epoch().count();
    const auto clock = [](qint64 at) { return QString::fromStdString(format::utc(WallTime(Millis(at)))).mid(11); };
    m_title->show(text::label(m_flush->title, 160));
    m_note->show(m_flush->ended ? tr("Began %1, ended %2. What the cache lost is asked of the database.").arg(clock(m_flush->began), clock(*m_flush->ended))
                                : tr("Began %1, and runs. What the cache loses is asked of the database.").arg(clock(m_flush->began)));
    const auto line = [this](const std::string &source, const char *fact) {
        const std::string series = source + ' ' + fact;
        m_series.recall(series);
        const SeriesBuffer *buffer = m_series.find(series);
        return TimeSeriesChart::Line{text::label(instanceOf(source), 40), buffer ? buffer->points() : std::span<const SeriesPoint>{}};
    };
    std::vector<TimeSeriesChart::Line> databases;
    for (const std::string &database : snapshot.sourcesOfKind("postgres"))
        databases.push_back(line(database, kCommits));
    m_database->setVisible(!databases.empty());
    for (TimeSeriesChart *chart : {m_hits, m_database}) {
        chart->setSpan(std::max(kShortest, now - m_flush->began + kBefore));
        chart->setMark(m_flush->began);
    }
    m_hits->refresh({line(m_flush->target, kHitRatio)}, now, kStaleAfter);
    m_database->refresh(databases, now, kStaleAfter);
}

void StormCard::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.setPen(colors.line);
    painter.setBrush(colors.panel);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

} // namespace muster
