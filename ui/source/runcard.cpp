// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/source/runcard.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/planpresenter.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr int kTick = 500; // ms
}

RunCard::RunCard(ActionRunner &runner, std::vector<std::string> actions, QWidget *parent)
    : QFrame(parent), m_runner(runner), m_actions(std::move(actions))
{
    setObjectName(QStringLiteral("runCard"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(12, 8, 12, 10);
    row->setSpacing(12);
    auto *column = new QVBoxLayout;
    column->setSpacing(4);
    m_title = new Label(theme::Type::Strong, Label::Tone::Text, this);
    m_title->setElided(true);
    m_phase = named(new Label(theme::Type::Body, Label::Tone::Quiet, this), QStringLiteral("runPhase"), tr("Progress"));
    m_phase->setElided(true);
    m_bar = named(new QProgressBar(this), QStringLiteral("runProgress"), tr("Progress"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(6);
    for (QWidget *part : std::initializer_list<QWidget *>{m_title, m_phase, m_bar})
        column->addWidget(part);
    m_show = named(new QPushButton(tr("Show…"), this), QStringLiteral("showRun"), tr("Show the running action"));
    row->addLayout(column, 1);
    row->addWidget(m_show);
    m_tick.setInterval(kTick);
    connect(&m_tick, &QTimer::timeout, this, &RunCard::refresh);
    connect(&runner, &ActionRunner::runsChanged, this, &RunCard::refresh);
    const auto follow = [this](ActionRun *run) { connect(run, &ActionRun::changed, this, &RunCard::refresh); };
    connect(&runner, &ActionRunner::runAdded, this, follow);
    std::ranges::for_each(runner.runs(), follow);
    connect(m_show, &QPushButton::clicked, this, [this] {
        if (ActionRun *run = activeRun())
            Q_EMIT runChosen(run);
    });
    refresh();
}

ActionRun *RunCard::activeRun() const
{
    for (ActionRun *run : m_runner.runs()) {
        if (run->isActive() && std::ranges::find(m_actions, run->plan().action) != m_actions.end())
            return run;
    }
    return nullptr;
}

void RunCard::refresh()
{
    const ActionRun *run = activeRun();
    setVisible(run != nullptr);
    run ? m_tick.start() : m_tick.stop();
    if (!run)
        return;
    m_title->show(text::label(run->plan().title, 160));
    const QString words = plan::progressText(run->progress());
    const QString state = run->isCancelling() ? tr("Cancelling…") : run->isPaused() ? tr("Paused") : run->state() == ActionRun::State::Verifying && words.isEmpty() ? tr("Verifying…") : words;
    m_phase->show(tr("%1 · running for %2").arg(state.isEmpty() ? tr("Working…") : state, QString::fromStdString(format::age(run->elapsed()))));
    const std::optional<int> permille = plan::progressPermille(run->progress());
    m_bar->setRange(0, permille ? 1000 : 0);
    m_bar->setValue(permille.value_or(0));
}

void RunCard::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.setPen(colors.line);
    painter.setBrush(colors.panel);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
    painter.fillRect(QRect(0, 0, 4, height()), colors.accent);
}

} // namespace muster
