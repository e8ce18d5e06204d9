// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/actionrunner.h"

#include "models/engine/actionworker.h"

#include <unistd.h>

#include <algorithm>

namespace muster {

namespace {

constexpr std::chrono::minutes kArmedFor{15};
constexpr Millis kShutdownBudget{2000};

} // namespace

ActionRunner::ActionRunner(const EnvironmentInfo &environment, std::shared_ptr<AuditLog> audit, QObject *parent)
    : QObject(parent)
    , m_environment(environment)
    , m_audit(std::move(audit))
{
    // Checked by the clock that goes on in suspend: a lid closed while armed opens disarmed.
    m_disarmTimer.setInterval(1000);
    connect(&m_disarmTimer, &QTimer::timeout, this, [this] {
        const bool isRunning = std::ranges::any_of(m_runs, [](const auto &run) { return run->isActive(); });
        if (!isRunning && BootClock::now() >= m_armedUntil)
            disarm();
    });
}

ActionRunner::~ActionRunner()
{
    shutdown();
}

void ActionRunner::arm()
{
    m_armedUntil = BootClock::now() + kArmedFor;
    m_disarmTimer.start();
    if (!std::exchange(m_isArmed, true))
        Q_EMIT armedChanged(true);
}

void ActionRunner::disarm()
{
    m_disarmTimer.stop();
    if (std::exchange(m_isArmed, false))
        Q_EMIT armedChanged(false);
}

Millis ActionRunner::armedFor() const
{
    return m_isArmed ? std::max(Millis{0}, std::chrono::duration_cast<Millis>(m_armedUntil - BootClock::now())) : Millis{0};
}

ActionRun *ActionRunner::prepare(std::unique_ptr<Action> action)
{
    const auto at = Stamp::now().wall.time_since_epoch().count();
    auto id = std::to_string(at) + "-" + std::to_string(getpid()) + "-" + std::to_string(++m_counter);
    m_runs.push_back(std::unique_ptr<ActionRun>(new ActionRun(*this, std::move(action), std::move(id))));
    auto *run = m_runs.back().get();
    Q_EMIT runAdded(run);
    Q_EMIT runsChanged();
    return run;
}

std::vector<ActionRun *> ActionRunner::runs() const
{
    std::vector<ActionRun *> result;
    for (const auto &run : m_runs)
        result.push_back(run.get());
    return result;
}

void ActionRunner::forget(ActionRun *run)
{
    if (!run || run->isActive())
        return;
    const auto it = std::ranges::find(m_runs, run, [](const auto &owned) { return owned.get(); });
    if (it == m_runs.end())
        return;
    it->release()->deleteLater(); // the caller may stand in one of its signals
    m_runs.erase(it);
    Q_EMIT runsChanged();
}

const ActionRunner::Ended *ActionRunner::lastEnded(const std::string &action) const
{
    const auto found = m_ended.find(action);
    return found == m_ended.end() ? nullptr : &found->second;
}

void ActionRunner::shutdown()
{
    for (const auto &run : m_runs) {
        if (run->isActive() || run->state() == ActionRun::State::Preflight) {
            run->m_worker->requestStop();
            run->m_worker->interrupt();
        }
    }
    const auto deadline = Deadline::after(kShutdownBudget);
    for (const auto &run : m_runs)
        (void)run->m_worker->waitIdle(deadline.left());
}

std::expected<void, std::string> ActionRunner::mayRun(const ActionRun &run, const std::string &typedName) const
{
    if (run.state() != ActionRun::State::Planned)
        return std::unexpected("There is no plan to run yet.");
    if (!m_isArmed)
        return std::unexpected("The console is read-only. Arm it first.");
    if (!run.plan().isAllowed())
        return std::unexpected("A check of the plan failed: " + run.plan().firstObstacle());
    if (run.plan().isExpired(BootClock::now()))
        return std::unexpected("The plan is older than a minute. Make it anew and look at it again.");
    if (m_environment.isProduction() && typedName != m_environment.name)
        return std::unexpected("Type the environment's name, “" + m_environment.name + "”, to confirm.");
    const bool isTaken = std::ranges::any_of(m_runs, [&](const auto &other) {
        return other.get() != &run && other->isActive() && other->plan().target == run.plan().target;
    });
    if (isTaken)
        return std::unexpected("Another action is running on " + run.plan().target + ". Wait for it, or cancel it.");
    return {};
}

} // namespace muster
