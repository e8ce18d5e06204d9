// SPDX-License-Identifier: GPL-3.0-or-later
// The long jobs of the pgBackRest driver: run, read back, restore.
#include "connectors/backup/pgbackrestdriver.h"

#include "connectors/backup/preflight.h"
#include "connectors/backup/scratch.h"
#include "connectors/files/durable.h"

#include <algorithm>

namespace muster::backup {

using namespace pgbackrest;

namespace {

constexpr std::size_t kAnswerLimit = std::size_t{64} << 20;
constexpr Millis kJobLimit{std::chrono::hours{48}};
constexpr int kLockHeld = 50;

} // namespace

void PgBackRestDriver::planRun(const ServerState &state, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    const auto version = set().host.run(set().host.command({"pgbackrest", "version"}), deadline, stop);
    const bool isThere = version && version->isGood();
    plan.checks.push_back({"pgBackRest runs on " + set().host.label(), isThere ? PlanCheckState::Passed : PlanCheckState::Failed,
                           isThere ? version->output.substr(0, version->output.find('\n')) : version ? toolFault("pgbackrest version", *version).detail : version.error().detail});
    Live live;
    live.systemIdentifier = state.systemIdentifier;
    live.major = state.major;
    if (const auto now = server.live(deadline))
        live = *now;
    const auto catalogue = list(live, deadline, stop);
    if (!catalogue) {
        plan.checks.push_back({"The stanza can be read", PlanCheckState::Failed, catalogue.error().detail});
        return;
    }
    const bool isBusy = catalogue->running && !catalogue->running->isOrphan;
    plan.checks.push_back({"pgBackRest makes no backup now", isBusy ? PlanCheckState::Failed : catalogue->running ? PlanCheckState::Warned : PlanCheckState::Passed,
                           isBusy ? "someone else is running: " + catalogue->running->who : catalogue->running ? "a killed run still holds the lock; it ends by itself within a minute" : std::string()});
    // An increment on a chain that is not whole is worth nothing.
    const bool hasBase = std::ranges::any_of(catalogue->backups, [](const Backup &backup) { return backup.rung >= Rung::Complete; });
    const bool isNewestGood = !catalogue->backups.empty() && catalogue->backups.front().rung >= Rung::Complete;
    m_type = hasBase && isNewestGood ? "incr" : "full";
    plan.changes = {{"Writes", "a" + std::string(m_type == "incr" ? "n incremental" : " full") + " backup into the repository of stanza " + set().stanza},
                    {"Next expiry", catalogue->expiry && !catalogue->expiry->removes.empty() ? "may remove " + joined(catalogue->expiry->removes) : "removes nothing"}};
    if (catalogue->expiry && !catalogue->expiry->warning.empty())
        plan.checks.push_back({"The expiry leaves a complete full backup", m_type == "full" ? PlanCheckState::Failed : PlanCheckState::Warned, catalogue->expiry->warning});
    plan.command = joined(words({"--type=" + m_type, "backup"})) + " on " + set().host.label() + ", then verify";
    std::ranges::replace(plan.command, ',', ' ');
}

std::expected<std::string, Fault> PgBackRestDriver::run(Work &work)
{
    auto all = words({"--type=" + m_type, "--log-level-console=detail", "--log-level-stderr=off", "--no-log-timestamp", "backup"});
    auto command = set().host.command(all, {}, set().host.isRemote());
    std::string label, rest;
    Progress progress{"starting", 0, {}, "%", {}};
    command.onOutput = [&](std::string_view bytes) {
        rest += bytes;
        for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
            const auto line = parseLogLine(std::string_view(rest).substr(0, end));
            if (rest.find("backup file") > end)
                work.log(std::string_view(rest).substr(0, end));
            if (!line.label.empty())
                label = line.label;
            if (!line.phase.empty())
                progress.phase = line.phase;
            if (line.percent) {
                progress.done = std::max(progress.done, *line.percent);
                progress.total = 100;
            }
            rest.erase(0, end + 1);
        }
        work.report(progress);
        return true;
    };
    command.onTick = [&] { work.report(progress); };
    work.report(progress);
    const auto finished = set().host.run(command, Deadline::after(kJobLimit), work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    if (finished->ending == process::Ending::Exited && finished->exitStatus == kLockHeld)
        return std::unexpected(Fault{FaultKind::Denied, "held", "someone else is running a backup of this stanza (pgBackRest 050)", {}});
    if (!finished->isGood())
        return std::unexpected(toolFault("pgbackrest backup", *finished));
    if (label.empty())
        return std::unexpected(Fault{FaultKind::Protocol, "pgbackrest", "it ended well and named no new backup", "Look at: pgbackrest info"});
    wantAll();
    const auto seen = info(Deadline::after(Millis(60000)), work.stop());
    for (const auto &entry : seen ? seen->backups : std::vector<Entry>()) {
        if (entry.label == label)
            return entry.backup.id;
    }
    return label;
}

void PgBackRestDriver::planVerify(const Backup &backup, Deadline, const std::stop_token &, Plan &plan)
{
    plan.changes.push_back({"Reads", "every file of the repository that holds " + backup.id + ", also of its other backups"});
    plan.command = "pgbackrest verify on " + set().host.label() + "; its text is judged, not its exit status";
}

std::expected<void, Fault> PgBackRestDriver::verify(const Backup &backup, Work &work)
{
    const auto origin = m_origin.find(backup.id);
    if (origin == m_origin.end())
        return std::unexpected(Fault{FaultKind::Config, "verify", backup.id + " is not in the repository any more", {}});
    const auto [repo, label] = origin->second;
    auto command = set().host.command(words({"--repo=" + std::to_string(repo), "--output=text", "--verbose", "--log-level-console=off", "--log-level-stderr=warn", "verify"}));
    command.outputLimit = kAnswerLimit;
    command.onTick = [&] { work.report({"reading back the repository (pgbackrest verify)", 0, {}, {}, {}}); };
    const auto finished = set().host.run(command, Deadline::after(kJobLimit), work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    work.log(finished->output + finished->errors);
    if (!finished->isGood())
        return std::unexpected(toolFault("pgbackrest verify", *finished));
    const auto verdict = parseVerify(finished->output);
    const auto found = verdict.backups.find(label);
    if (!verdict.isJudged || found == verdict.backups.end())
        return std::unexpected(Fault{FaultKind::Unavailable, "verify", "pgbackrest verify says nothing of " + label, "Read the transcript."});
    // One reading back judged them all.
    for (const auto &[id, where] : m_origin) {
        const auto other = verdict.backups.find(where.second);
        if (where.first != repo || other == verdict.backups.end())
            continue;
        const auto it = std::ranges::find(m_seen, id, &Backup::id);
        if (it == m_seen.end())
            continue;
        if (auto done = notes().verified(*it, other->second); !done && id == backup.id)
            return done;
    }
    if (!found->second.empty())
        return std::unexpected(Fault{FaultKind::Protocol, "verify", found->second, "Make a full backup now, and look at the repository's disk."});
    return {};
}

std::expected<void, Fault> PgBackRestDriver::restore(const Backup &backup, Scratch &scratch, Work &work)
{
    if (set().host.isRemote())
        return std::unexpected(Fault{FaultKind::Config, "drill", "the repository lies on " + set().host.label() + ", and a drill restores on this machine",
                                     "Run `musterctl backup drill` on " + set().host.label() + '.'});
    const auto origin = m_origin.find(backup.id);
    if (origin == m_origin.end())
        return std::unexpected(Fault{FaultKind::Config, "drill", backup.id + " is not in the repository any more", {}});
    auto all = words({"--repo=" + std::to_string(origin->second.first), "--set=" + origin->second.second, "--pg1-path=" + scratch.data(), "--type=immediate", "--target-action=promote",
                      "--archive-mode=off", "--tablespace-map-all=" + scratch.folder() + "/tablespaces", "--lock-path=" + scratch.folder() + "/lock", "--log-level-file=off",
                      "--log-level-console=detail", "--log-level-stderr=warn", "restore"});
    for (const auto *folder : {"/data", "/tablespaces"}) {
        const auto path = scratch.folder() + folder;
        if (auto made = files::makeFolders(path); !made)
            return made;
        if (auto given = scratch.handOver(path); !given)
            return given;
    }
    auto command = scratch.command(all);
    command.onTick = [&] { work.report({"restoring files (pgbackrest restore)", 0, {}, {}, {}}); };
    const auto finished = scratch.run(command);
    if (!finished)
        return std::unexpected(finished.error());
    work.log(finished->errors);
    if (!finished->isGood()) {
        auto fault = toolFault("pgbackrest restore", *finished);
        if (fault.kind != FaultKind::Cancelled)
            fault.kind = FaultKind::Protocol;
        return std::unexpected(std::move(fault));
    }
    work.report({"recovering", 0, {}, {}, {}});
    return scratch.start({"hot_standby=off"}, Deadline::after(std::chrono::hours(1)));
}

} // namespace muster::backup
