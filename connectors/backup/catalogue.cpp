// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/catalogue.h"

#include "connectors/backup/backupset.h"
#include "connectors/backup/dumpheader.h"
#include "connectors/backup/owner.h"
#include "connectors/files/durable.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <sys/stat.h>

namespace muster::backup {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kEntriesLimit = 1000;
constexpr std::size_t kFilesLimit = 200000;
constexpr Millis kClockGrain{2000}; // file systems and clocks disagree by less

struct Measure {
    std::uint64_t size = 0;
    std::size_t files = 0;
    WallTime changedAt{};
};

WallTime changeTime(const struct stat &info)
{
    return WallTime(Millis(info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000));
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

std::string proofText(const Measure &measured)
{
    return std::to_string(measured.size) + ' ' + std::to_string(measured.changedAt.time_since_epoch().count()) + '\n';
}

Backup partial(const std::string &path)
{
    const auto measured = measure(path);
    Backup backup{fs::path(path).filename().string(), path, "muster", Rung::Interrupted, {}, measured.changedAt, {}, measured.size, measured.files, {}, {}, {},
                  true, false, false};
    const auto bytes = files::readFile(path + '/' + kOwnerName, 4096);
    const auto owner = bytes ? Owner::parse(*bytes) : std::unexpected(std::string("nobody marked it as theirs"));
    if (!owner) {
        backup.reason = "interrupted: " + owner.error();
    } else if (!owner->isOnThisHost()) {
        backup.reason = "being made, or left behind, by " + owner->operatorName + " on " + owner->host + " since " + owner->startedAt;
    } else if (owner->isAlive()) {
        backup.rung = Rung::Running;
        backup.reason = "being made by " + owner->operatorName + " since " + owner->startedAt;
    } else {
        backup.isRemovable = true;
        backup.reason = "interrupted: its maker (process " + std::to_string(owner->pid) + ", " + owner->operatorName + ", since " + owner->startedAt + ") is gone";
    }
    return backup;
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

std::optional<Backup> own(const std::string &path, const std::string &set, const std::string &systemIdentifier)
{
    Backup backup;
    backup.id = fs::path(path).filename().string();
    backup.path = path;
    backup.format = "muster";
    const auto manifest = readManifest(path);
    if (!manifest) {
        const auto measured = measure(path);
        backup.rung = Rung::Damaged;
        backup.reason = manifest.error();
        backup.finishedAt = measured.changedAt;
        backup.size = measured.size;
        return backup;
    }
    if (manifest->set != set)
        return std::nullopt;
    backup.isOwn = true;
    backup.finishedAt = manifest->finishedAt;
    backup.took = manifest->finishedAt - manifest->startedAt;
    backup.size = manifest->totalSize();
    backup.files = manifest->files.size();
    backup.serverVersion = manifest->serverVersion;
    backup.systemIdentifier = manifest->systemIdentifier;
    backup.toolVersion = manifest->toolVersion;
    backup.isOtherCluster = !systemIdentifier.empty() && systemIdentifier != manifest->systemIdentifier;
    WallTime newest{};
    const auto problem = manifest->problem.empty() ? fileProblem(path, *manifest, newest) : manifest->problem;
    if (!problem.empty()) {
        backup.rung = Rung::Damaged;
        backup.reason = problem;
    } else if (backup.isOtherCluster) {
        backup.reason = "of another cluster: system identifier " + manifest->systemIdentifier + ", the server's is " + systemIdentifier;
    } else if (!manifest->verifiedAt) {
        backup.rung = Rung::Complete;
        backup.reason = "not read back yet";
    } else if (newest > *manifest->verifiedAt + kClockGrain) {
        backup.rung = Rung::Complete;
        backup.reason = "a file changed after it was verified: verify again";
    } else {
        backup.rung = Rung::Verified;
    }
    return backup;
}

std::optional<Backup> foreign(const std::string &path)
{
    const auto header = recognise(path);
    if (!header)
        return std::nullopt;
    const auto measured = measure(path);
    Backup backup{fs::path(path).filename().string(), path, header->format, Rung::Finished, "made by another tool and not read back here",
                  header->createdAt.value_or(measured.changedAt), {}, measured.size, measured.files, header->serverVersion, {}, header->toolVersion,
                  false, false, false};
    if (!header->problem.empty()) {
        backup.rung = Rung::Damaged;
        backup.reason = header->problem;
    } else if (const auto proof = files::readFile(foreignProofPath(path), 256); proof && *proof == proofText(measured)) {
        backup.rung = Rung::Verified;
    } else if (!header->isArchive()) {
        backup.reason = "a " + header->format + " dump cannot be read back here";
    }
    return backup;
}

std::optional<Backup> judge(const fs::directory_entry &entry, const std::string &set, const std::string &systemIdentifier)
{
    const auto path = entry.path().string();
    const auto name = entry.path().filename().string();
    struct stat info {};
    if (name.starts_with('.') || ::lstat(path.c_str(), &info) != 0 || !(S_ISDIR(info.st_mode) || S_ISREG(info.st_mode)))
        return std::nullopt;
    if (S_ISDIR(info.st_mode) && name.ends_with(kPartialSuffix))
        return name.starts_with(safeName(set) + '-') ? std::optional(partial(path)) : std::nullopt;
    if (S_ISDIR(info.st_mode) && ::lstat((path + '/' + kManifestName).c_str(), &info) == 0)
        return own(path, set, systemIdentifier);
    return foreign(path);
}

} // namespace

std::string_view toString(Rung rung)
{
    switch (rung) {
    case Rung::Running:
        return "running";
    case Rung::Interrupted:
        return "interrupted";
    case Rung::Damaged:
        return "damaged";
    case Rung::Finished:
        return "finished";
    case Rung::Complete:
        return "complete";
    case Rung::Verified:
        return "verified";
    case Rung::Restored:
        return "restored";
    }
    return "damaged";
}

std::expected<std::vector<Backup>, Fault> scan(const std::string &directory, const std::string &set, const std::string &systemIdentifier)
{
    std::vector<Backup> found;
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
        if (auto backup = judge(*it, set, systemIdentifier))
            found.push_back(std::move(*backup));
    }
    if (error)
        return std::unexpected(files::systemFault("directory", directory, error.value()));
    std::ranges::sort(found, [](const Backup &a, const Backup &b) { return a.finishedAt != b.finishedAt ? a.finishedAt > b.finishedAt : a.id > b.id; });
    if (found.size() > kEntriesLimit)
        found.resize(kEntriesLimit);
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

std::string foreignProofPath(const std::string &path)
{
    const fs::path whole(path);
    return (whole.parent_path() / ('.' + whole.filename().string() + ".muster-verified")).string();
}

std::expected<void, Fault> writeForeignProof(const Backup &backup)
{
    return files::replaceFile(foreignProofPath(backup.path), proofText(measure(backup.path)));
}

} // namespace muster::backup
