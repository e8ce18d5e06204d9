// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/plansheet.h"

#include "models/format/text.h"
#include "models/presenters/pagestate.h"
#include "models/presenters/planpresenter.h"
#include "ui/dialogs/planview.h"
#include "ui/dialogs/runview.h"
#include "ui/widgets/copybutton.h"
#include "ui/widgets/label.h"
#include "ui/widgets/primarybutton.h"
#include "ui/widgets/statepanel.h"

#include <QPushButton>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr int kTick = 500; // ms
constexpr int kLeastHeight = 560; // px
constexpr int kMostHeight = 800;
constexpr int kBesideWindow = 60; // what the window stays taller by
}

PlanSheet::PlanSheet(ActionRunner &runner, ActionRun &run, QWidget *parent)
    : Sheet(runner.environment(), tr("Preparing…"), parent), m_runner(runner), m_run(&run)
{
    setObjectName(QStringLiteral("planSheet"));
    resize(width(), std::clamp(parent ? parent->window()->height() - kBesideWindow : kLeastHeight, kLeastHeight, kMostHeight));
    build();
    wire();
    refresh();
}

void PlanSheet::build()
{
    m_stack = new QStackedLayout;
    m_state = new StatePanel(this);
    m_plan = new PlanView(m_runner.environment(), this);
    m_progress = new ProgressView(this);
    m_outcome = new OutcomeView(this);
    for (QWidget *view : std::initializer_list<QWidget *>{m_state, m_plan, m_progress, m_outcome})
        m_stack->addWidget(view);
    content().addLayout(m_stack, 1);
    m_replan = named(new QPushButton(tr("Look again"), this), QStringLiteral("replan"), tr("Make the plan anew"));
    m_arm = named(new QPushButton(tr("Arm…"), this), QStringLiteral("arm"), tr("Arm the console"));
    m_pause = named(new QPushButton(tr("Pause"), this), QStringLiteral("pause"), tr("Pause or resume"));
    m_background = named(new QPushButton(tr("To the background"), this), QStringLiteral("background"), tr("Go on in the background"));
    m_runButton = named(new PrimaryButton(tr("Run"), this), QStringLiteral("run"), tr("Run"));
    m_copy = new CopyButton(QStringLiteral("copyOutcome"), [this] { return m_run ? plan::outcomeText(m_run->plan(), m_run->outcome()) : QString(); }, this);
    addSideButton(m_copy);
    addSideButton(m_background);
    for (QPushButton *button : {m_replan, m_arm, m_pause, static_cast<QPushButton *>(m_runButton)})
        addButton(button);
}

void PlanSheet::wire()
{
    m_tick.setInterval(kTick);
    connect(&m_tick, &QTimer::timeout, this, &PlanSheet::refreshPermission);
    connect(m_run, &ActionRun::changed, this, &PlanSheet::refresh);
    connect(m_run, &ActionRun::progressed, this, [this] { m_progress->show(*m_run); });
    connect(m_run, &QObject::destroyed, this, &QObject::deleteLater);
    connect(&m_runner, &ActionRunner::armedChanged, this, &PlanSheet::refreshPermission);
    connect(m_plan, &PlanView::edited, this, &PlanSheet::refreshPermission);
    connect(&cancelButton(), &QPushButton::clicked, this, &PlanSheet::reject);
    connect(m_runButton, &QPushButton::clicked, this, &PlanSheet::confirm);
    connect(m_replan, &QPushButton::clicked, this, [this] { m_run->replan(); });
    connect(m_arm, &QPushButton::clicked, this, &PlanSheet::armRequested);
    connect(m_pause, &QPushButton::clicked, this, [this] { m_run->setPaused(!m_run->isPaused()); });
    connect(m_background, &QPushButton::clicked, this, &QWidget::hide);
}

void PlanSheet::refresh()
{
    if (!m_run)
        return;
    using State = ActionRun::State;
    const State state = m_run->state();
    const bool isActive = m_run->isActive();
    if (!m_run->plan().title.empty())
        setHeading(text::label(m_run->plan().title));
    switch (state) {
    case State::Preflight:
    case State::PreflightFailed: showPreflight(); break;
    case State::Planned:
        m_plan->show(m_run->plan());
        m_stack->setCurrentWidget(m_plan);
        m_runButton->setText(plan::runLabel(m_run->plan()));
        break;
    case State::Running:
    case State::Verifying:
        m_progress->show(*m_run);
        m_stack->setCurrentWidget(m_progress);
        break;
    case State::Finished:
        m_outcome->show(m_run->outcome(), m_run->plan().action);
        m_stack->setCurrentWidget(m_outcome);
        break;
    }
    m_refusal.clear();
    m_runButton->setVisible(state == State::Planned);
    m_copy->setVisible(state == State::Finished);
    m_background->setVisible(isActive);
    m_pause->setVisible(m_run->canPause());
    m_pause->setText(m_run->isPaused() ? tr("Resume") : tr("Pause"));
    cancelButton().setText(isActive ? tr("Cancel the run") : state == State::Finished || state == State::PreflightFailed ? tr("Close") : tr("Cancel"));
    cancelButton().setEnabled(!(isActive && m_run->isCancelling()));
    cancelButton().setDefault(true);
    state == State::Planned || isActive ? m_tick.start() : m_tick.stop();
    refreshPermission();
}

void PlanSheet::showPreflight()
{
    PageState state;
    state.title = tr("Looking at the target. Nothing is changed.");
    if (m_run->fault()) {
        state.kind = PageState::Kind::Failed;
        state.title = tr("No plan could be made: nothing was done");
        state.text = tr("Stage “%1”: %2").arg(text::label(m_run->fault()->stage, 40), text::label(m_run->fault()->detail, 600));
        state.step = text::label(m_run->fault()->hint, 600);
    }
    m_state->show(state);
    m_stack->setCurrentWidget(m_state);
}

void PlanSheet::refreshPermission()
{
    if (!m_run)
        return;
    const ActionRun::State state = m_run->state();
    if (m_run->isActive())
        m_progress->show(*m_run);
    const BootTime now = BootClock::now();
    const bool isPlanned = state == ActionRun::State::Planned;
    m_replan->setVisible(state == ActionRun::State::PreflightFailed || isPlanned);
    m_arm->setVisible(isPlanned && !m_runner.isArmed());
    if (!isPlanned)
        return;
    const plan::Permission permission = plan::permission(m_run->plan(), m_runner.environment(), m_runner.isArmed(), m_plan->typedName(), now);
    m_runButton->setEnabled(permission.isAllowed);
    m_plan->say(plan::expiry(m_run->plan(), now), permission.isAllowed ? m_refusal : permission.why);
}

void PlanSheet::confirm()
{
    const auto allowed = m_run->confirm(m_plan->typedName().toStdString(), m_plan->reason().toStdString());
    if (allowed)
        return;
    m_refusal = text::label(allowed.error());
    refreshPermission();
}

void PlanSheet::reject()
{
    if (!m_run) {
        deleteLater();
        return;
    }
    const bool isEscape = sender() != &cancelButton();
    if (m_run->isActive()) {
        isEscape ? hide() : m_run->cancel();
        return;
    }
    hide();
    if (m_run->state() == ActionRun::State::Preflight)
        m_run->cancel();
    m_runner.forget(m_run); // deletes the run, and this sheet with it
}

} // namespace muster
