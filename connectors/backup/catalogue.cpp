// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/catalogue.h"

#include "connectors/backup/backupset.h"
#include "connectors/backup/dumpheader.h"
#include "connectors/backup/owner.h"
#include "connectors/files/durable.h"
#include "models/format/format.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <sys/stat.h>

namespace muster::backup {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFilesLimit = 200000;
constexpr Millis kQuietLimit{std::chrono::minutes{10}};
constexpr Millis kClockGrain{2000}; // file systems and clocks disagree by less

WallTime changeTime(const struct stat &info)
{
    return WallTime(Millis(info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000));
}

/// First thing that is wrong with the files of a manifest, or "". `newest` becomes the latest change of a file.
std::string fileProblem(const std::string &path, const Manifest &manifest, WallTime &newest)
{
    for (const auto &file : manifest.files) {
        struct stat info {};
        if (::lstat((path + '/' + file.path).c_str(), &info) != 0 || !S_ISREG(info.st_mode))
            return file.path + " is missing";
        if (static_cast<std::uint64_t>(info.st_size) != file.size)
            return file.path + " has " + std::to_string(info.st_size) + " bytes instead of " + std::to_string(file.size);
        newest = std::max(newest, changeTime(info));
    }
    const auto has = [&](const std::string &name) {
        return std::ranges::any_of(manifest.files, [&](const ManifestFile &file) { return file.path == name && file.size > 0; });
    };
    if (!has(kGlobalsName))
        return "globals.sql (roles, tablespaces) is missing";
    if (manifest.databases.empty())
        return "it holds no database";
    for (const auto &database : manifest.databases) {
        if (!has(database.folder + "/toc.dat"))
            return "the dump of database " + database.name + " is missing";
    }
    return {};
}

std::optional<Backup> own(const std::string &path, const std::string &set)
{
    Backup backup;
    backup.id = fs::path(path).filename().string();
    backup.path = path;
    backup.format = "muster";
    backup.kind = "dump";
    const auto manifest = readManifest(path);
    if (!manifest) {
        const auto measured = measure(path);
        backup.proofs.push_back({"manifest", Proof::State::Bad, manifest.error()});
        backup.finishedAt = measured.changedAt;
        backup.size = measured.size;
        return backup;
    }
    if (manifest->set != set)
        return std::nullopt;
    backup.isOwn = true;
    backup.startedAt = manifest->startedAt;
    backup.finishedAt = manifest->finishedAt;
    backup.took = manifest->finishedAt - manifest->startedAt;
    backup.size = manifest->totalSize();
    backup.files = manifest->files.size();
    backup.serverVersion = manifest->serverVersion;
    backup.major = majorOf(manifest->serverVersion);
    backup.systemIdentifier = manifest->systemIdentifier;
    backup.toolVersion = manifest->toolVersion;
    backup.fingerprint = manifest->id + ' ' + std::to_string(backup.size);
    for (const auto &database : manifest->databases) {
        backup.databases.push_back(database.name);
        backup.restoredSize += static_cast<std::uint64_t>(std::max(0.0, database.size));
    }
    WallTime newest{};
    const auto problem = fileProblem(path, *manifest, newest);
    backup.proofs.push_back({"files, sizes, globals", problem.empty() ? Proof::State::Good : Proof::State::Bad, problem});
    backup.verifyProblem = manifest->problem;
    backup.verifiedAt = manifest->verifiedAt;
    if (backup.verifiedAt && newest > *backup.verifiedAt + kClockGrain) {
        backup.verifiedAt.reset();
        backup.state = "a file changed after it was verified: verify again";
    }
    return backup;
}

Backup foreign(const std::string &path, const Measure &measured, const DumpHeader &header)
{
    Backup backup;
    backup.id = fs::path(path).filename().string();
    backup.path = path;
    backup.format = header.label();
    backup.kind = header.isCluster && !header.isWhole ? "globals" : "dump";
    backup.isWhole = header.isWhole;
    backup.finishedAt = header.createdAt.value_or(measured.changedAt);
    backup.size = measured.size;
    backup.files = measured.files;
    backup.serverVersion = header.serverVersion;
    backup.major = majorOf(header.serverVersion);
    backup.toolVersion = header.toolVersion;
    backup.fingerprint = measured.fingerprint();
    if (!header.database.empty())
        backup.databases = {header.database};
    if (const auto quiet = Stamp::now().wall - measured.changedAt; header.isUnended && quiet < kWrittenLimit) {
        backup.isRunning = true;
        backup.state = "being written, or cut: it changed " + format::duration(toSeconds(quiet)) + " ago";
        backup.finishedAt = measured.changedAt;
    }
    backup.proofs.push_back({"its beginning and end", header.problem.empty() ? Proof::State::Good : Proof::State::Bad, header.problem});
    return backup;
}

/// A dump of one database has no roles and tablespaces: it is worth something with a dump of them from about the same time.
void requireGlobals(std::vector<Backup> &found, Millis window)
{
    for (auto &backup : found) {
        if (backup.kind != "dump" || backup.isWhole || backup.isOwn || backup.isRunning || backup.isInterrupted)
            continue;
        const bool hasGlobals = std::ranges::any_of(found, [&](const Backup &other) {
            const auto apart = other.finishedAt > backup.finishedAt ? other.finishedAt - backup.finishedAt : backup.finishedAt - other.finishedAt;
            return (other.kind == "globals" || other.isWhole) && apart <= window && std::ranges::none_of(other.proofs, [](const Proof &proof) { return proof.state == Proof::State::Bad; });
        });
        if (!hasGlobals)
            backup.obstacle = "its globals (roles, tablespaces) are missing: no good dump of pg_dumpall --globals-only lies beside it";
    }
}

bool isLookedAt(const std::string &path, const std::string &name, struct stat &info)
{
    return !name.starts_with('.') && ::lstat(path.c_str(), &info) == 0 && (S_ISDIR(info.st_mode) || S_ISREG(info.st_mode));
}

} // namespace

std::string Measure::fingerprint() const
{
    return std::to_string(size) + ' ' + std::to_string(changedAt.time_since_epoch().count());
}

Measure measure(const std::string &path)
{
    Measure result;
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return result;
    if (S_ISREG(info.st_mode))
        return {static_cast<std::uint64_t>(info.st_size), 1, changeTime(info)};
    std::error_code error;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end && result.files < kFilesLimit; it.increment(error)) {
        if (::lstat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode))
            continue;
        result.size += static_cast<std::uint64_t>(info.st_size);
        ++result.files;
        result.changedAt = std::max(result.changedAt, changeTime(info));
    }
    return result;
}

std::optional<DumpHeader> HeadCache::of(const std::string &path, const Measure &measured, const std::stop_token &stop)
{
    auto &entry = m_entries[path];
    if (const auto fingerprint = measured.fingerprint(); entry.fingerprint != fingerprint)
        entry = {fingerprint, recognise(path, stop)};
    return entry.header;
}

int majorOf(const std::string &version)
{
    return std::atoi(version.c_str());
}

Backup partialBackup(const std::string &path)
{
    const auto measured = measure(path);
    Backup backup;
    backup.id = fs::path(path).filename().string();
    backup.path = path;
    backup.format = "muster";
    backup.isInterrupted = true;
    backup.isOwn = true;
    backup.finishedAt = measured.changedAt;
    backup.size = measured.size;
    backup.files = measured.files;
    const auto bytes = files::readFile(path + '/' + kOwnerName, 4096);
    const auto owner = bytes ? Owner::parse(*bytes) : std::unexpected(std::string("nobody marked it as theirs"));
    if (!owner) {
        backup.state = "interrupted: " + owner.error();
    } else if (!owner->isOnThisHost()) {
        // Its process cannot be looked at from here; that it grows can.
        const auto quiet = Stamp::now().wall - measured.changedAt;
        backup.isRunning = quiet < kQuietLimit;
        backup.isInterrupted = !backup.isRunning;
        const auto who = owner->operatorName + " on " + owner->host + " since " + owner->startedAt;
        backup.state = backup.isRunning ? "being made by " + who : "interrupted: left behind by " + who + "; nothing changed for " + format::duration(toSeconds(quiet));
    } else if (owner->isAlive()) {
        backup.isRunning = true;
        backup.isInterrupted = false;
        backup.state = "being made by " + owner->operatorName + " since " + owner->startedAt;
    } else {
        backup.isRemovable = true;
        backup.state = "interrupted: its maker (process " + std::to_string(owner->pid) + ", " + owner->operatorName + ", since " + owner->startedAt + ") is gone";
    }
    return backup;
}

std::expected<std::vector<Backup>, Fault> scanDumps(const Set &set, HeadCache &heads, const std::stop_token &stop)
{
    std::vector<Backup> found;
    std::error_code error;
    for (fs::directory_iterator it(set.directory, error), end; !error && it != end && !stop.stop_requested(); it.increment(error)) {
        const auto path = it->path().string();
        const auto name = it->path().filename().string();
        struct stat info {};
        if (!isLookedAt(path, name, info))
            continue;
        if (S_ISDIR(info.st_mode) && name.ends_with(kPartialSuffix)) {
            if (name.starts_with(safeName(set.name) + '-'))
                found.push_back(partialBackup(path));
        } else if (S_ISDIR(info.st_mode) && ::lstat((path + '/' + kManifestName).c_str(), &info) == 0) {
            if (auto backup = own(path, set.name))
                found.push_back(std::move(*backup));
        } else if (S_ISREG(info.st_mode) || isDumpFolder(path)) {
            const auto measured = measure(path);
            if (const auto header = heads.of(path, measured, stop))
                found.push_back(foreign(path, measured, *header));
        }
    }
    if (error)
        return std::unexpected(files::systemFault("directory", set.directory, error.value()));
    requireGlobals(found, set.window);
    return found;
}

std::expected<Manifest, std::string> readManifest(const std::string &path)
{
    const auto bytes = files::readFile(path + '/' + kManifestName, kManifestLimit);
    if (!bytes)
        return std::unexpected(bytes.error().detail);
    return parseManifest(*bytes);
}

std::expected<void, Fault> writeManifest(const std::string &path, const Manifest &manifest)
{
    return files::replaceFile(path + '/' + kManifestName, toJson(manifest));
}

} // namespace muster::backup
