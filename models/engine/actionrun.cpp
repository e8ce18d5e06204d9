// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/actionrun.h"

#include "models/engine/actionrunner.h"
#include "models/engine/actionworker.h"

#include <QTimer>

namespace muster {

namespace {

constexpr Millis kInterruptAfter{900};
constexpr std::size_t kLogLimit = 500;

} // namespace

ActionRun::ActionRun(ActionRunner &runner, std::unique_ptr<Action> action, std::string id)
    : m_runner(runner)
    , m_id(std::move(id))
{
    m_worker = std::make_shared<ActionWorker>(std::move(action), runner.m_audit, this,
                                              ActionWorker::Events{
                                                  [this](std::expected<Plan, Fault> plan) { onPlanned(std::move(plan)); },
                                                  [this](std::vector<Progress> steps) { onProgress(std::move(steps)); },
                                                  [this] { setState(State::Verifying); },
                                                  [this](Outcome outcome) { onFinished(std::move(outcome)); },
                                              });
    m_worker->startPreflight();
}

ActionRun::~ActionRun()
{
    m_worker->close();
    m_worker->requestStop();
    if (isActive() || m_state == State::Preflight)
        m_worker->interrupt();
}

bool ActionRun::isActive() const
{
    return m_state == State::Running || m_state == State::Verifying;
}

bool ActionRun::canPause() const
{
    return m_state == State::Running && m_worker->canPause();
}

bool ActionRun::isPaused() const
{
    return m_worker->isPaused();
}

Millis ActionRun::elapsed() const
{
    if (m_startedAt == BootTime{})
        return Millis{0};
    const auto end = m_state == State::Finished ? m_endedAt : BootClock::now();
    return std::chrono::duration_cast<Millis>(end - m_startedAt);
}

void ActionRun::replan()
{
    if (m_state != State::Planned && m_state != State::PreflightFailed)
        return;
    setState(State::Preflight);
    m_worker->startPreflight();
}

std::expected<void, std::string> ActionRun::confirm(const std::string &typedName, const std::string &reason)
{
    if (auto allowed = m_runner.mayRun(*this, typedName); !allowed)
        return allowed;
    m_startedAt = BootClock::now();
    setState(State::Running);
    m_worker->startRun(m_id, m_runner.environment().name, m_plan, reason);
    return {};
}

void ActionRun::cancel()
{
    if (std::exchange(m_isCancelling, true))
        return;
    m_worker->setPaused(false);
    m_worker->requestStop();
    QTimer::singleShot(kInterruptAfter, this, [this] {
        if (isActive() || m_state == State::Preflight)
            m_worker->interrupt();
    });
    Q_EMIT changed();
}

void ActionRun::setPaused(bool isPaused)
{
    if (!canPause())
        return;
    m_worker->setPaused(isPaused);
    Q_EMIT changed();
}

void ActionRun::setState(State state)
{
    m_state = state;
    Q_EMIT changed();
}

void ActionRun::onPlanned(std::expected<Plan, Fault> plan)
{
    if (plan) {
        m_plan = std::move(*plan);
        m_fault.reset();
    } else {
        m_fault = std::move(plan.error());
    }
    setState(m_fault ? State::PreflightFailed : State::Planned);
}

void ActionRun::onProgress(std::vector<Progress> steps)
{
    for (auto &step : steps) {
        if (!step.message.empty())
            m_log.push_back(step.message);
        m_progress = std::move(step);
    }
    if (m_log.size() > kLogLimit)
        m_log.erase(m_log.begin(), m_log.end() - static_cast<std::ptrdiff_t>(kLogLimit));
    Q_EMIT progressed();
}

void ActionRun::onFinished(Outcome outcome)
{
    m_outcome = std::move(outcome);
    m_endedAt = BootClock::now();
    m_runner.m_ended.insert_or_assign(m_plan.action, ActionRunner::Ended{m_plan, m_outcome, Stamp::now().wall});
    setState(State::Finished);
    Q_EMIT finished();
    Q_EMIT m_runner.runFinished(this);
    Q_EMIT m_runner.runsChanged();
}

} // namespace muster
