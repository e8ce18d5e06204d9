// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupaction.h"

#include "connectors/backup/retention.h"
#include "connectors/files/durable.h"
#include "models/format/format.h"

#include <algorithm>
#include <cstdio>

namespace muster::backup {

namespace {

constexpr Millis kConnectLimit{8000};

Outcome outcomeOf(const Fault &fault, const std::string &transcript)
{
    const bool isCancelled = fault.kind == FaultKind::Cancelled;
    Outcome outcome;
    outcome.kind = isCancelled ? OutcomeKind::Cancelled : OutcomeKind::Failed;
    outcome.summary = isCancelled ? "Cancelled; nothing was left behind." : "No backup was made: " + fault.detail;
    if (!fault.hint.empty() && !isCancelled)
        outcome.details.push_back({"Next step", fault.hint});
    outcome.transcript = transcript;
    return outcome;
}

Outcome refused(std::string why)
{
    return {OutcomeKind::Refused, "Nothing was done: " + std::move(why), {}, {}, {}};
}

} // namespace

BackupAction::BackupAction(Set set) : m_set(std::move(set)), m_server(m_set, Server::Purpose::MakeBackup) { }

std::expected<Plan, Fault> BackupAction::preflight(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    Plan plan;
    plan.action = "backup";
    plan.title = "Back up “" + m_set.name + "” from " + m_set.server->id;
    plan.target = m_set.server->id;
    auto prepared = prepare(m_set, m_server, deadline, m_stop.get_token(), plan);
    if (!prepared)
        return std::unexpected(prepared.error());
    m_prepared = std::move(*prepared);
    return plan;
}

/// The moment before the run: the same server, and nobody else.
std::optional<Outcome> BackupAction::obstacle(const Plan &plan)
{
    if (!plan.isAllowed() || !m_prepared.tools)
        return refused(plan.firstObstacle().empty() ? "there is no plan" : plan.firstObstacle());
    const auto deadline = Deadline::after(kConnectLimit);
    if (auto connected = m_server.connect(deadline); !connected)
        return refused("the server does not answer: " + connected.error().detail);
    const auto identity = m_server.systemIdentifier(deadline);
    if (!identity)
        return refused("the server's identity cannot be read: " + identity.error().detail);
    if (*identity != plan.identity)
        return refused("the server is not the one of the plan: system identifier " + *identity + " instead of " + plan.identity);
    if (const auto check = checkDirectory(m_set.directory); check.state == PlanCheckState::Failed)
        return refused(check.detail);
    const auto isLocked = m_server.tryLock(deadline);
    if (!isLocked)
        return refused("the lock cannot be taken: " + isLocked.error().detail);
    if (!*isLocked) {
        const auto holder = m_server.lockHolder(deadline);
        return refused("this backup is being made by " + (holder && !holder->empty() ? *holder : std::string("somebody else")));
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
    DumpJob job(m_set, m_prepared, m_server, control, m_stop.get_token());
    const auto path = job.run();
    if (!path) {
        m_server.close();
        return outcomeOf(path.error(), job.transcript());
    }
    m_path = *path;
    const auto &manifest = job.manifest();
    Outcome outcome;
    outcome.kind = OutcomeKind::Succeeded;
    outcome.summary = "Backup " + manifest.id + " was written.";
    outcome.details = {{"Path", m_path},
                       {"Size", format::size(static_cast<double>(manifest.totalSize()))},
                       {"Files", std::to_string(manifest.files.size())},
                       {"Dumped in", format::duration(toSeconds(manifest.finishedAt - manifest.startedAt))}};
    outcome.transcript = job.transcript();
    return outcome;
}

std::expected<void, Fault> BackupAction::proveFinal(const std::string &path, Manifest &manifest, const RunControl &control)
{
    auto read = readManifest(path);
    if (!read)
        return std::unexpected(Fault{FaultKind::Protocol, "manifest", read.error(), {}});
    manifest = std::move(*read);
    if (auto compared = compareHashes(path, manifest, m_stop.get_token(), control); !compared)
        return compared;
    if (auto archives = readArchives(path, manifest, *m_prepared.tools, m_stop.get_token(), control); !archives)
        return archives;
    const auto identity = m_server.systemIdentifier(Deadline::after(kConnectLimit));
    if (!identity)
        return std::unexpected(identity.error());
    if (*identity != manifest.systemIdentifier)
        return std::unexpected(Fault{FaultKind::Protocol, "identity", "the server has another system identifier than the backup", {}});
    manifest.verifiedAt = Stamp::now().wall;
    return writeManifest(path, manifest);
}

Outcome BackupAction::verify(const Plan &, Outcome outcome, RunControl &control)
{
    const std::stop_callback forward(control.stopToken(), [this] { interrupt(); });
    Manifest manifest;
    const auto proved = proveFinal(m_path, manifest, control);
    if (!proved && proved.error().kind == FaultKind::Cancelled) {
        m_server.close();
        return discard(m_path);
    }
    if (proved) {
        outcome.summary = "Backup " + manifest.id + " was written, read back in full and verified.";
        outcome.details.push_back({"Verified", format::utc(*manifest.verifiedAt)});
        removeOutdated(outcome);
    } else {
        outcome.kind = OutcomeKind::Failed;
        outcome.summary = "Backup " + manifest.id + " was written but not verified: " + proved.error().detail;
        if (proved.error().kind == FaultKind::Protocol && !manifest.id.empty()) {
            manifest.problem = proved.error().detail;
            if (auto noted = writeManifest(m_path, manifest); !noted)
                outcome.details.push_back({"Manifest", noted.error().detail});
        }
    }
    m_server.close();
    return outcome;
}

/// Only what the plan named, and only what is still outdated.
void BackupAction::removeOutdated(Outcome &outcome) const
{
    const auto now = scan(m_set.directory, m_set.name, m_prepared.server.systemIdentifier);
    if (!now)
        return;
    const auto ids = outdated(*now, m_set.keep);
    for (const auto &id : m_prepared.removals) {
        if (std::ranges::find(ids, id) == ids.end())
            continue;
        // First off its name, so that a half removed backup is never taken for one.
        const auto path = m_set.directory + '/' + id;
        const auto doomed = m_set.directory + "/.removing-" + id;
        const bool isAside = std::rename(path.c_str(), doomed.c_str()) == 0;
        const auto removed = files::removeTree(isAside ? doomed : path);
        outcome.details.push_back({removed ? "Removed" : "Not removed", removed ? id : removed.error().detail});
    }
}

Outcome BackupAction::discard(const std::string &path)
{
    const auto partial = path + kPartialSuffix;
    const bool isAside = std::rename(path.c_str(), partial.c_str()) == 0;
    const auto removed = files::removeTree(isAside ? partial : path);
    if (removed)
        return {OutcomeKind::Cancelled, "Cancelled while it was verified; nothing was left behind.", {}, {}, {}};
    return {OutcomeKind::Cancelled, "Cancelled while it was verified. What was written could not be removed: " + removed.error().detail, {}, {}, {}};
}

void BackupAction::interrupt() noexcept
{
    m_stop.request_stop();
    m_server.interrupt();
}

} // namespace muster::backup
