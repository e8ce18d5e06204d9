// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/preflight.h"

#include "connectors/backup/retention.h"
#include "connectors/files/durable.h"
#include "models/format/format.h"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace muster::backup {

namespace {

using State = PlanCheckState;

std::string join(const std::vector<std::string> &names)
{
    std::string text;
    for (const auto &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// The declared databases; without a declaration all of them.
void chooseDatabases(const Set &set, Prepared &prepared, std::vector<PlanCheck> &checks)
{
    const auto &declared = set.server->databases;
    std::vector<std::string> left;
    for (const auto &database : prepared.server.databases) {
        if (declared.empty() || std::ranges::find(declared, database.name) != declared.end())
            prepared.databases.push_back(database);
        else
            left.push_back(database.name);
    }
    std::vector<std::string> missing;
    for (const auto &name : declared) {
        if (std::ranges::find(prepared.databases, name, &ServerDatabase::name) == prepared.databases.end())
            missing.push_back(name);
    }
    if (!missing.empty())
        checks.push_back({"The declared databases exist", State::Failed, "not on this server: " + join(missing)});
    else if (prepared.databases.empty())
        checks.push_back({"There is a database to back up", State::Failed, "the server shows none"});
    if (!left.empty())
        checks.push_back({"Databases outside this set", State::Passed, join(left)});
}

void checkServer(const ServerState &server, std::vector<PlanCheck> &checks)
{
    checks.push_back(server.isStandby ? PlanCheck{"The server is a standby", State::Warned,
                                                  "the dump is as old as its replay, and a conflict with replay can end it; the lock is held there, not on the primary"}
                                      : PlanCheck{"The server is the primary", State::Passed, server.address});
    checks.push_back(server.mayReadRolePasswords
                         ? PlanCheck{"Role passwords are in the backup", State::Passed, {}}
                         : PlanCheck{"Role passwords are not in the backup", State::Warned,
                                     server.user + " may not read pg_authid: roles are dumped without passwords (pg_dumpall --no-role-passwords)"});
    if (server.unreadableTables > 0)
        checks.push_back({"All tables can be read", State::Failed,
                          format::number(server.unreadableTables) + " cannot, for example " + server.unreadableTable + "; run: GRANT pg_read_all_data TO "
                              + postgres::quoteConninfo(server.user) + ";"});
}

void checkTools(const Set &set, Prepared &prepared, Deadline deadline, const std::stop_token &stop, std::vector<PlanCheck> &checks)
{
    auto tools = findTools(prepared.server.major, set.toolFolders, deadline, stop);
    if (!tools) {
        checks.push_back({"pg_dump of the server's major", State::Failed, tools.error().detail + ". " + tools.error().hint});
        return;
    }
    checks.push_back({"pg_dump " + tools->version + " fits server " + prepared.server.version, State::Passed, tools->dump()});
    prepared.tools = std::move(*tools);
}

void checkSpace(const Set &set, const Prepared &prepared, std::vector<PlanCheck> &checks)
{
    const auto free = freeBytes(set.directory);
    const auto last = std::ranges::find_if(prepared.existing, [](const Backup &backup) { return backup.isOwn && backup.isUsable() && !backup.isOtherCluster; });
    const bool hasLast = last != prepared.existing.end();
    constexpr double kGrowth = 1.2;
    const double needed = hasLast ? kGrowth * static_cast<double>(last->size) : prepared.databasesSize();
    const auto from = hasLast ? " (1.2 × the last good backup)" : " (the databases' size; the dump is compressed)";
    if (!free)
        checks.push_back({"Free space", State::Warned, "the file system does not say how much is free"});
    else
        checks.push_back({"Free space", *free >= needed ? State::Passed : State::Failed, format::size(*free) + " free, " + format::size(needed) + " wanted" + from});
}

void checkHolder(Server &server, Deadline deadline, std::vector<PlanCheck> &checks)
{
    const auto holder = server.lockHolder(deadline);
    if (!holder)
        checks.push_back({"Nobody else makes this backup", State::Failed, "the locks cannot be read: " + holder.error().detail});
    else if (!holder->empty())
        checks.push_back({"Nobody else makes this backup", State::Failed, "held by " + *holder});
    else
        checks.push_back({"Nobody else makes this backup", State::Passed, {}});
}

void describe(const Set &set, const Prepared &prepared, Plan &plan)
{
    std::vector<std::string> names;
    for (const auto &database : prepared.databases)
        names.push_back(database.name);
    plan.changes = {{"Writes", set.directory + "/" + backupId(set.name, Stamp::now().wall, prepared.server.systemIdentifier)},
                    {"Databases", join(names) + " (" + format::size(prepared.databasesSize()) + " on the server)"},
                    {"Connections", std::to_string(set.jobs + 2) + " while it runs"}};
    plan.changes.push_back({"Removes when verified", prepared.removals.empty() ? "nothing" : join(prepared.removals)});
    if (!prepared.tools)
        return;
    plan.command = prepared.tools->dump() + " --format=directory --jobs=" + std::to_string(set.jobs) + " of " + join(names) + ", then "
        + prepared.tools->dumpAll() + " --globals-only" + (prepared.server.mayReadRolePasswords ? "" : " --no-role-passwords") + ", then "
        + prepared.tools->restore() + " --file=/dev/null of each dump, SHA-256 of each file";
}

} // namespace

double Prepared::databasesSize() const
{
    double total = 0;
    for (const auto &database : databases)
        total += database.size;
    return total;
}

std::optional<double> freeBytes(const std::string &directory)
{
    struct statvfs info {};
    if (::statvfs(directory.c_str(), &info) != 0)
        return std::nullopt;
    return static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize);
}

PlanCheck checkDirectory(const std::string &directory)
{
    PlanCheck check{"The directory can be written", State::Failed, directory};
    struct stat info {};
    if (::lstat(directory.c_str(), &info) != 0)
        check.detail = files::systemFault("directory", directory, errno).detail;
    else if (S_ISLNK(info.st_mode))
        check.detail = directory + ": is a symbolic link; declare the real path";
    else if (!S_ISDIR(info.st_mode))
        check.detail = directory + ": is not a directory";
    else if (::access(directory.c_str(), W_OK | X_OK | R_OK) != 0)
        check.detail = files::systemFault("directory", directory, errno).detail;
    else if ((info.st_mode & S_IWOTH) != 0)
        check = {"The directory can be written", State::Warned, directory + ": so can everybody else; run: chmod o-w " + directory};
    else
        check.state = State::Passed;
    return check;
}

std::expected<Prepared, Fault> prepare(const Set &set, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    Prepared prepared;
    if (auto connected = server.connect(deadline); !connected)
        return std::unexpected(connected.error());
    auto state = server.observe(deadline);
    if (!state)
        return std::unexpected(state.error());
    prepared.server = std::move(*state);
    plan.identity = prepared.server.systemIdentifier;
    if (prepared.server.isPooled) {
        plan.checks.push_back({"Connected to the server itself", State::Failed,
                               "a connection pooler answers at " + prepared.server.address + ": neither pg_dump nor the lock work through it; declare the server's own address"});
        return prepared;
    }
    plan.checks.push_back(checkDirectory(set.directory));
    const bool isDirectoryGood = plan.checks.back().state != State::Failed;
    checkServer(prepared.server, plan.checks);
    checkTools(set, prepared, deadline, stop, plan.checks);
    chooseDatabases(set, prepared, plan.checks);
    checkHolder(server, deadline, plan.checks);
    if (isDirectoryGood) {
        if (auto existing = scan(set.directory, set.name, prepared.server.systemIdentifier))
            prepared.existing = std::move(*existing);
        checkSpace(set, prepared, plan.checks);
        // As if the new one were there, verified.
        auto future = prepared.existing;
        Backup next;
        next.isOwn = true;
        next.rung = Rung::Verified;
        future.insert(future.begin(), next);
        prepared.removals = outdated(future, set.keep);
    }
    describe(set, prepared, plan);
    return prepared;
}

} // namespace muster::backup
