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
        checks.push_back({"The declared databases exist", State::Failed, "not on this server: " + joined(missing)});
    else if (prepared.databases.empty())
        checks.push_back({"There is a database to back up", State::Failed, "the server shows none"});
    if (!left.empty())
        checks.push_back({"Databases outside this set", State::Passed, joined(left)});
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

void checkReadable(const ServerState &server, std::vector<PlanCheck> &checks)
{
    checks.push_back(server.mayReadRolePasswords
                         ? PlanCheck{"Role passwords are in the backup", State::Passed, {}}
                         : PlanCheck{"Role passwords are not in the backup", State::Warned,
                                     server.user + " may not read pg_authid: roles are dumped without passwords (pg_dumpall --no-role-passwords)"});
    if (server.unreadableTables > 0)
        checks.push_back({"All tables can be read", State::Failed,
                          format::number(server.unreadableTables) + " cannot, for example " + server.unreadableTable + "; run: GRANT pg_read_all_data TO "
                              + postgres::quoteConninfo(server.user) + ";"});
}

void describe(const Set &set, const Prepared &prepared, Plan &plan)
{
    std::vector<std::string> names;
    for (const auto &database : prepared.databases)
        names.push_back(database.name);
    plan.changes = {{"Writes", set.directory + "/" + backupId(set.name, Stamp::now().wall, prepared.server.systemIdentifier)},
                    {"Databases", joined(names) + " (" + format::size(prepared.databasesSize()) + " on the server)"},
                    {"Connections", std::to_string(set.jobs + 2) + " while it runs"}};
    plan.changes.push_back({"Removes when verified", prepared.removals.empty() ? "nothing" : joined(prepared.removals)});
    if (!prepared.tools)
        return;
    plan.command = prepared.tools->dump() + " --format=directory --jobs=" + std::to_string(set.jobs) + " of " + joined(names) + ", then "
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

PlanCheck checkSpace(const std::string &directory, const std::vector<Backup> &existing, double otherwise, const std::string &otherwiseFrom)
{
    const auto free = freeBytes(directory);
    const auto last = std::ranges::find_if(existing, [](const Backup &backup) { return backup.isOwn && backup.isUsable(); });
    const bool hasLast = last != existing.end();
    constexpr double kGrowth = 1.2;
    const double needed = hasLast ? kGrowth * static_cast<double>(last->size) : otherwise;
    const auto from = hasLast ? " (1.2 × the last good backup)" : " (" + otherwiseFrom + ')';
    if (!free)
        return {"Free space", State::Warned, "the file system does not say how much is free"};
    return {"Free space", *free >= needed ? State::Passed : State::Failed, format::size(*free) + " free, " + format::size(needed) + " wanted" + from};
}

PlanCheck checkHolder(Server &server, Deadline deadline)
{
    const auto holder = server.lockHolder(deadline);
    if (!holder)
        return {"Nobody else makes this backup", State::Failed, "the locks cannot be read: " + holder.error().detail};
    if (!holder->empty())
        return {"Nobody else makes this backup", State::Failed, "held by " + *holder};
    return {"Nobody else makes this backup", State::Passed, {}};
}

void checkServer(const ServerState &server, std::vector<PlanCheck> &checks)
{
    checks.push_back(server.isStandby ? PlanCheck{"The server is a standby", State::Warned,
                                                  "the dump is as old as its replay, and a conflict with replay can end it; the lock is held there, not on the primary"}
                                      : PlanCheck{"The server is the primary", State::Passed, server.address});
}

Prepared prepareDump(const Set &set, const ServerState &state, std::vector<Backup> existing, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    Prepared prepared;
    prepared.server = state;
    prepared.existing = std::move(existing);
    plan.checks.push_back(checkDirectory(set.directory));
    const bool isDirectoryGood = plan.checks.back().state != State::Failed;
    checkReadable(state, plan.checks);
    checkTools(set, prepared, deadline, stop, plan.checks);
    chooseDatabases(set, prepared, plan.checks);
    if (isDirectoryGood) {
        plan.checks.push_back(checkSpace(set.directory, prepared.existing, prepared.databasesSize(), "the databases' size; the dump is compressed"));
        prepared.removals = outdatedNext(prepared.existing, set.keep);
    }
    describe(set, prepared, plan);
    return prepared;
}

std::string joined(const std::vector<std::string> &names)
{
    std::string text;
    for (const auto &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

} // namespace muster::backup
