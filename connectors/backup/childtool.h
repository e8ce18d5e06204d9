// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/passfile.h"
#include "connectors/backup/server.h"
#include "connectors/process/child.h"

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace muster::backup {

/// Commands of PostgreSQL's client tools that speak to the same server as the console: same host, user and TLS by environment, the password by a file
/// in memory. Keep it alive while they run.
class ChildTool {
public:
    explicit ChildTool(Server &server) : m_server(server) { }
    [[nodiscard]] std::expected<void, Fault> prepare();
    [[nodiscard]] process::Command command(const std::string &program, const std::string &database = {}) const;

private:
    Server &m_server;
    std::vector<std::pair<std::string, std::string>> m_environment;
    Passfile m_passfile;
};

} // namespace muster::backup
