// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/process/host.h"

#include <cstdlib>

#include <unistd.h>

namespace muster::process {

namespace {

constexpr int kSshFailed = 255;
// Without a terminal sshd tells nobody that the connection is gone, except by the end of stdin. "$@" is the job, word by word.
constexpr const char *kJobKeeper = "exec 3<&0; \"$@\" </dev/null & job=$!; { cat <&3 >/dev/null; kill $job; } 2>/dev/null & keeper=$!; wait $job; status=$?; kill $keeper 2>/dev/null; exit $status";

std::string lastLine(std::string text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
    const auto start = text.rfind('\n');
    return start == std::string::npos ? text : text.substr(start + 1);
}

} // namespace

std::string shellWord(std::string_view word)
{
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + '\'';
}

std::string findProgram(const std::string &name)
{
    if (name.find('/') != std::string::npos)
        return ::access(name.c_str(), X_OK) == 0 ? name : std::string();
    for (const auto *folder : {"/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/local/sbin/", "/usr/sbin/", "/sbin/"}) {
        if (const auto path = folder + name; ::access(path.c_str(), X_OK) == 0)
            return path;
    }
    return {};
}

Command Host::command(const std::vector<std::string> &words, const Variables &variables, bool isJob) const
{
    Command command;
    command.environment = baseEnvironment();
    if (!isRemote()) {
        const auto found = words.empty() ? std::string() : findProgram(words.front());
        command.program = found.empty() && !words.empty() ? (words.front().starts_with('/') ? words.front() : "/usr/bin/" + words.front()) : found;
        if (!words.empty())
            command.arguments.assign(words.begin() + 1, words.end());
        command.environment.insert(command.environment.end(), variables.begin(), variables.end());
        return command;
    }
    command.program = findProgram("ssh");
    if (command.program.empty())
        command.program = "/usr/bin/ssh";
    if (const char *agent = std::getenv("SSH_AUTH_SOCK"))
        command.environment.emplace_back("SSH_AUTH_SOCK", agent);
    if (!config.empty())
        command.arguments = {"-F", config};
    for (const auto *option : {"BatchMode=yes", "ConnectTimeout=8", "ServerAliveInterval=15", "ServerAliveCountMax=4", "ClearAllForwardings=yes", "LogLevel=ERROR"})
        command.arguments.insert(command.arguments.end(), {"-o", option});
    command.arguments.insert(command.arguments.end(), {"-T", "--", ssh});
    command.arguments.emplace_back("env");
    for (const auto *fixed : {"LC_ALL=C.UTF-8", "TZ=UTC"})
        command.arguments.push_back(shellWord(fixed));
    for (const auto &[name, value] : variables)
        command.arguments.push_back(shellWord(name + '=' + value));
    command.isInputHeld = isJob;
    if (isJob) {
        for (const auto *word : {"sh", "-c", kJobKeeper, "sh"})
            command.arguments.push_back(shellWord(word));
    }
    for (const auto &word : words)
        command.arguments.push_back(shellWord(word));
    return command;
}

std::expected<Finished, Fault> Host::run(const Command &command, Deadline deadline, const std::stop_token &stop) const
{
    auto finished = process::run(command, deadline, stop);
    if (!finished || !isRemote())
        return finished;
    if (finished->ending == Ending::Exited && finished->exitStatus == kSshFailed) {
        const auto said = lastLine(finished->errors.empty() ? finished->output : finished->errors);
        return std::unexpected(Fault{FaultKind::Unavailable, "ssh", ssh + " cannot be reached: " + (said.empty() ? "ssh ended with status 255" : said),
                                     "Try: ssh -o BatchMode=yes " + ssh + " true. Host key and login key must be known beforehand: nobody can be asked here."});
    }
    return finished;
}

} // namespace muster::process
