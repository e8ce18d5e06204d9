// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/headerbar.h"

#include "models/presenters/headerpresenter.h"
#include "ui/widgets/environmentbadge.h"
#include "ui/widgets/label.h"
#include "ui/widgets/scoresparkline.h"
#include "ui/widgets/stateicon.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>

namespace muster {

namespace {

constexpr int kHeight = 56; // px
constexpr int kDayPoints = 120;

CheckStatus statusOf(const HeaderText &text)
{
    if (!text.isMeasured)
        return CheckStatus::Unknown;
    return text.verdict == Verdict::Ready ? CheckStatus::Pass : text.verdict == Verdict::AtRisk ? CheckStatus::Warn : CheckStatus::Fail;
}

QVBoxLayout *stacked(QWidget *upper, QWidget *lower)
{
    auto *column = new QVBoxLayout;
    column->setSpacing(2);
    column->addStretch(1);
    column->addWidget(upper);
    column->addWidget(lower);
    column->addStretch(1);
    return column;
}

} // namespace

HeaderBar::HeaderBar(Session &session, SeriesBook &series, QWidget *parent) : QWidget(parent), m_session(session), m_series(series)
{
    setFixedHeight(kHeight);
    build();
    m_countdown.setInterval(1000);
    connect(&m_countdown, &QTimer::timeout, this, &HeaderBar::showArmed);
    connect(&session.runner(), &ActionRunner::armedChanged, this, &HeaderBar::showArmed);
    connect(m_lock, &QPushButton::clicked, this, [this] { m_session.runner().isArmed() ? Q_EMIT disarmRequested() : Q_EMIT armRequested(); });
    showArmed();
    refresh();
}

void HeaderBar::build()
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 16, 1);
    row->setSpacing(12);
    row->addWidget(new EnvironmentBadge(m_session.environment(), this));
    m_icon = new StateIcon(this);
    m_verdict = named(new Label(theme::Type::Title, Label::Tone::Text, this), QStringLiteral("verdict"), tr("Verdict"));
    m_gates = new Label(theme::Type::Body, Label::Tone::Quiet, this);
    m_gates->setElided(true);
    m_gates->setMinimumWidth(220);
    auto *verdictRow = new QWidget(this);
    auto *verdictLayout = new QHBoxLayout(verdictRow);
    verdictLayout->setContentsMargins(0, 0, 0, 0);
    verdictLayout->setSpacing(6);
    verdictLayout->addWidget(m_icon);
    verdictLayout->addWidget(m_verdict, 1);
    row->addLayout(stacked(verdictRow, m_gates), 6);
    m_score = named(new Label(theme::Type::Score, Label::Tone::Text, this), QStringLiteral("score"), tr("Score"));
    row->addWidget(m_score);
    m_measured = new Label(theme::Type::Small, Label::Tone::Quiet, this);
    m_was = new Label(theme::Type::Small, Label::Tone::Quiet, this);
    row->addLayout(stacked(m_measured, m_was));
    m_day = new ScoreSparkline(this);
    row->addWidget(m_day);
    row->addStretch(1);
    m_oldest = new Label(theme::Type::Small, Label::Tone::Quiet, this);
    row->addWidget(m_oldest);
    m_lock = named(new QPushButton(this), QStringLiteral("lock"), tr("Read-only or armed"));
    row->addWidget(m_lock);
}

void HeaderBar::refresh()
{
    const auto assessment = m_session.assessment();
    const HeaderText text = headerText(m_session.environment(), *m_session.snapshot(), *assessment);
    const CheckStatus status = statusOf(text);
    m_icon->setStatus(status);
    m_verdict->setTone(toneOf(status));
    m_verdict->show(text.verdictWord);
    m_gates->show(text.gates);
    setTip(m_gates, text.gates);
    m_score->show(text.score);
    m_measured->show(text.measured);
    m_measured->setVisible(!text.measured.isEmpty());
    m_series.recall("score.low");
    const SeriesBuffer *scores = m_series.find("score.low");
    const QString was = !m_session.isSettled() ? tr("measuring…") : scores ? dropText(scores->points(), assessment->score.low) : QString();
    m_was->show(was);
    m_was->setVisible(!was.isEmpty());
    m_day->setVisible(text.isMeasured);
    m_day->show(m_series.sparkline("score.low", SeriesBook::kDay, kDayPoints));
    m_oldest->show(text.oldest);
}

void HeaderBar::showArmed()
{
    const ActionRunner &runner = m_session.runner();
    runner.isArmed() ? m_countdown.start() : m_countdown.stop();
    m_lock->setIcon(theme::icon(runner.isArmed() ? QStringLiteral("unlock") : QStringLiteral("lock"), palette()));
    m_lock->setText(armText(runner.isArmed(), runner.armedFor()));
    m_lock->setAccessibleName(m_lock->text());
    setTip(m_lock, runner.isArmed() ? tr("Actions may run. Press to make the console read-only again.")
                                    : tr("The console only looks. Arm it to run a backup, flush a cache or send a test mail; it disarms itself after 15 minutes."));
}

void HeaderBar::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_lock)
        showArmed();
}

void HeaderBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(rect(), colors.panel);
    painter.fillRect(QRect(0, height() - 1, width(), 1), colors.line);
}

} // namespace muster
