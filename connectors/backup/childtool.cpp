// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/childtool.h"

#include <map>

namespace muster::backup {

std::expected<void, Fault> ChildTool::prepare()
{
    auto access = m_server.childAccess();
    if (!access)
        return std::unexpected(access.error());
    auto passfile = Passfile::make(access->second);
    if (!passfile)
        return std::unexpected(passfile.error());
    m_passfile = std::move(*passfile);
    m_environment = std::move(access->first);
    return {};
}

process::Command ChildTool::command(const std::string &program, const std::string &database) const
{
    std::map<std::string, std::string> environment;
    for (const auto &[name, value] : process::baseEnvironment())
        environment[name] = value;
    for (const auto &[name, value] : m_environment)
        environment[name] = value;
    if (!database.empty())
        environment["PGDATABASE"] = database; // never re-read as a connection string, unlike --dbname
    environment["PGAPPNAME"] = m_server.applicationName();
    environment.try_emplace("PGCONNECT_TIMEOUT", "10");
    if (!m_passfile.isEmpty())
        environment["PGPASSFILE"] = Passfile::kChildPath;
    process::Command command;
    command.program = program;
    command.environment.assign(environment.begin(), environment.end());
    command.passedDescriptor = m_passfile.descriptor();
    return command;
}

} // namespace muster::backup
