// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/dumpjob.h"

#include "connectors/backup/owner.h"
#include "connectors/files/durable.h"
#include "models/facts/fact.h"
#include "models/format/format.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::backup {

namespace fs = std::filesystem;

namespace {

constexpr Millis kToolLimit{std::chrono::hours{24}};
constexpr Millis kQueryLimit{400}; // a progress query must not delay a cancel

double bytesBelow(const std::string &path)
{
    double total = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
        std::error_code gone; // pg_dump renames while we look
        const auto size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
        total += gone ? 0 : static_cast<double>(size);
    }
    return total;
}

} // namespace

DumpJob::DumpJob(const Set &set, const Prepared &prepared, Work &work) : m_set(set), m_prepared(prepared), m_server(*work.server()), m_work(work), m_tool(m_server) { }

std::expected<std::string, Fault> DumpJob::run()
{
    const std::stop_callback forward(m_work.stop(), [this] { m_stop.request_stop(); });
    auto done = begin();
    if (done)
        done = dumpDatabases();
    if (done)
        done = dumpGlobals();
    if (done)
        done = seal();
    if (done)
        done = publish();
    if (done)
        return m_final;
    auto fault = done.error();
    if (!m_lockLost.empty())
        fault = {FaultKind::Unavailable, "lock", "the lock on the server was lost, so the dump was ended: " + m_lockLost, "Start it again once the server answers."};
    if (!m_partial.empty()) {
        if (auto removed = files::removeTree(m_partial); !removed)
            fault.detail += ". What was written could not be removed: " + removed.error().detail;
    }
    return std::unexpected(std::move(fault));
}

std::expected<void, Fault> DumpJob::begin()
{
    if (auto ready = m_tool.prepare(); !ready)
        return ready;
    m_manifest.startedAt = Stamp::now().wall;
    // A run of this very second may have left its name behind (killed, or quick): take the next second's.
    const auto isTaken = [this] {
        const auto path = m_set.directory + '/' + backupId(m_set.name, m_manifest.startedAt, m_prepared.server.systemIdentifier);
        return ::access(path.c_str(), F_OK) == 0 || ::access((path + kPartialSuffix).c_str(), F_OK) == 0;
    };
    for (int tries = 0; isTaken() && tries < 10; ++tries)
        m_manifest.startedAt += std::chrono::seconds(1);
    m_manifest.id = backupId(m_set.name, m_manifest.startedAt, m_prepared.server.systemIdentifier);
    m_manifest.set = m_set.name;
    m_manifest.operatorName = m_set.server->operatorName;
    m_manifest.toolVersion = m_prepared.tools->version;
    m_manifest.serverVersion = m_prepared.server.version;
    m_manifest.systemIdentifier = m_prepared.server.systemIdentifier;
    m_manifest.hasRolePasswords = m_prepared.server.mayReadRolePasswords;
    m_final = m_set.directory + '/' + m_manifest.id;
    const auto partial = m_final + kPartialSuffix;
    if (::access(m_final.c_str(), F_OK) == 0)
        return std::unexpected(files::systemFault("directory", m_final, EEXIST));
    if (::mkdir(partial.c_str(), 0700) != 0)
        return std::unexpected(files::systemFault("directory", partial, errno));
    m_partial = partial; // from here on ours to remove
    return files::replaceFile(m_partial + '/' + kOwnerName, Owner::self(m_set.server->operatorName).toJson());
}

std::expected<void, Fault> DumpJob::dumpDatabases()
{
    const auto connected = m_server.connectedDatabase();
    for (const auto &database : m_prepared.databases) {
        setPhase("dumping " + database.name);
        ManifestDatabase entry{database.name, safeName(database.name), database.size, {}};
        if (database.name == connected) {
            if (auto tables = m_server.largestTables(Deadline::after(Millis(3000))))
                entry.tables = std::move(*tables);
        }
        m_manifest.databases.push_back(std::move(entry));
        if (auto dumped = dump(database); !dumped)
            return dumped;
    }
    return {};
}

std::expected<void, Fault> DumpJob::dump(const ServerDatabase &database)
{
    auto command = m_tool.command(m_prepared.tools->dump(), database.name);
    command.arguments = {"--format=directory", "--jobs=" + std::to_string(std::max(1, m_set.jobs)), "--no-password", "--verbose",
                         "--lock-wait-timeout=30000", "--file=" + m_partial + '/' + safeName(database.name)};
    return runTool(std::move(command), "pg_dump of " + database.name);
}

std::expected<void, Fault> DumpJob::dumpGlobals()
{
    setPhase("dumping roles and tablespaces");
    auto command = m_tool.command(m_prepared.tools->dumpAll(), m_server.connectedDatabase());
    // As a connection string, since a bare name with "=" in it would be read as one.
    command.arguments = {"--globals-only", "--no-password", "--database=" + postgres::conninfoString({{"dbname", m_server.connectedDatabase()}}),
                         "--file=" + m_partial + '/' + kGlobalsName};
    if (!m_prepared.server.mayReadRolePasswords)
        command.arguments.emplace_back("--no-role-passwords");
    return runTool(std::move(command), "pg_dumpall --globals-only");
}

std::expected<void, Fault> DumpJob::runTool(process::Command command, const std::string &title)
{
    command.onErrorLine = [this](std::string_view line) { onLine(line); };
    command.onTick = [this] { onTick(); };
    const auto finished = process::run(command, Deadline::after(kToolLimit), m_stop.get_token());
    if (!finished)
        return std::unexpected(finished.error());
    m_work.log(title + ": " + finished->describe());
    m_work.log(finished->errors);
    if (!finished->isGood())
        return std::unexpected(failure(title, *finished));
    return {};
}

Fault DumpJob::failure(const std::string &title, const process::Finished &finished) const
{
    if (finished.ending == process::Ending::Cancelled)
        return {FaultKind::Cancelled, "dump", title + " was cancelled", {}};
    Fault fault{FaultKind::Unavailable, "dump", title + " failed: " + finished.describe() + ". " + errorLines(finished.errors), "Read the transcript."};
    if (finished.errors.find("No space left on device") != std::string::npos || finished.errors.find("Disk quota exceeded") != std::string::npos) {
        fault.detail = "the backup disk is full (" + title + "): " + errorLines(finished.errors);
        fault.hint = "Free space in " + m_set.directory + ", or declare another directory.";
    } else if (finished.signal == SIGXFSZ || finished.errors.find("File too large") != std::string::npos) {
        fault.detail = "the file size limit of this process was reached (" + title + "): " + errorLines(finished.errors);
        fault.hint = "Raise it (ulimit -f) where the console is started.";
    }
    return fault;
}

void DumpJob::onLine(std::string_view line)
{
    // pg_dump: dumping contents of table "public.orders"
    constexpr std::string_view kTable = "dumping contents of table ";
    if (const auto at = line.find(kTable); at != std::string_view::npos)
        m_work.report({m_phase, bytesBelow(m_partial), {}, "B", "copying " + muster::clamp(line.substr(at + kTable.size()), 200)});
}

void DumpJob::onTick()
{
    Progress progress{m_phase, bytesBelow(m_partial), {}, "B", {}};
    const auto copies = m_server.copies(Deadline::after(kQueryLimit));
    if (!copies && !m_server.isConnected() && !m_work.stop().stop_requested()) {
        m_lockLost = copies.error().detail;
        m_stop.request_stop();
        return;
    }
    if (copies && !copies->empty()) {
        const auto &copy = copies->front();
        progress.phase += ": " + copy.table + ", " + format::counted(copy.rows, "row", "rows");
        if (copy.rowsEstimated >= 1)
            progress.phase += " of about " + format::number(copy.rowsEstimated) + " (estimate)";
    }
    m_work.report(progress);
}

void DumpJob::setPhase(std::string phase)
{
    m_phase = std::move(phase);
    m_work.report({m_phase, bytesBelow(m_partial), {}, "B", m_phase});
}

std::expected<void, Fault> DumpJob::seal()
{
    setPhase("writing to the disk");
    if (auto synced = files::syncTree(m_partial); !synced)
        return synced;
    auto hashed = hashAll(m_partial, m_stop.get_token(), m_work.control());
    if (!hashed)
        return std::unexpected(hashed.error());
    m_manifest.files = std::move(*hashed);
    setPhase("reading back");
    if (auto read = readArchives(m_partial, m_manifest, *m_prepared.tools, m_stop.get_token(), m_work.control()); !read)
        return read;
    m_manifest.finishedAt = Stamp::now().wall;
    return writeManifest(m_partial, m_manifest);
}

std::expected<void, Fault> DumpJob::publish()
{
    if (m_stop.stop_requested())
        return std::unexpected(Fault{FaultKind::Cancelled, "dump", "cancelled", {}});
    ::unlink((m_partial + '/' + kOwnerName).c_str());
    if (auto synced = files::syncFolder(m_partial); !synced)
        return synced;
    if (::renameat2(AT_FDCWD, m_partial.c_str(), AT_FDCWD, m_final.c_str(), RENAME_NOREPLACE) != 0)
        return std::unexpected(files::systemFault("rename", m_final, errno));
    m_partial.clear();
    return files::syncFolder(m_set.directory);
}

} // namespace muster::backup
