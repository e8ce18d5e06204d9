// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fakes.h"

#include <pthread.h>

#include <array>

namespace muster::test {

std::expected<FactBatch, Fault> FakeSource::collect(Deadline deadline, std::stop_token stop)
{
    if (++m_script->concurrent > 1)
        m_script->hasOverlapped = true;
    const int round = ++m_script->rounds;
    {
        std::unique_lock lock(m_script->mutex);
        std::array<char, 16> name{};
        pthread_getname_np(pthread_self(), name.data(), name.size());
        m_script->threadName = name.data();
        if (m_script->isBlocking)
            m_script->wake.wait(lock, [&] { return m_script->isInterrupted || stop.stop_requested(); });
        m_script->isInterrupted = false;
    }
    auto answer = m_script->answer ? m_script->answer(round) : batchOf(m_id, "fake.value", round);
    --m_script->concurrent;
    (void)deadline;
    return answer;
}

void FakeSource::interrupt() noexcept
{
    ++m_script->interrupts;
    const std::scoped_lock lock(m_script->mutex);
    m_script->isInterrupted = true;
    m_script->wake.notify_all();
}

FactBatch batchOf(const std::string &source, const std::string &name, double value)
{
    FactBatch batch{source, Stamp::now(), {}};
    batch.add(name, value, "count", Millis{30000});
    return batch;
}

Outcome FakeAction::run(const Plan &plan, RunControl &control)
{
    ++m_script->runs;
    return m_script->run ? m_script->run(plan, control) : Outcome{OutcomeKind::Succeeded, "done", {}, {}, {}};
}

Outcome FakeAction::verify(const Plan &plan, Outcome outcome, RunControl &)
{
    return m_script->verify ? m_script->verify(plan, std::move(outcome)) : outcome;
}

std::expected<void, Fault> FakeAudit::intent(const std::string &id, const std::string &environment, const Plan &plan, const std::string &reason)
{
    if (isBroken)
        return std::unexpected(Fault{FaultKind::Config, "audit", "No space left on device", "Free some space."});
    const std::scoped_lock lock(m_mutex);
    m_lines.push_back("intent " + id + " " + environment + " " + plan.title + " " + reason);
    return {};
}

std::expected<void, Fault> FakeAudit::outcome(const std::string &id, const std::string &environment, const Plan &, const Outcome &outcome, Millis)
{
    if (isBroken)
        return std::unexpected(Fault{FaultKind::Config, "audit", "No space left on device", "Free some space."});
    const std::scoped_lock lock(m_mutex);
    m_lines.push_back("outcome " + id + " " + environment + " " + std::string(toString(outcome.kind)));
    return {};
}

std::expected<std::vector<AuditEntry>, Fault> FakeAudit::read(std::size_t) const
{
    return std::vector<AuditEntry>{};
}

std::vector<std::string> FakeAudit::lines() const
{
    const std::scoped_lock lock(m_mutex);
    return m_lines;
}

} // namespace muster::test
