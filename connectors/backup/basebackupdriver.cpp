// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/basebackupdriver.h"

#include "connectors/backup/catalogue.h"
#include "connectors/backup/preflight.h"
#include "connectors/backup/retention.h"
#include "connectors/backup/scratch.h"
#include "connectors/files/durable.h"
#include "models/format/format.h"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::backup {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBaseManifestLimit = std::size_t{256} << 20;
constexpr std::uint64_t kLeastSegment = std::uint64_t{1} << 20U;

std::string rootOf(const std::string &path)
{
    std::error_code error;
    for (const auto *below : {"/data", ""}) {
        if (fs::is_regular_file(path + below + "/backup_manifest", error))
            return path + below;
    }
    return {};
}

/// One that was begun and has no manifest, which is written last; or nothing.
std::optional<Backup> unendedAt(const std::string &path)
{
    std::error_code error;
    for (const auto *below : {"/data", ""}) {
        const auto root = path + below;
        const bool isBegun = fs::exists(root + "/backup_manifest.tmp", error) || (fs::exists(root + "/backup_label", error) && fs::is_directory(root + "/base", error));
        if (!isBegun)
            continue;
        const auto measured = measure(root);
        Backup backup;
        backup.id = fs::path(path).filename().string();
        backup.path = path;
        backup.format = "base backup";
        backup.kind = "full";
        backup.isPhysical = true;
        backup.finishedAt = measured.changedAt;
        backup.size = measured.size;
        backup.files = measured.files;
        const auto quiet = Stamp::now().wall - measured.changedAt;
        backup.isRunning = quiet < kWrittenLimit;
        backup.isInterrupted = !backup.isRunning;
        const auto since = format::duration(toSeconds(quiet));
        backup.state = backup.isRunning ? "being written, or ended: it changed " + since + " ago"
                                        : "interrupted: backup_manifest is missing, which is written last, and nothing changed for " + since;
        return backup;
    }
    return std::nullopt;
}

bool hasTar(const std::string &root)
{
    std::error_code error;
    for (const auto *name : {"/base.tar", "/base.tar.gz", "/base.tar.zst", "/base.tar.lz4"}) {
        if (fs::exists(root + name, error))
            return true;
    }
    return false;
}

/// First file of the manifest that is not there in its size, or "".
std::string fileProblem(const std::string &root, const BaseManifest &manifest)
{
    for (const auto &file : manifest.files) {
        struct stat info {};
        if (::stat((root + '/' + file.path).c_str(), &info) != 0 || !S_ISREG(info.st_mode))
            return file.path + " is missing";
        if (static_cast<std::uint64_t>(info.st_size) != file.size)
            return file.path + " has " + std::to_string(info.st_size) + " bytes instead of " + std::to_string(file.size);
    }
    return {};
}

/// What lies in pg_wal; its files say how large a segment is.
WalArchive walIn(const std::string &root, std::uint64_t segmentSize)
{
    WalArchive wal;
    wal.segmentSize = segmentSize;
    std::error_code error;
    for (fs::directory_iterator it(root + "/pg_wal", error), end; !error && it != end; it.increment(error)) {
        const auto name = it->path().filename().string();
        const auto size = it->is_regular_file(error) ? it->file_size(error) : 0;
        if (!error && size >= kLeastSegment && parseSegment(name, kLeastSegment)) {
            if (wal.isEmpty())
                wal.segmentSize = size;
            if (size == wal.segmentSize)
                wal.add(name, std::nullopt);
        }
    }
    return wal;
}

Proof walProof(const std::string &root, Backup &backup, const BaseManifest &manifest, const Live &live, const WalArchive &archive)
{
    auto wal = walIn(root, live.segmentSize);
    const auto need = walNeed(manifest, wal.segmentSize);
    backup.walFirst = need.first;
    backup.walLast = need.last;
    if (archive.segmentSize == wal.segmentSize)
        wal.segments.insert(archive.segments.begin(), archive.segments.end());
    if (need.first.empty())
        return {"its WAL", Proof::State::Unknown, "its manifest names no WAL"};
    const auto gaps = missingSegments(wal, need.first, need.last);
    return {"its WAL", gaps.empty() ? Proof::State::Good : Proof::State::Bad, gaps.empty() ? std::string() : describe(gaps.front()) + ": the backup cannot be restored"};
}

} // namespace

WalArchive BaseBackupDriver::archive(const Live &live) const
{
    WalArchive archive;
    archive.segmentSize = live.segmentSize;
    std::error_code error;
    if (set().archive.empty())
        return archive;
    for (fs::recursive_directory_iterator it(set().archive, error), end; !error && it != end; it.increment(error)) {
        struct stat info {};
        if (::lstat(it->path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
            archive.add(it->path().filename().string(), WallTime(Millis(info.st_mtim.tv_sec * 1000)));
    }
    return archive;
}

std::optional<Backup> BaseBackupDriver::backupAt(const std::string &path, const Live &live, const WalArchive &archive) const
{
    const auto root = rootOf(path);
    if (root.empty())
        return unendedAt(path);
    Backup backup;
    backup.id = fs::path(path).filename().string();
    backup.path = path;
    backup.format = hasTar(root) ? "base backup, tar" : "base backup";
    backup.kind = "full";
    backup.isPhysical = true;
    const auto measured = measure(root + "/backup_manifest");
    backup.finishedAt = measured.changedAt;
    const auto bytes = files::readFile(root + "/backup_manifest", kBaseManifestLimit);
    const auto manifest = bytes ? parseBaseManifest(*bytes) : std::unexpected(bytes.error().detail);
    if (const auto own = readManifest(path); own && own->set == set().name) {
        backup.isOwn = true;
        backup.startedAt = own->startedAt;
        backup.finishedAt = own->finishedAt;
        backup.took = own->finishedAt - own->startedAt;
        backup.toolVersion = own->toolVersion;
    }
    if (!manifest) {
        backup.proofs.push_back({"manifest", Proof::State::Bad, manifest.error()});
        return backup;
    }
    backup.files = manifest->files.size();
    for (const auto &file : manifest->files)
        backup.size += file.size;
    backup.restoredSize = backup.size;
    backup.fingerprint = manifest->checksum;
    backup.systemIdentifier = manifest->systemIdentifier;
    if (hasTar(root)) {
        backup.restoredSize = backup.size;
        backup.size = measure(root).size;
        backup.proofs.push_back({"what is in its tar files", Proof::State::Unknown, "they are only read when they are unpacked; make base backups in plain format"});
        return backup;
    }
    if (const auto control = files::readFile(root + "/global/pg_control", std::size_t{64} << 10U))
        backup.systemIdentifier = identifierOf(*control);
    if (const auto version = files::readFile(root + "/PG_VERSION", 64)) {
        backup.serverVersion = version->substr(0, version->find('\n'));
        backup.major = majorOf(backup.serverVersion);
    }
    const auto problem = fileProblem(root, *manifest);
    backup.proofs.push_back({"files and sizes", problem.empty() ? Proof::State::Good : Proof::State::Bad, problem});
    backup.proofs.push_back(walProof(root, backup, *manifest, live, archive));
    return backup;
}

std::expected<Catalogue, Fault> BaseBackupDriver::list(const Live &live, Deadline, const std::stop_token &stop)
{
    Catalogue catalogue;
    const auto wal = archive(live);
    std::error_code error;
    for (fs::directory_iterator it(set().directory, error), end; !error && it != end && !stop.stop_requested(); it.increment(error)) {
        const auto name = it->path().filename().string();
        if (name.starts_with('.') || it->is_symlink() || !it->is_directory())
            continue;
        if (name.ends_with(kPartialSuffix)) {
            if (name.starts_with(safeName(set().name) + '-'))
                catalogue.backups.push_back(partialBackup(it->path().string()));
        } else if (auto backup = backupAt(it->path().string(), live, wal)) {
            catalogue.backups.push_back(std::move(*backup));
        }
    }
    if (error)
        return std::unexpected(files::systemFault("directory", set().directory, error.value()));
    finish(catalogue, live);
    if (!set().archive.empty())
        catalogue.recovery = recoveryOf(catalogue.backups, wal);
    catalogue.expiry = Expiry{"the newest " + std::to_string(set().keep) + " good ones of Muster's own stay; others' backups and the WAL archive are never removed",
                              outdatedNext(catalogue.backups, set().keep), {}, {}};
    for (const auto &backup : catalogue.backups) {
        if (backup.rung == Rung::Running)
            catalogue.running = Running{backup.state, {}, {}, static_cast<double>(backup.size), {}, false};
    }
    m_live = live;
    return catalogue;
}

void BaseBackupDriver::planRun(const ServerState &state, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    m_state = state;
    plan.checks.push_back(checkDirectory(set().directory));
    const auto live = server.live(deadline);
    const auto existing = list(live ? *live : Live{}, deadline, stop);
    const auto replication = server.replication(deadline);
    if (!replication) {
        plan.checks.push_back({"The role may stream", PlanCheckState::Failed, replication.error().detail});
        return;
    }
    m_tablespaces = replication->tablespaces;
    plan.checks.push_back({"The role may stream", replication->isAllowed ? PlanCheckState::Passed : PlanCheckState::Failed,
                           replication->isAllowed ? std::string() : "run: ALTER ROLE " + postgres::quoteConninfo(state.user) + " REPLICATION;"});
    if (!replication->hasFreeSender)
        plan.checks.push_back({"Two WAL senders are free", PlanCheckState::Failed, "all of max_wal_senders are taken"});
    auto tools = findTools(state.major, set().toolFolders, deadline, stop);
    const bool hasTools = tools && ::access(tools->baseBackup().c_str(), X_OK) == 0;
    plan.checks.push_back({"pg_basebackup of the server's major", hasTools ? PlanCheckState::Passed : PlanCheckState::Failed,
                           hasTools ? tools->baseBackup() + ' ' + tools->version : tools ? tools->folder + " has no pg_basebackup" : tools.error().detail + ". " + tools.error().hint});
    double size = 0;
    for (const auto &database : state.databases)
        size += database.size;
    plan.checks.push_back(checkSpace(set().directory, existing ? existing->backups : std::vector<Backup>(), size, "the databases' size"));
    m_removals = existing ? outdatedNext(existing->backups, set().keep) : std::vector<std::string>();
    plan.changes = {{"Writes", set().directory + '/' + backupId(set().name, Stamp::now().wall, state.systemIdentifier)},
                    {"Copies", "the whole cluster, " + format::size(size) + " in databases"},
                    {"Connections", "2 WAL senders and one more while it runs"},
                    {"Removes when verified", m_removals.empty() ? "nothing" : joined(m_removals)}};
    if (!hasTools)
        return;
    m_tools = std::move(*tools);
    plan.command = m_tools->baseBackup() + " --format=plain --wal-method=stream, then " + m_tools->verifyBackup();
}

void BaseBackupDriver::expire(Outcome &outcome)
{
    const auto now = list(m_live, Deadline::after(Millis(30000)), {});
    const auto ids = now ? outdated(now->backups, set().keep) : std::vector<std::string>();
    for (const auto &id : m_removals) {
        if (std::ranges::find(ids, id) == ids.end())
            continue;
        const auto removed = removeBackup(set().directory, id);
        outcome.details.push_back({removed ? "Removed" : "Not removed", removed ? id : removed.error().detail});
    }
}

bool BaseBackupDriver::discard(const std::string &id)
{
    return removeBackup(set().directory, id).has_value();
}

} // namespace muster::backup
