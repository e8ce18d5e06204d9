// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/actionworker.h"

#include <pthread.h>

#include <thread>

namespace muster {

namespace {

constexpr Millis kPreflightBudget{15000};
constexpr Millis kProgressInterval{250};
constexpr std::size_t kPendingLimit = 100; // messages between two flushes; more are dropped, oldest first

} // namespace

ActionWorker::ActionWorker(std::unique_ptr<Action> action, std::shared_ptr<AuditLog> audit, QObject *receiver, Events events)
    : m_action(std::move(action))
    , m_audit(std::move(audit))
    , m_mailbox(receiver)
    , m_events(std::move(events))
    , m_control(std::make_unique<RunControl>(m_stop.get_token(), [this](const Progress &progress) { report(progress); }))
{
}

void ActionWorker::startPreflight()
{
    work([this] {
        auto plan = m_action->preflight(Deadline::after(kPreflightBudget), m_stop.get_token());
        if (plan)
            plan->made = Stamp::now();
        m_mailbox.post([planned = m_events.planned, plan = std::move(plan)] { planned(plan); });
    });
}

void ActionWorker::startRun(const std::string &id, const std::string &environment, Plan plan, const std::string &reason)
{
    work([this, id, environment, plan = std::move(plan), reason] {
        auto outcome = perform(id, environment, plan, reason);
        flushProgress();
        m_mailbox.post([finished = m_events.finished, outcome = std::move(outcome)] { finished(outcome); });
    });
}

void ActionWorker::requestStop()
{
    m_stop.request_stop();
}

void ActionWorker::interrupt()
{
    m_action->interrupt();
}

void ActionWorker::setPaused(bool isPaused)
{
    m_control->setPaused(isPaused);
}

bool ActionWorker::isPaused() const
{
    return m_control->isPaused();
}

bool ActionWorker::waitIdle(Millis left)
{
    std::unique_lock lock(m_mutex);
    return m_idle.wait_for(lock, left, [this] { return m_running == 0; });
}

void ActionWorker::work(std::function<void()> job)
{
    {
        const std::scoped_lock lock(m_mutex);
        ++m_running;
    }
    std::thread([self = shared_from_this(), job = std::move(job)] {
        pthread_setname_np(pthread_self(), ("act " + self->m_action->name()).substr(0, 15).c_str());
        job();
        const std::scoped_lock lock(self->m_mutex);
        --self->m_running;
        self->m_idle.notify_all();
    }).detach();
}

Outcome ActionWorker::perform(const std::string &id, const std::string &environment, const Plan &plan, const std::string &reason)
{
    const auto startedAt = BootClock::now();
    if (const auto written = m_audit->intent(id, environment, plan, reason); !written) {
        return {OutcomeKind::Refused, "Nothing was done: the audit log could not be written. " + written.error().detail,
                {{"Next step", written.error().hint}}, {}, {}};
    }
    auto outcome = m_action->run(plan, *m_control);
    if (outcome.kind == OutcomeKind::Succeeded) {
        m_mailbox.post([verifying = m_events.verifying] { verifying(); });
        outcome = m_action->verify(plan, std::move(outcome), *m_control);
    }
    const auto took = std::chrono::duration_cast<Millis>(BootClock::now() - startedAt);
    if (const auto written = m_audit->outcome(id, environment, plan, outcome, took); !written)
        outcome.details.push_back({"Audit", "The outcome could not be written to the audit log: " + written.error().detail});
    return outcome;
}

void ActionWorker::report(const Progress &progress)
{
    {
        const std::scoped_lock lock(m_mutex);
        // Of steps without a message only the newest matters.
        if (!m_pending.empty() && m_pending.back().message.empty())
            m_pending.pop_back();
        else if (m_pending.size() >= kPendingLimit)
            m_pending.erase(m_pending.begin());
        m_pending.push_back(progress);
        if (BootClock::now() - m_lastFlush < kProgressInterval)
            return;
    }
    flushProgress();
}

void ActionWorker::flushProgress()
{
    std::vector<Progress> steps;
    {
        const std::scoped_lock lock(m_mutex);
        steps.swap(m_pending);
        m_lastFlush = BootClock::now();
    }
    if (!steps.empty())
        m_mailbox.post([progressed = m_events.progressed, steps = std::move(steps)] { progressed(steps); });
}

} // namespace muster
