// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/process/child.h"

#include <expected>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace muster::process {

/// Where a tool runs: on this machine, or on another one over the system's ssh (its configuration, agent and known hosts).
struct Host {
    std::string ssh;    ///< "" = this machine; else a destination: "db1", "postgres@db1"
    std::string config; ///< ssh -F; "" = the user's own

    [[nodiscard]] bool isRemote() const { return !ssh.empty(); }
    [[nodiscard]] std::string label() const { return isRemote() ? ssh : "this machine"; }

    using Variables = std::vector<std::pair<std::string, std::string>>;
    /// A command of the words: program and arguments. Here a bare program name is looked for in the standard folders; there by its login shell.
    /// `variables` are added to the child's environment; over ssh they travel as words of env(1), which everybody there can read: never a secret.
    /// A remote job (`isJob`) ends with us: a fixed line of shell there holds its process and ends it when the connection is gone.
    [[nodiscard]] Command command(const std::vector<std::string> &words, const Variables &variables = {}, bool isJob = false) const;
    /// Runs it. ssh's own failures (status 255) become a Fault that quotes it; the tool's own exit status is for the caller.
    [[nodiscard]] std::expected<Finished, Fault> run(const Command &command, Deadline deadline, const std::stop_token &stop) const;
};

/// One word for a POSIX shell: ssh joins its words with spaces and lets the remote login shell read the line again. Always in single quotes, so
/// that nothing in it is looked at.
[[nodiscard]] std::string shellWord(std::string_view word);
/// Absolute path of a program in /usr/local/bin, /usr/bin, /bin and their sbin; itself when it is absolute already; "" when it is not there.
[[nodiscard]] std::string findProgram(const std::string &name);

} // namespace muster::process
