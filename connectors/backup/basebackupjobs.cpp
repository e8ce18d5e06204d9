// SPDX-License-Identifier: GPL-3.0-or-later
// The long jobs of the base backup driver: run, read back, restore.
#include "connectors/backup/basebackupdriver.h"

#include "connectors/backup/catalogue.h"
#include "connectors/backup/childtool.h"
#include "connectors/backup/owner.h"
#include "connectors/backup/readback.h"
#include "connectors/backup/scratch.h"
#include "connectors/files/durable.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::backup {

namespace fs = std::filesystem;

namespace {

constexpr Millis kJobLimit{std::chrono::hours{48}};
constexpr Millis kQueryLimit{400}; // a progress query must not delay a cancel

/// pg_tblspc/OID → the folder where that tablespace lies now.
std::expected<void, Fault> relink(const std::string &data, const std::string &tablespaces)
{
    std::error_code error;
    for (fs::directory_iterator it(data + "/pg_tblspc", error), end; !error && it != end; it.increment(error)) {
        if (!it->is_symlink(error))
            continue;
        const auto link = it->path().string();
        const auto fresh = link + ".muster-new";
        if (::symlink((tablespaces + '/' + it->path().filename().string()).c_str(), fresh.c_str()) != 0 || ::rename(fresh.c_str(), link.c_str()) != 0)
            return std::unexpected(files::systemFault("tablespace", link, errno));
    }
    return {};
}

/// "=" is the separator of --tablespace-mapping.
std::string escaped(const std::string &path)
{
    std::string text;
    for (const char c : path) {
        if (c == '=')
            text += '\\';
        text += c;
    }
    return text;
}

} // namespace

std::expected<std::string, Fault> BaseBackupDriver::run(Work &work)
{
    auto startedAt = Stamp::now().wall;
    auto final = set().directory + '/' + backupId(set().name, startedAt, m_state.systemIdentifier);
    for (int tries = 0; tries < 10 && (::access(final.c_str(), F_OK) == 0 || ::access((final + kPartialSuffix).c_str(), F_OK) == 0); ++tries) {
        startedAt += std::chrono::seconds(1);
        final = set().directory + '/' + backupId(set().name, startedAt, m_state.systemIdentifier);
    }
    const auto partial = final + kPartialSuffix;
    if (::mkdir(partial.c_str(), 0700) != 0)
        return std::unexpected(files::systemFault("directory", partial, errno));
    auto done = files::replaceFile(partial + '/' + kOwnerName, Owner::self(set().server->operatorName).toJson());
    if (done)
        done = copy(partial, work);
    if (done)
        done = seal(partial, final, startedAt, work);
    if (done)
        return fs::path(final).filename().string();
    auto fault = done.error();
    if (auto removed = files::removeTree(partial); !removed)
        fault.detail += ". What was written could not be removed: " + removed.error().detail;
    return std::unexpected(std::move(fault));
}

std::expected<void, Fault> BaseBackupDriver::copy(const std::string &partial, Work &work)
{
    ChildTool tool(*work.server());
    if (auto ready = tool.prepare(); !ready)
        return ready;
    auto command = tool.command(m_tools->baseBackup());
    command.arguments = {"--pgdata=" + partial + "/data", "--format=plain", "--wal-method=stream", "--no-password", "--verbose", "--label=muster " + safeName(set().name)};
    for (const auto &[oid, folder] : m_tablespaces)
        command.arguments.push_back("--tablespace-mapping=" + escaped(folder) + '=' + escaped(partial + "/tablespaces/" + oid));
    std::stop_source lost;
    const std::stop_callback forward(work.stop(), [&lost] { lost.request_stop(); });
    std::string lockLost;
    command.onTick = [&] {
        const auto activity = work.server()->activity(Deadline::after(kQueryLimit));
        if (!activity && !work.server()->isConnected() && !work.stop().stop_requested()) {
            lockLost = activity.error().detail;
            lost.request_stop();
            return;
        }
        Progress progress{"starting", 0, {}, "B", {}};
        for (const auto &running : activity ? *activity : std::vector<Running>()) {
            if (!running.phase.empty() && running.who.starts_with(work.server()->applicationName()))
                progress = {running.phase, running.done, running.total, "B", {}};
        }
        work.report(progress);
    };
    const auto finished = process::run(command, Deadline::after(kJobLimit), lost.get_token());
    if (!finished)
        return std::unexpected(finished.error());
    work.log("pg_basebackup: " + finished->describe());
    work.log(finished->errors);
    if (!lockLost.empty())
        return std::unexpected(Fault{FaultKind::Unavailable, "lock", "the lock on the server was lost, so the copy was ended: " + lockLost, "Start it again once the server answers."});
    if (!finished->isGood())
        return std::unexpected(toolFault("pg_basebackup", *finished));
    return {};
}

std::expected<void, Fault> BaseBackupDriver::seal(const std::string &partial, const std::string &final, WallTime startedAt, Work &work)
{
    work.report({"writing to the disk", 0, {}, {}, {}});
    Manifest manifest;
    manifest.id = fs::path(final).filename().string();
    manifest.set = set().name;
    manifest.operatorName = set().server->operatorName;
    manifest.toolVersion = m_tools->version;
    manifest.serverVersion = m_state.version;
    manifest.systemIdentifier = m_state.systemIdentifier;
    manifest.startedAt = startedAt;
    manifest.finishedAt = Stamp::now().wall;
    ::unlink((partial + '/' + kOwnerName).c_str());
    auto done = relink(partial + "/data", final + "/tablespaces");
    if (done)
        done = writeManifest(partial, manifest);
    if (!done)
        return done;
    if (work.stop().stop_requested())
        return std::unexpected(Fault{FaultKind::Cancelled, "backup", "cancelled", {}});
    if (::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, final.c_str(), RENAME_NOREPLACE) != 0)
        return std::unexpected(files::systemFault("rename", final, errno));
    return files::syncFolder(set().directory);
}

void BaseBackupDriver::planVerify(const Backup &backup, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    if (backup.format != "base backup") {
        plan.checks.push_back({"The format can be read back", PlanCheckState::Failed, backup.reason});
        return;
    }
    auto tools = findTools(backup.major, set().toolFolders, deadline, stop);
    const bool hasTool = tools && ::access(tools->verifyBackup().c_str(), X_OK) == 0;
    plan.checks.push_back({"pg_verifybackup of its major", hasTool ? PlanCheckState::Passed : PlanCheckState::Failed,
                           hasTool ? tools->verifyBackup() + ' ' + tools->version : tools ? tools->folder + " has no pg_verifybackup" : tools.error().detail});
    plan.changes.push_back({"Reads", backup.path});
    if (!hasTool)
        return;
    m_tools = std::move(*tools);
    plan.command = m_tools->verifyBackup() + ' ' + backup.path;
}

std::expected<void, Fault> BaseBackupDriver::verify(const Backup &backup, Work &work)
{
    if (!m_tools)
        return std::unexpected(Fault{FaultKind::Config, "tools", "there is no pg_verifybackup of its major", {}});
    std::error_code error;
    const auto root = fs::exists(backup.path + "/data/backup_manifest", error) ? backup.path + "/data" : backup.path;
    auto command = process::Host().command({m_tools->verifyBackup(), "--quiet"});
    // With its WAL in the archive only, the catalogue looks for the segments there; the tool would look into pg_wal.
    if (!fs::exists(root + "/pg_wal/" + backup.walFirst, error))
        command.arguments.emplace_back("--no-parse-wal");
    command.arguments.insert(command.arguments.end(), {"--", root});
    command.onTick = [&] { work.report({"reading back (pg_verifybackup)", 0, {}, {}, {}}); };
    const auto finished = process::run(command, Deadline::after(kJobLimit), work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    work.log(finished->errors);
    if (finished->ending == process::Ending::Cancelled)
        return std::unexpected(Fault{FaultKind::Cancelled, "verify", "cancelled", {}});
    const auto problem = finished->isGood() ? std::string() : "pg_verifybackup: " + errorLines(finished->errors);
    if (auto noted = notes().verified(backup, problem); !noted && problem.empty())
        return noted;
    return problem.empty() ? std::expected<void, Fault>() : std::unexpected(Fault{FaultKind::Protocol, "verify", problem, "Do not rely on this backup; make a new one and look at the disk."});
}

std::expected<void, Fault> BaseBackupDriver::restore(const Backup &backup, Scratch &scratch, Work &work)
{
    std::error_code error;
    const auto root = fs::exists(backup.path + "/data/backup_manifest", error) ? backup.path + "/data" : backup.path;
    std::vector<std::pair<std::string, std::string>> copies{{root, scratch.data()}};
    if (fs::exists(backup.path + "/tablespaces", error))
        copies.emplace_back(backup.path + "/tablespaces", scratch.folder() + "/tablespaces");
    for (const auto &[from, to] : copies) {
        auto command = process::Host().command({"cp", "--archive", "--reflink=auto", "--no-target-directory", "--", from, to});
        command.onTick = [&] { work.report({"copying files", static_cast<double>(measure(scratch.folder()).size), static_cast<double>(backup.restoredSize), "B", {}}); };
        const auto finished = process::run(command, Deadline::after(kJobLimit), work.stop());
        if (!finished)
            return std::unexpected(finished.error());
        if (!finished->isGood())
            return std::unexpected(drillFault("copying the backup", *finished));
    }
    if (auto linked = relink(scratch.data(), scratch.folder() + "/tablespaces"); !linked)
        return linked;
    fs::permissions(scratch.data(), fs::perms::owner_all, error);
    std::vector<std::string> settings{"hot_standby=off"};
    if (!set().archive.empty() && !fs::exists(root + "/pg_wal/" + backup.walFirst, error)) {
        // The only shell here is the server's own: the folder is one quoted word, and % is doubled.
        std::string folder;
        for (const char c : set().archive)
            folder += c == '%' ? std::string("%%") : std::string(1, c);
        settings.push_back("restore_command=cp " + process::shellWord(folder) + "/%f \"%p\"");
        settings.emplace_back("recovery_target=immediate");
        settings.emplace_back("recovery_target_action=promote");
        if (auto written = files::replaceFile(scratch.data() + "/recovery.signal", ""); !written)
            return written;
    }
    if (auto given = scratch.handOver(scratch.folder()); !given)
        return given;
    work.report({"recovering", 0, {}, {}, {}});
    return scratch.start(settings, Deadline::after(std::chrono::hours(1)));
}

} // namespace muster::backup
