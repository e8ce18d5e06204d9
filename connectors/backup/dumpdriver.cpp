// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/dumpdriver.h"

#include "connectors/backup/dumpjob.h"
#include "connectors/backup/dumpreader.h"
#include "connectors/backup/dumprestore.h"
#include "connectors/backup/readback.h"
#include "connectors/backup/retention.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

Live liveOf(const ServerState &state)
{
    Live live;
    live.systemIdentifier = state.systemIdentifier;
    live.major = state.major;
    return live;
}

} // namespace

std::expected<Catalogue, Fault> DumpDriver::list(const Live &live, Deadline, const std::stop_token &stop)
{
    auto found = scanDumps(set(), m_heads, stop);
    if (!found)
        return std::unexpected(found.error());
    Catalogue catalogue;
    catalogue.backups = std::move(*found);
    finish(catalogue, live);
    catalogue.expiry = Expiry{"the newest " + std::to_string(set().keep) + " good ones of Muster's own stay; others' dumps are never removed", outdatedNext(catalogue.backups, set().keep), {}, {}};
    for (const auto &backup : catalogue.backups) {
        if (backup.rung == Rung::Running)
            catalogue.running = Running{backup.isOwn ? backup.state : backup.id + ": " + backup.state, "dumping", {}, static_cast<double>(backup.size), {}, false};
    }
    return catalogue;
}

void DumpDriver::planRun(const ServerState &state, Server &, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    auto existing = list(liveOf(state), deadline, stop);
    m_prepared = prepareDump(set(), state, existing ? std::move(existing->backups) : std::vector<Backup>(), deadline, stop, plan);
}

std::expected<std::string, Fault> DumpDriver::run(Work &work)
{
    DumpJob job(set(), m_prepared, work);
    const auto path = job.run();
    if (!path)
        return std::unexpected(path.error());
    return job.manifest().id;
}

/// Only what the plan named, and only what is still outdated.
void DumpDriver::expire(Outcome &outcome)
{
    const auto now = list(liveOf(m_prepared.server), Deadline::after(Millis(30000)), {});
    if (!now)
        return;
    const auto ids = outdated(now->backups, set().keep);
    for (const auto &id : m_prepared.removals) {
        if (std::ranges::find(ids, id) == ids.end())
            continue;
        const auto removed = removeBackup(set().directory, id);
        outcome.details.push_back({removed ? "Removed" : "Not removed", removed ? id : removed.error().detail});
    }
}

bool DumpDriver::discard(const std::string &id)
{
    return removeBackup(set().directory, id).has_value();
}

void DumpDriver::planVerify(const Backup &backup, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    if (backup.format == "unknown" || backup.format.starts_with("unknown")) {
        plan.checks.push_back({"The format can be read back", PlanCheckState::Failed, backup.reason});
        return;
    }
    const bool isPlain = backup.format.starts_with("plain");
    plan.changes.push_back({"Reads", backup.path + " (" + format::size(static_cast<double>(backup.size)) + ")"});
    plan.command = isPlain ? "reads it to its closing comment" : "pg_restore --file=/dev/null, SHA-256 of each file";
    if (isPlain)
        return;
    const auto version = backup.toolVersion.empty() ? backup.serverVersion : backup.toolVersion;
    auto tools = findTools(majorOf(version), set().toolFolders, deadline, stop);
    plan.checks.push_back({"pg_restore of the dump's major", tools ? PlanCheckState::Passed : PlanCheckState::Failed,
                           tools ? tools->restore() + ' ' + tools->version : tools.error().detail + ". " + tools.error().hint});
    if (!tools)
        return;
    m_tools = std::move(*tools);
    plan.command = m_tools->restore() + " --file=/dev/null" + (backup.isOwn ? ", SHA-256 of each file" : ", --list against the server's tables");
}

std::expected<void, Fault> DumpDriver::verify(const Backup &backup, Work &work)
{
    return backup.format == "muster" ? verifyOwn(backup, work) : verifyForeign(backup, work);
}

std::expected<void, Fault> DumpDriver::verifyOwn(const Backup &backup, Work &work)
{
    const auto fail = [](const char *stage, const std::string &what) { return std::unexpected(Fault{FaultKind::Protocol, stage, what, {}}); };
    auto manifest = readManifest(backup.path);
    if (!manifest)
        return fail("manifest", manifest.error());
    if (!m_tools)
        m_tools = m_prepared.tools;
    auto done = compareHashes(backup.path, *manifest, work.stop(), work.control());
    if (done && m_tools)
        done = readArchives(backup.path, *manifest, *m_tools, work.stop(), work.control());
    if (done && work.server()) {
        const auto identity = work.server()->systemIdentifier(Deadline::after(Millis(8000)));
        if (!identity)
            done = std::unexpected(identity.error());
        else if (*identity != manifest->systemIdentifier)
            done = fail("identity", "the server has another system identifier than the backup");
    }
    if (!done && done.error().kind != FaultKind::Protocol)
        return done;
    manifest->problem = done ? std::string() : done.error().detail;
    manifest->verifiedAt = done ? std::optional(Stamp::now().wall) : std::nullopt;
    const auto noted = writeManifest(backup.path, *manifest);
    return done && !noted ? noted : done;
}

/// A plain dump names its database only with --create; where the set declares one, it is that one.
bool DumpDriver::isOfConnectedDatabase(const DumpHeader &header, const Server &server) const
{
    if (header.isCluster)
        return header.isWhole;
    return header.database.empty() ? set().server->databases.size() == 1 : header.database == server.connectedDatabase();
}

std::expected<void, Fault> DumpDriver::verifyForeign(const Backup &backup, Work &work)
{
    const auto header = recognise(backup.path, work.stop());
    if (!header)
        return std::unexpected(Fault{FaultKind::Protocol, "read back", "it is no dump any more", {}});
    work.report({"reading back " + backup.id, 0, {}, "B", {}});
    const auto *tools = m_tools ? &*m_tools : nullptr;
    const auto read = readDump(backup.path, *header, tools, work);
    auto done = read ? std::expected<void, Fault>() : std::unexpected(read.error());
    if (done && work.server() && isOfConnectedDatabase(*header, *work.server()))
        done = compareIdentity(backup.path, *header, *read, tools, work);
    if (!done && done.error().kind != FaultKind::Protocol)
        return done;
    if (auto noted = notes().verified(backup, done ? std::string() : done.error().detail); !noted && done)
        return noted;
    return done;
}

std::expected<void, Fault> DumpDriver::restore(const Backup &backup, Scratch &scratch, Work &work)
{
    if (backup.format == "muster") {
        const auto manifest = readManifest(backup.path);
        if (!manifest)
            return std::unexpected(Fault{FaultKind::Protocol, "manifest", manifest.error(), {}});
        return restoreOwn(backup.path, *manifest, scratch, work);
    }
    const auto found = list({}, Deadline::after(Millis(30000)), work.stop());
    const auto globals = found ? std::ranges::find_if(found->backups, [](const Backup &other) { return other.kind == "globals" && other.format == "plain"; }) : std::vector<Backup>::iterator();
    if (found && globals != found->backups.end()) {
        if (auto done = restoreGlobals(globals->path, scratch, work); !done)
            return done;
    }
    return restoreForeignDump(backup.path, scratch, work);
}

} // namespace muster::backup
