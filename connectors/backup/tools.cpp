// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/tools.h"

#include "connectors/process/child.h"

#include <cstdlib>
#include <sstream>

#include <unistd.h>

namespace muster::backup {

namespace {

constexpr Millis kVersionLimit{2000};

bool isRunnable(const std::string &path)
{
    return ::access(path.c_str(), X_OK) == 0;
}

std::string versionOf(const std::string &program, Deadline deadline, const std::stop_token &stop)
{
    process::Command command;
    command.program = program;
    command.arguments = {"--version"};
    command.environment = process::baseEnvironment();
    const auto finished = process::run(command, deadline.atMost(kVersionLimit), stop);
    return finished && finished->isGood() ? parseToolVersion(finished->output) : std::string();
}

} // namespace

std::string Tools::server() const
{
    return isRunnable(folder + "/postgres") && isRunnable(folder + "/initdb") ? folder + "/postgres" : std::string();
}

std::string parseToolVersion(std::string_view output)
{
    constexpr std::string_view kMark = "(PostgreSQL) ";
    const auto at = output.find(kMark);
    if (at == std::string_view::npos)
        return {};
    const auto rest = output.substr(at + kMark.size());
    return std::string(rest.substr(0, rest.find_first_not_of("0123456789.abcdefghijklmnopqrstuvwxyz")));
}

std::vector<std::string> standardFolders(int major)
{
    std::vector<std::string> folders{"/usr/lib/postgresql/" + std::to_string(major) + "/bin"};
    const char *path = std::getenv("PATH");
    std::istringstream parts(path ? path : "");
    for (std::string folder; std::getline(parts, folder, ':');) {
        if (folder.starts_with('/'))
            folders.push_back(folder);
    }
    return folders;
}

std::expected<Tools, Fault> findTools(int major, const std::vector<std::string> &folders, Deadline deadline, const std::stop_token &stop)
{
    std::string seen;
    for (const auto &folder : folders.empty() ? standardFolders(major) : folders) {
        Tools tools{folder, {}, 0};
        if (!isRunnable(tools.dump()) || !isRunnable(tools.dumpAll()) || !isRunnable(tools.restore()))
            continue;
        tools.version = versionOf(tools.dump(), deadline, stop);
        tools.major = std::atoi(tools.version.c_str());
        if (tools.major == major)
            return tools;
        seen += (seen.empty() ? "" : ", ") + tools.dump() + ' ' + (tools.version.empty() ? "(no version)" : tools.version);
    }
    const auto text = std::to_string(major);
    return std::unexpected(Fault{FaultKind::Config, "tools",
                                 "no pg_dump of PostgreSQL " + text + (seen.empty() ? " is installed" : "; found: " + seen),
                                 "Install it: apt install postgresql-client-" + text + "."});
}

} // namespace muster::backup
