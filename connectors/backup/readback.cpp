// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/readback.h"

#include "connectors/backup/backupset.h"
#include "connectors/files/durable.h"
#include "connectors/files/sha256.h"
#include "connectors/process/child.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <deque>
#include <filesystem>

namespace muster::backup {

namespace fs = std::filesystem;

namespace {

constexpr Millis kToolLimit{std::chrono::hours{24}};

std::uint64_t total(const std::vector<ManifestFile> &files)
{
    std::uint64_t sum = 0;
    for (const auto &file : files)
        sum += file.size;
    return sum;
}

std::expected<std::vector<ManifestFile>, Fault> listFiles(const std::string &path)
{
    std::vector<ManifestFile> found;
    std::error_code error;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
        if (!fs::is_regular_file(it->symlink_status(error)))
            continue;
        const auto name = fs::relative(it->path(), path, error).generic_string();
        if (name != kManifestName && name != kOwnerName)
            found.push_back({name, it->file_size(error), {}});
    }
    if (error)
        return std::unexpected(files::systemFault("read", path, error.value()));
    std::ranges::sort(found, {}, &ManifestFile::path);
    return found;
}

/// Counts what was read against what there is to read: a true total.
class Meter {
public:
    Meter(std::string phase, std::uint64_t all, const RunControl &control) : m_control(control)
    {
        m_progress.phase = std::move(phase);
        m_progress.total = static_cast<double>(all);
        m_progress.unit = "B";
    }
    void add(std::uint64_t bytes)
    {
        m_progress.done += static_cast<double>(bytes);
        m_control.report(m_progress);
    }

private:
    Progress m_progress;
    const RunControl &m_control;
};

} // namespace

std::expected<std::vector<ManifestFile>, Fault> hashAll(const std::string &path, const std::stop_token &stop, const RunControl &control)
{
    auto found = listFiles(path);
    if (!found)
        return found;
    Meter meter("hashing", total(*found), control);
    for (auto &file : *found) {
        const auto hash = files::sha256OfFile(path + '/' + file.path, stop, [&](std::uint64_t bytes) { meter.add(bytes); });
        if (!hash)
            return std::unexpected(hash.error());
        file.sha256 = hash->hex;
        file.size = hash->size;
    }
    return found;
}

std::expected<void, Fault> compareHashes(const std::string &path, const Manifest &manifest, const std::stop_token &stop, const RunControl &control)
{
    Meter meter("comparing hashes", manifest.totalSize(), control);
    const auto differs = [](const std::string &what) {
        return std::unexpected(Fault{FaultKind::Protocol, "hash", what, "Do not rely on this backup; make a new one and look at the disk."});
    };
    for (const auto &file : manifest.files) {
        const auto hash = files::sha256OfFile(path + '/' + file.path, stop, [&](std::uint64_t bytes) { meter.add(bytes); });
        if (!hash && hash.error().kind == FaultKind::Cancelled)
            return std::unexpected(hash.error());
        if (!hash)
            return differs(file.path + " cannot be read: " + hash.error().detail);
        if (hash->size != file.size)
            return differs(file.path + " has " + std::to_string(hash->size) + " bytes instead of " + std::to_string(file.size));
        if (hash->hex != file.sha256)
            return differs(file.path + " was changed: its SHA-256 is not the manifest's");
    }
    return {};
}

std::expected<void, Fault> readArchive(const std::string &restoreTool, const std::string &archive, const std::stop_token &stop)
{
    process::Command command;
    command.program = restoreTool;
    command.arguments = {"--file=/dev/null", "--", archive};
    command.environment = process::baseEnvironment();
    const auto finished = process::run(command, Deadline::after(kToolLimit), stop);
    if (!finished)
        return std::unexpected(finished.error());
    if (finished->ending == process::Ending::Cancelled)
        return std::unexpected(Fault{FaultKind::Cancelled, "read back", "cancelled", {}});
    // pg_restore may warn and still end with 0 on some damage: nothing on stderr is part of "good".
    if (!finished->isGood() || !finished->errors.empty())
        return std::unexpected(Fault{FaultKind::Protocol, "read back",
                                     fs::path(archive).filename().string() + " cannot be read back: " + finished->describe() + ". " + errorLines(finished->errors),
                                     "Do not rely on this backup; make a new one and look at the disk."});
    return {};
}

std::expected<void, Fault> readArchives(const std::string &path, const Manifest &manifest, const Tools &tools, const std::stop_token &stop,
                                        const RunControl &control)
{
    double done = 0;
    for (const auto &database : manifest.databases) {
        control.report({"reading back " + database.name, done++, static_cast<double>(manifest.databases.size()), "databases", {}});
        if (auto read = readArchive(tools.restore(), path + '/' + database.folder, stop); !read)
            return read;
    }
    return {};
}

std::string errorLines(std::string_view errors)
{
    constexpr std::size_t kLines = 4;
    std::deque<std::string_view> last;
    std::deque<std::string_view> telling;
    while (!errors.empty()) {
        const auto end = errors.find('\n');
        const auto line = errors.substr(0, end);
        auto &kept = line.find("error:") != std::string_view::npos || line.find("FATAL") != std::string_view::npos || line.find("detail:") != std::string_view::npos
            ? telling
            : last;
        kept.push_back(line);
        if (kept.size() > kLines)
            kept.pop_front();
        errors.remove_prefix(end == std::string_view::npos ? errors.size() : end + 1);
    }
    std::string text;
    for (const auto line : telling.empty() ? last : telling)
        text.append(text.empty() ? "" : " ").append(line);
    return muster::clamp(text, 1024);
}

} // namespace muster::backup
