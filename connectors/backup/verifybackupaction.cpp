// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/verifybackupaction.h"

#include "connectors/backup/backupaction.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr Millis kServerLimit{5000};
constexpr Millis kListLimit{120000};

bool isThere(const Backup &backup)
{
    return backup.rung != Rung::Running && backup.rung != Rung::Interrupted;
}

} // namespace

OneBackup::OneBackup(const Set &set, std::string id)
    : m_set(set), m_id(std::move(id)), m_driver(makeDriver(m_set)), m_server(m_set.server ? std::make_unique<Server>(m_set, Server::Purpose::Watch) : nullptr)
{
}

std::expected<Backup, Fault> OneBackup::find(Deadline deadline, const std::stop_token &stop)
{
    if (m_server && m_server->connect(deadline.atMost(kServerLimit))) {
        if (const auto live = m_server->live(deadline.atMost(kServerLimit))) {
            m_live = *live;
            m_hasAnswered = true;
        }
    }
    const auto catalogue = m_driver->list(m_live, deadline, stop);
    if (!catalogue)
        return std::unexpected(catalogue.error());
    const auto it = std::ranges::find_if(catalogue->backups, [&](const Backup &backup) {
        return m_id.empty() ? isThere(backup) && backup.kind != "globals" && !backup.format.starts_with("unknown") : backup.id == m_id;
    });
    if (it == catalogue->backups.end())
        return std::unexpected(Fault{FaultKind::Config, "backup", "“" + m_set.name + (m_id.empty() ? "” holds no backup" : "” holds no backup " + m_id),
                                     "List them with `musterctl backup list`."});
    return *it;
}

std::expected<Backup, Fault> OneBackup::again(const std::stop_token &stop)
{
    m_driver->wantAll();
    return find(Deadline::after(kListLimit), stop);
}

void OneBackup::check(const Backup &backup, Plan &plan) const
{
    plan.checks.push_back({"The backup is finished", isThere(backup) ? PlanCheckState::Passed : PlanCheckState::Failed, isThere(backup) ? std::string() : backup.reason});
    if (backup.isOtherCluster)
        plan.checks.push_back({"It is of this server", PlanCheckState::Failed, backup.reason});
    else if (m_live.systemIdentifier.empty())
        plan.checks.push_back({"It is of this server", PlanCheckState::Warned, "the server does not answer: its identity is not compared"});
}

void OneBackup::interrupt() noexcept
{
    if (m_server)
        m_server->interrupt();
}

VerifyBackupAction::VerifyBackupAction(Set set, std::string id) : m_set(std::move(set)), m_one(m_set, std::move(id)) { }

std::expected<Plan, Fault> VerifyBackupAction::preflight(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    auto found = m_one.find(deadline, m_stop.get_token());
    if (!found)
        return std::unexpected(found.error());
    m_backup = std::move(*found);
    Plan plan;
    plan.action = name();
    plan.title = "Read back “" + m_backup->id + "”";
    plan.target = "backup/" + m_set.name;
    plan.identity = m_backup->path;
    m_one.check(*m_backup, plan);
    m_one.driver().planVerify(*m_backup, deadline, m_stop.get_token(), plan);
    plan.changes.push_back({"Writes", "its verdict, nothing else"});
    return plan;
}

Outcome VerifyBackupAction::run(const Plan &plan, RunControl &control)
{
    const std::stop_callback forward(control.stopToken(), [this] { interrupt(); });
    if (!plan.isAllowed() || !m_backup || plan.identity != m_backup->path)
        return refusedOutcome(plan.firstObstacle().empty() ? "there is no plan" : plan.firstObstacle());
    Work work(m_set, control, m_stop.get_token(), m_one.server());
    const auto done = m_one.driver().verify(*m_backup, work);
    Outcome outcome;
    outcome.transcript = work.transcript();
    if (done) {
        outcome.kind = OutcomeKind::Succeeded;
        outcome.summary = "“" + m_backup->id + "” was read back in full.";
        outcome.details = {{"Size", format::size(static_cast<double>(m_backup->size))}};
        return outcome;
    }
    const auto &fault = done.error();
    outcome.kind = fault.kind == FaultKind::Cancelled ? OutcomeKind::Cancelled : OutcomeKind::Failed;
    outcome.summary = fault.kind == FaultKind::Cancelled ? "Cancelled; the verdict on “" + m_backup->id + "” stays as it was."
        : fault.kind == FaultKind::Protocol              ? "“" + m_backup->id + "” is damaged: " + fault.detail
                                                         : "It could not be read back: " + fault.detail;
    if (!fault.hint.empty())
        outcome.details = {{"Next step", fault.hint}};
    return outcome;
}

Outcome VerifyBackupAction::verify(const Plan &, Outcome outcome, RunControl &)
{
    const auto now = m_one.again(m_stop.get_token());
    if (now && now->isUsable())
        return outcome;
    // Whole, and yet no help: the reading back went well, and that is what was asked; say what is in its way.
    const bool isRead = now && now->verifiedAt && now->verifyProblem.empty() && now->rung >= Rung::Unusable;
    if (!isRead)
        outcome.kind = OutcomeKind::Failed;
    outcome.summary = "“" + m_backup->id + "” was read back, but the catalogue does not call it verified: " + (now ? now->reason : now.error().detail);
    return outcome;
}

void VerifyBackupAction::interrupt() noexcept
{
    m_stop.request_stop();
    m_one.interrupt();
}

} // namespace muster::backup
