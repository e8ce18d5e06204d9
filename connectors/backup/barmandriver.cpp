// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/barmandriver.h"

#include "connectors/backup/preflight.h"
#include "connectors/backup/readback.h"
#include "connectors/backup/scratch.h"
#include "connectors/files/durable.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr std::size_t kAnswerLimit = std::size_t{64} << 20;
constexpr Millis kLookEvery{std::chrono::minutes{5}};
constexpr Millis kJobLimit{std::chrono::hours{48}};
constexpr Millis kLeast{2000};

} // namespace

std::vector<std::string> BarmanDriver::words(std::vector<std::string> more) const
{
    std::vector<std::string> all{"barman"};
    if (!set().config.empty())
        all.insert(all.end(), {"--config", set().config});
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::expected<std::string, Fault> BarmanDriver::ask(const std::vector<std::string> &all, Deadline deadline, const std::stop_token &stop) const
{
    auto command = set().host.command(all);
    command.outputLimit = kAnswerLimit;
    auto finished = set().host.run(command, deadline, stop);
    if (!finished)
        return std::unexpected(finished.error());
    // `check` ends with 1 when something failed, and says what.
    if (!finished->isGood() && finished->output.empty())
        return std::unexpected(toolFault(all.front(), *finished));
    return std::move(finished->output);
}

std::expected<void, Fault> BarmanDriver::lookAtFiles(const std::string &ids, Deadline deadline, const std::stop_token &stop)
{
    if (!m_folders) {
        const auto answer = ask(words({"--format", "json", "show-servers", set().barmanServer}), deadline, stop);
        auto parsed = answer ? barman::parseServer(*answer, set().barmanServer) : std::unexpected(answer.error().detail);
        if (!parsed)
            return std::unexpected(Fault{FaultKind::Config, "barman", parsed.error(), "Look at: barman show-servers " + set().barmanServer});
        m_folders = std::move(*parsed);
    }
    if (ids == m_lookedFor && m_lookedAt != BootTime{} && BootClock::now() - m_lookedAt < kLookEvery)
        return {};
    const auto find = [&](const std::string &folder) {
        auto found = ask({"find", folder, "-type", "f", "-printf", "%s %T@ %P\\0"}, deadline, stop);
        const bool isAbsent = !found && found.error().detail.find("No such file or directory") != std::string::npos; // before the first backup
        return isAbsent ? std::expected<std::string, Fault>() : found;
    };
    const auto wals = find(m_folders->wals);
    const auto files = wals ? find(m_folders->base) : wals;
    if (!files)
        return std::unexpected(files.error());
    m_wals = barman::parseFound(*wals);
    m_files = barman::parseFound(*files);
    if (const auto check = ask(words({"--format", "json", "check", set().barmanServer}), deadline, stop))
        m_checks = barman::parseCheck(*check, set().barmanServer);
    m_lookedFor = ids;
    m_lookedAt = BootClock::now();
    return {};
}

WalArchive BarmanDriver::archive(const Live &live) const
{
    WalArchive archive;
    archive.segmentSize = live.segmentSize;
    for (const auto &[path, file] : m_wals) {
        if (file.size > 0)
            archive.add(std::string_view(path).substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1), file.changedAt);
    }
    return archive;
}

void BarmanDriver::proveFiles(Backup &backup, Deadline deadline, const std::stop_token &stop)
{
    const auto data = backup.id + "/data/";
    const auto root = m_folders->base + '/' + data;
    if (!m_files.contains(data + "global/pg_control")) {
        backup.proofs.push_back({"its files", Proof::State::Bad, "data/global/pg_control is missing"});
        return;
    }
    if (!m_identifiers.contains(backup.id) && deadline.left() > kLeast) {
        if (const auto head = ask({"head", "-c", "8", "--", root + "global/pg_control"}, deadline, stop))
            m_identifiers[backup.id] = identifierOf(*head);
    }
    if (const auto known = m_identifiers.find(backup.id); known != m_identifiers.end())
        backup.systemIdentifier = known->second;
    if (!m_files.contains(data + "backup_manifest"))
        return; // of rsync: verify-backup asks for one, so it cannot be called verified without it
    if (!m_manifests.contains(backup.id) && deadline.left() > kLeast) {
        const auto text = ask({"cat", "--", root + "backup_manifest"}, deadline, stop);
        const auto manifest = text ? parseBaseManifest(*text) : std::unexpected(text.error().detail);
        if (!manifest) {
            backup.proofs.push_back({"its manifest", Proof::State::Bad, manifest.error()});
            return;
        }
        m_manifests[backup.id] = *manifest;
    }
    const auto manifest = m_manifests.find(backup.id);
    if (manifest == m_manifests.end()) {
        backup.proofs.push_back({"its files", Proof::State::Unknown, "not looked at yet, the next round goes on"});
        return;
    }
    backup.files = manifest->second.files.size();
    std::string problem;
    for (const auto &file : manifest->second.files) {
        if (file.path.starts_with("pg_tblspc/"))
            continue; // lies in a folder of its own beside data
        const auto found = m_files.find(data + file.path);
        if (found == m_files.end())
            problem = file.path + " is missing";
        else if (found->second.size != file.size)
            problem = file.path + " has " + std::to_string(found->second.size) + " bytes instead of " + std::to_string(file.size);
        if (!problem.empty())
            break;
    }
    backup.proofs.push_back({"its files", problem.empty() ? Proof::State::Good : Proof::State::Bad, problem});
}

void BarmanDriver::prove(barman::Entry &entry, const WalArchive &archive, const Live &, Deadline deadline, const std::stop_token &stop)
{
    auto &backup = entry.backup;
    backup.path = m_folders->base + '/' + backup.id;
    auto details = m_details.find(backup.id);
    if (details == m_details.end() && deadline.left() > kLeast) {
        if (const auto answer = ask(words({"--format", "json", "show-backup", set().barmanServer, backup.id}), deadline, stop))
            details = m_details.emplace(backup.id, *answer).first;
    }
    if (details == m_details.end()) {
        backup.proofs.push_back({"its details", Proof::State::Unknown, "barman does not show them yet"});
        return;
    }
    barman::addDetails(details->second, set().barmanServer, entry);
    if (entry.status != "DONE")
        m_details.erase(details); // they still change
    if (backup.isRunning || backup.isInterrupted)
        return;
    const auto gaps = missingSegments(archive, backup.walFirst, backup.walLast);
    if (entry.status == "DONE")
        backup.proofs.push_back({"its WAL", gaps.empty() ? Proof::State::Good : Proof::State::Bad,
                                 gaps.empty() ? std::string() : describe(gaps.front()) + ": the backup cannot be restored"});
    proveFiles(backup, deadline, stop);
    if (backup.systemIdentifier.empty())
        backup.proofs.push_back({"its cluster", Proof::State::Unknown, "its pg_control cannot be read"});
}

/// The process that holds Barman's lock of this server's backups; nullopt: nobody does. Only looked at: whoever takes it makes Barman refuse.
std::expected<std::optional<long>, Fault> BarmanDriver::backupLock(Deadline deadline, const std::stop_token &stop) const
{
    const auto path = m_folders->locks + "/." + set().barmanServer + "-backup.lock";
    const auto inode = ask({"find", path, "-maxdepth", "0", "-printf", "%i"}, deadline, stop);
    if (!inode && inode.error().detail.find("No such file or directory") != std::string::npos)
        return std::nullopt;
    const auto locks = inode ? ask({"cat", "/proc/locks"}, deadline, stop) : inode;
    if (!locks)
        return std::unexpected(locks.error());
    return barman::flockHolder(*locks, *inode);
}

/// STARTED stays STARTED when Barman was killed: then its lock is free.
std::optional<Running> BarmanDriver::runningOf(barman::Entry &entry, Deadline deadline, const std::stop_token &stop) const
{
    auto &backup = entry.backup;
    if (!backup.isRunning)
        return std::nullopt;
    Running running{"Barman, as seen from " + set().host.label(), entry.status == "SYNCING" ? "syncing" : "copying", backup.startedAt, 0, {}, false};
    const auto holder = entry.status == "SYNCING" || m_folders->locks.empty() ? std::expected<std::optional<long>, Fault>(0) : backupLock(deadline, stop);
    if (holder && !*holder) {
        backup.isRunning = false;
        backup.isInterrupted = true;
        backup.state = "interrupted: Barman says " + entry.status + ", and no process holds its lock any more";
        return std::nullopt;
    }
    if (holder && **holder > 0)
        running.who += ", process " + std::to_string(**holder);
    return running;
}

Expiry BarmanDriver::expiry(const std::vector<Backup> &judged, std::vector<std::string> removes) const
{
    Expiry expiry{m_folders->policy.empty() ? "no retention policy is configured: nothing is ever removed" : m_folders->policy, std::move(removes), {}, {}};
    if (m_folders->minimum > 0)
        expiry.rule += ", never below " + std::to_string(m_folders->minimum);
    const auto isGone = [&](const std::string &id) { return std::ranges::find(expiry.removes, id) != expiry.removes.end(); };
    bool losesGood = false;
    bool keepsGood = false;
    for (const auto &backup : judged) {
        const bool isGood = backup.rung >= Rung::Complete && backup.kind == "full";
        losesGood = losesGood || (isGood && isGone(backup.id));
        keepsGood = keepsGood || (isGood && !isGone(backup.id));
        if (!isGone(backup.id) && std::ranges::any_of(backup.references, isGone))
            expiry.strands.push_back(backup.id);
    }
    if (losesGood && !keepsGood)
        expiry.warning = "no complete full backup would be left";
    return expiry;
}

std::expected<Catalogue, Fault> BarmanDriver::list(const Live &live, Deadline deadline, const std::stop_token &stop)
{
    const auto answer = ask(words({"--format", "json", "list-backups", set().barmanServer}), deadline, stop);
    if (!answer)
        return std::unexpected(answer.error());
    std::vector<std::string> removes;
    auto entries = barman::parseList(*answer, set().barmanServer, removes);
    if (!entries)
        return std::unexpected(Fault{FaultKind::Config, "barman", entries.error(), "Look at: barman list-backups " + set().barmanServer});
    std::string ids;
    for (const auto &entry : *entries)
        ids += entry.backup.id + entry.status + ' ';
    if (auto looked = lookAtFiles(ids, deadline, stop); !looked)
        return std::unexpected(looked.error());
    const auto wal = archive(live);
    Catalogue catalogue;
    for (auto &entry : *entries) {
        prove(entry, wal, live, deadline, stop);
        if (auto running = runningOf(entry, deadline, stop))
            catalogue.running = std::move(*running);
        catalogue.backups.push_back(entry.backup);
    }
    finish(catalogue, live);
    catalogue.recovery = recoveryOf(catalogue.backups, wal);
    catalogue.expiry = expiry(catalogue.backups, std::move(removes));
    catalogue.warnings = m_checks;
    return catalogue;
}

void BarmanDriver::planRun(const ServerState &state, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    Live live;
    live.systemIdentifier = state.systemIdentifier;
    if (const auto now = server.live(deadline))
        live = *now;
    wantAll();
    const auto catalogue = list(live, deadline, stop);
    plan.checks.push_back({"Barman answers on " + set().host.label(), catalogue ? PlanCheckState::Passed : PlanCheckState::Failed, catalogue ? std::string() : catalogue.error().detail});
    if (!catalogue)
        return;
    if (catalogue->running)
        plan.checks.push_back({"Barman makes no backup now", PlanCheckState::Failed, "someone else is running: " + catalogue->running->who});
    // `barman backup` runs these checks first and refuses by itself; a missing first backup is no reason.
    for (const auto &failed : m_checks) {
        if (failed.find("minimum_redundancy") == std::string::npos && failed.find("backup_maximum_age") == std::string::npos)
            plan.checks.push_back({failed, PlanCheckState::Warned, {}});
    }
    if (!catalogue->expiry->warning.empty())
        plan.checks.push_back({"The expiry leaves a complete full backup", PlanCheckState::Warned, catalogue->expiry->warning});
    plan.changes = {{"Writes", "a backup of server " + set().barmanServer + " below " + m_folders->base}};
    plan.command = "barman backup " + set().barmanServer + " --wait on " + set().host.label() + ", then barman verify-backup";
}

std::expected<std::string, Fault> BarmanDriver::run(Work &work)
{
    auto command = set().host.command(words({"backup", set().barmanServer, "--wait"}), {}, set().host.isRemote());
    Progress progress{"starting", 0, {}, {}, {}};
    std::string id;
    const auto take = [&](std::string_view line) {
        work.log(line);
        constexpr std::string_view kCopy = "Starting backup copy via ", kFor = " for ";
        if (line.find(kCopy) != std::string_view::npos) {
            progress.phase = "copying";
            if (const auto at = line.rfind(kFor); at != std::string_view::npos)
                id = line.substr(at + kFor.size());
        } else if (line.find("Copy done") != std::string_view::npos || line.find("Finalising") != std::string_view::npos) {
            progress.phase = "finishing";
        } else if (line.find("Waiting for the WAL file") != std::string_view::npos) {
            progress.phase = "waiting for its WAL in the archive";
        }
        work.report(progress);
    };
    std::string rest;
    command.onErrorLine = take;
    command.onOutput = [&](std::string_view bytes) {
        rest += bytes;
        for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
            auto line = std::string_view(rest).substr(0, end);
            take(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
            rest.erase(0, end + 1);
        }
        return true;
    };
    command.onTick = [&] { work.report(progress); };
    const auto finished = set().host.run(command, Deadline::after(kJobLimit), work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    if ((finished->output + finished->errors).find("Another backup process is running") != std::string::npos)
        return std::unexpected(Fault{FaultKind::Denied, "held", "someone else is running a backup of this server (Barman's own lock)", {}});
    if (!finished->isGood())
        return std::unexpected(toolFault("barman backup", *finished));
    if (id.empty())
        return std::unexpected(Fault{FaultKind::Protocol, "barman", "it ended well and named no new backup", "Look at: barman list-backups " + set().barmanServer});
    wantAll();
    return id;
}

void BarmanDriver::planVerify(const Backup &backup, Deadline, const std::stop_token &, Plan &plan)
{
    plan.changes.push_back({"Reads", backup.path});
    plan.command = "barman verify-backup " + set().barmanServer + ' ' + backup.id + " on " + set().host.label();
}

std::expected<void, Fault> BarmanDriver::verify(const Backup &backup, Work &work)
{
    auto command = set().host.command(words({"verify-backup", set().barmanServer, backup.id}));
    command.onTick = [&] { work.report({"reading back (barman verify-backup)", 0, {}, {}, {}}); };
    const auto finished = set().host.run(command, Deadline::after(kJobLimit), work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    work.log(finished->output + finished->errors);
    if (finished->ending == process::Ending::Cancelled)
        return std::unexpected(Fault{FaultKind::Cancelled, "verify", "cancelled", {}});
    const auto said = finished->output + finished->errors;
    if (said.find("backup_manifest") != std::string::npos && said.find("does not exist") != std::string::npos && !m_manifests.contains(backup.id))
        return std::unexpected(Fault{FaultKind::Config, "verify", "it has no backup_manifest, so nothing can be compared", "Run: barman generate-manifest " + set().barmanServer + ' ' + backup.id});
    // The sentence, not only the exit status.
    const bool isGood = finished->isGood() && said.find("successfully verified") != std::string::npos;
    const auto problem = isGood ? std::string() : "barman verify-backup: " + errorLines(said);
    if (auto noted = notes().verified(backup, problem); !noted && isGood)
        return noted;
    return isGood ? std::expected<void, Fault>() : std::unexpected(Fault{FaultKind::Protocol, "verify", problem, "Make a backup now, and look at the disk."});
}

std::expected<void, Fault> BarmanDriver::restore(const Backup &backup, Scratch &scratch, Work &work)
{
    if (set().host.isRemote())
        return std::unexpected(Fault{FaultKind::Config, "drill", "the backups lie on " + set().host.label() + ", and a drill restores on this machine",
                                     "Run `musterctl backup drill` on " + set().host.label() + '.'});
    auto command = scratch.command(words({"recover", "--target-immediate", set().barmanServer, backup.id, scratch.data()}));
    command.onTick = [&] { work.report({"restoring files (barman recover)", 0, {}, {}, {}}); };
    const auto finished = scratch.run(command);
    if (!finished)
        return std::unexpected(finished.error());
    work.log(finished->output + finished->errors);
    if (!finished->isGood())
        return std::unexpected(drillFault("barman recover", *finished));
    work.report({"recovering", 0, {}, {}, {}});
    return scratch.start({"hot_standby=off", "recovery_target_action=promote"}, Deadline::after(std::chrono::hours(1)));
}

} // namespace muster::backup
