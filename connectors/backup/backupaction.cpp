// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupaction.h"

#include "connectors/backup/preflight.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr Millis kConnectLimit{8000};
constexpr Millis kListLimit{120000};

} // namespace

Outcome failedOutcome(const Fault &fault, const std::string &whatFailed, const std::string &transcript)
{
    if (fault.kind == FaultKind::Denied && fault.stage == "held")
        return refusedOutcome(fault.detail);
    const bool isCancelled = fault.kind == FaultKind::Cancelled;
    Outcome outcome;
    outcome.kind = isCancelled ? OutcomeKind::Cancelled : OutcomeKind::Failed;
    outcome.summary = isCancelled ? "Cancelled; nothing was left behind." : whatFailed + fault.detail;
    if (!fault.hint.empty() && !isCancelled)
        outcome.details.push_back({"Next step", fault.hint});
    outcome.transcript = transcript;
    return outcome;
}

Outcome refusedOutcome(const std::string &why)
{
    return {OutcomeKind::Refused, "Nothing was done: " + why, {}, {}, {}};
}

BackupAction::BackupAction(Set set) : m_set(std::move(set)), m_server(m_set, Server::Purpose::MakeBackup), m_driver(makeDriver(m_set)) { }

std::expected<Plan, Fault> BackupAction::preflight(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    Plan plan;
    plan.action = "backup";
    plan.title = "Back up “" + m_set.name + "” from " + m_set.server->id;
    plan.target = m_set.server->id;
    if (auto connected = m_server.connect(deadline); !connected)
        return std::unexpected(connected.error());
    const auto state = m_server.observe(deadline);
    if (!state)
        return std::unexpected(state.error());
    plan.identity = state->systemIdentifier;
    if (state->isPooled) {
        plan.checks.push_back({"Connected to the server itself", PlanCheckState::Failed,
                               "a connection pooler answers at " + state->address + ": neither the tool nor the lock work through it; declare the server's own address"});
        return plan;
    }
    checkServer(*state, plan.checks);
    plan.checks.push_back(checkHolder(m_server, deadline));
    m_driver->planRun(*state, m_server, deadline, m_stop.get_token(), plan);
    return plan;
}

/// The moment before the run: the same server, and nobody else.
std::optional<Outcome> BackupAction::obstacle(const Plan &plan)
{
    if (!plan.isAllowed() || plan.identity.empty())
        return refusedOutcome(plan.firstObstacle().empty() ? "there is no plan" : plan.firstObstacle());
    const auto deadline = Deadline::after(kConnectLimit);
    if (auto connected = m_server.connect(deadline); !connected)
        return refusedOutcome("the server does not answer: " + connected.error().detail);
    const auto identity = m_server.systemIdentifier(deadline);
    if (!identity)
        return refusedOutcome("the server's identity cannot be read: " + identity.error().detail);
    if (*identity != plan.identity)
        return refusedOutcome("the server is not the one of the plan: system identifier " + *identity + " instead of " + plan.identity);
    m_identity = *identity;
    if (m_driver->locksItself())
        return std::nullopt;
    const auto isLocked = m_server.tryLock(deadline);
    if (!isLocked)
        return refusedOutcome("the lock cannot be taken: " + isLocked.error().detail);
    if (!*isLocked) {
        const auto holder = m_server.lockHolder(deadline);
        return refusedOutcome("this backup is being made by " + (holder && !holder->empty() ? *holder : std::string("somebody else")));
    }
    return std::nullopt;
}

Outcome BackupAction::run(const Plan &plan, RunControl &control)
{
    const std::stop_callback forward(control.stopToken(), [this] { interrupt(); });
    if (auto problem = obstacle(plan)) {
        m_server.close();
        return *problem;
    }
    Work work(m_set, control, m_stop.get_token(), &m_server);
    const auto id = m_driver->run(work);
    if (!id) {
        m_server.close();
        return failedOutcome(id.error(), "No backup was made: ", work.transcript());
    }
    m_id = *id;
    m_driver->wantAll();
    Outcome outcome;
    outcome.kind = OutcomeKind::Succeeded;
    outcome.summary = "Backup " + m_id + " was written.";
    outcome.transcript = work.transcript();
    return outcome;
}

std::expected<Backup, Fault> BackupAction::made()
{
    const auto deadline = Deadline::after(kListLimit);
    const auto live = m_server.live(deadline.atMost(kConnectLimit));
    if (!live)
        return std::unexpected(live.error());
    if (live->systemIdentifier != m_identity)
        return std::unexpected(Fault{FaultKind::Protocol, "identity", "the server has another system identifier than before", {}});
    m_driver->wantAll();
    const auto catalogue = m_driver->list(*live, deadline, m_stop.get_token());
    if (!catalogue)
        return std::unexpected(catalogue.error());
    const auto it = std::ranges::find(catalogue->backups, m_id, &Backup::id);
    if (it == catalogue->backups.end())
        return std::unexpected(Fault{FaultKind::Protocol, "catalogue", "the catalogue does not show it", "List the backups and read the tool's log."});
    return *it;
}

/// Read back, then judged as every other one.
std::expected<void, Fault> BackupAction::prove(Work &work)
{
    const auto fresh = made();
    if (!fresh)
        return std::unexpected(fresh.error());
    if (fresh->rung < Rung::Finished)
        return std::unexpected(Fault{FaultKind::Protocol, "catalogue", fresh->reason, {}});
    if (auto read = m_driver->verify(*fresh, work); !read)
        return read;
    const auto proved = made();
    if (!proved)
        return std::unexpected(proved.error());
    if (!proved->isUsable())
        return std::unexpected(Fault{FaultKind::Protocol, "ladder", proved->reason, {}});
    return {};
}

Outcome BackupAction::verify(const Plan &, Outcome outcome, RunControl &control)
{
    const std::stop_callback forward(control.stopToken(), [this] { interrupt(); });
    if (const auto fresh = made()) {
        outcome.details = {{"Path", fresh->path}, {"Size", format::size(static_cast<double>(fresh->size))}};
        if (fresh->files > 0)
            outcome.details.push_back({"Files", std::to_string(fresh->files)});
        if (fresh->took)
            outcome.details.push_back({"Made in", format::duration(toSeconds(*fresh->took))});
    }
    Work work(m_set, control, m_stop.get_token(), &m_server);
    const auto proved = prove(work);
    if (!proved && proved.error().kind == FaultKind::Cancelled) {
        m_server.close();
        return discarded();
    }
    if (proved) {
        outcome.summary = "Backup " + m_id + " was written, read back in full and verified.";
        outcome.details.push_back({"Verified", format::utc(Stamp::now().wall)});
        m_driver->expire(outcome);
    } else {
        outcome.kind = OutcomeKind::Failed;
        outcome.summary = "Backup " + m_id + " was written but not verified: " + proved.error().detail;
        if (!proved.error().hint.empty())
            outcome.details.push_back({"Next step", proved.error().hint});
    }
    m_server.close();
    return outcome;
}

Outcome BackupAction::discarded()
{
    const bool isGone = m_driver->discard(m_id);
    return {OutcomeKind::Cancelled, isGone ? "Cancelled while it was verified; nothing was left behind." : "Cancelled while it was verified; backup " + m_id + " stays, not verified.", {}, {}, {}};
}

void BackupAction::interrupt() noexcept
{
    m_stop.request_stop();
    m_server.interrupt();
}

} // namespace muster::backup
