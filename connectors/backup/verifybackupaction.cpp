// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/verifybackupaction.h"

#include "connectors/backup/readback.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

bool isReadable(const Backup &backup)
{
    return backup.format == "muster" || backup.format == "directory" || backup.format == "custom" || backup.format == "tar";
}

/// "15.18 (Debian ...)" → 15
int majorOf(const std::string &version)
{
    return std::atoi(version.c_str());
}

} // namespace

VerifyBackupAction::VerifyBackupAction(Set set, std::string id)
    : m_set(std::move(set)), m_id(std::move(id)), m_server(m_set.server ? std::make_unique<Server>(m_set, Server::Purpose::Watch) : nullptr)
{
}

std::string VerifyBackupAction::liveIdentity(Deadline deadline)
{
    if (!m_server || !m_server->connect(deadline))
        return {};
    return m_server->systemIdentifier(deadline).value_or(std::string());
}

std::expected<Plan, Fault> VerifyBackupAction::preflight(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    const auto identity = liveIdentity(deadline.atMost(Millis(5000)));
    const auto found = scan(m_set.directory, m_set.name, identity);
    if (!found)
        return std::unexpected(found.error());
    const auto it = std::ranges::find_if(*found, [&](const Backup &backup) {
        return m_id.empty() ? backup.rung != Rung::Running && backup.rung != Rung::Interrupted && isReadable(backup) : backup.id == m_id;
    });
    if (it == found->end())
        return std::unexpected(Fault{FaultKind::Config, "backup", m_id.empty() ? m_set.directory + " holds no backup" : m_set.directory + " holds no backup " + m_id,
                                     "List them with `musterctl backup list`."});
    m_backup = *it;
    Plan plan;
    plan.action = name();
    plan.title = "Read back “" + m_backup->id + "”";
    plan.target = "backup/" + m_set.name;
    plan.identity = m_backup->path;
    plan.changes = {{"Reads", m_backup->path + " (" + format::size(static_cast<double>(m_backup->size)) + ")"}, {"Writes", "its verdict, nothing else"}};
    const bool isFinished = m_backup->rung != Rung::Running && m_backup->rung != Rung::Interrupted;
    plan.checks.push_back({"The backup is finished", isFinished ? PlanCheckState::Passed : PlanCheckState::Failed, m_backup->reason});
    plan.checks.push_back({"The format can be read back", isReadable(*m_backup) ? PlanCheckState::Passed : PlanCheckState::Failed, m_backup->format});
    if (m_backup->isOtherCluster)
        plan.checks.push_back({"It is of this server", PlanCheckState::Failed, m_backup->reason});
    else if (identity.empty())
        plan.checks.push_back({"It is of this server", PlanCheckState::Warned, "the server does not answer: its identity is not compared"});
    const auto version = m_backup->toolVersion.empty() ? m_backup->serverVersion : m_backup->toolVersion;
    auto tools = findTools(majorOf(version), m_set.toolFolders, deadline, m_stop.get_token());
    plan.checks.push_back({"pg_restore of the dump's major", tools ? PlanCheckState::Passed : PlanCheckState::Failed,
                           tools ? tools->restore() + ' ' + tools->version : tools.error().detail + ". " + tools.error().hint});
    if (tools)
        m_tools = std::move(*tools);
    plan.command = (m_tools ? m_tools->restore() : std::string("pg_restore")) + " --file=/dev/null, SHA-256 of each file";
    return plan;
}

Outcome VerifyBackupAction::run(const Plan &plan, RunControl &control)
{
    const std::stop_callback forward(control.stopToken(), [this] { interrupt(); });
    if (!plan.isAllowed() || !m_backup || !m_tools || plan.identity != m_backup->path)
        return {OutcomeKind::Refused, "Nothing was done: " + (plan.firstObstacle().empty() ? std::string("there is no plan") : plan.firstObstacle()), {}, {}, {}};
    const auto done = read(control);
    if (!done && done.error().kind == FaultKind::Cancelled)
        return {OutcomeKind::Cancelled, "Cancelled; the verdict on “" + m_backup->id + "” stays as it was.", {}, {}, {}};
    if (!done && done.error().kind != FaultKind::Protocol)
        return {OutcomeKind::Failed, "It could not be read back: " + done.error().detail, {{"Next step", done.error().hint}}, {}, {}};
    const auto noted = record(done ? std::string() : done.error().detail);
    if (!done)
        return {OutcomeKind::Failed, "“" + m_backup->id + "” is damaged: " + done.error().detail, {{"Next step", done.error().hint}}, {}, {}};
    if (!noted)
        return {OutcomeKind::Failed, "It was read back in full, but that could not be noted: " + noted.error().detail, {}, {}, {}};
    return {OutcomeKind::Succeeded, "“" + m_backup->id + "” was read back in full.", {{"Size", format::size(static_cast<double>(m_backup->size))}}, {}, {}};
}

std::expected<void, Fault> VerifyBackupAction::read(const RunControl &control)
{
    if (m_backup->format != "muster") {
        control.report({"reading back " + m_backup->id, 0, {}, "B", {}});
        return readArchive(m_tools->restore(), m_backup->path, m_stop.get_token());
    }
    const auto manifest = readManifest(m_backup->path);
    if (!manifest)
        return std::unexpected(Fault{FaultKind::Protocol, "manifest", manifest.error(), {}});
    if (auto compared = compareHashes(m_backup->path, *manifest, m_stop.get_token(), control); !compared)
        return compared;
    return readArchives(m_backup->path, *manifest, *m_tools, m_stop.get_token(), control);
}

std::expected<void, Fault> VerifyBackupAction::record(const std::string &problem) const
{
    if (m_backup->format != "muster")
        return problem.empty() ? writeForeignProof(*m_backup) : std::expected<void, Fault>();
    auto manifest = readManifest(m_backup->path);
    if (!manifest)
        return std::unexpected(Fault{FaultKind::Protocol, "manifest", manifest.error(), {}});
    manifest->problem = problem;
    manifest->verifiedAt = problem.empty() ? std::optional(Stamp::now().wall) : std::nullopt;
    return writeManifest(m_backup->path, *manifest);
}

Outcome VerifyBackupAction::verify(const Plan &, Outcome outcome, RunControl &)
{
    const auto found = scan(m_set.directory, m_set.name, {});
    const auto isVerified = found && std::ranges::any_of(*found, [&](const Backup &backup) { return backup.id == m_backup->id && backup.isUsable(); });
    if (!isVerified) {
        outcome.kind = OutcomeKind::Failed;
        outcome.summary = "“" + m_backup->id + "” was read back, but the catalogue does not call it verified: something changed meanwhile.";
    }
    return outcome;
}

void VerifyBackupAction::interrupt() noexcept
{
    m_stop.request_stop();
    if (m_server)
        m_server->interrupt();
}

} // namespace muster::backup
