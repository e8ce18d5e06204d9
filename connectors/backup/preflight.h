// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/catalogue.h"
#include "connectors/backup/server.h"
#include "connectors/backup/tools.h"
#include "models/ports/action.h"

#include <optional>
#include <string>
#include <vector>

namespace muster::backup {

/// All that a dump was planned from; the run uses these very values.
struct Prepared {
    ServerState server;
    std::optional<Tools> tools;
    std::vector<ServerDatabase> databases; ///< that are dumped
    std::vector<Backup> existing;          ///< newest first
    std::vector<std::string> removals;     ///< ids that go once the new one is verified

    [[nodiscard]] double databasesSize() const;
};

/// Bytes free for us; nullopt when the file system does not say.
[[nodiscard]] std::optional<double> freeBytes(const std::string &directory);
/// Exists, a real folder, ours to write into.
[[nodiscard]] PlanCheck checkDirectory(const std::string &directory);
/// Room for a new one: by the last good one, else by what is given.
[[nodiscard]] PlanCheck checkSpace(const std::string &directory, const std::vector<Backup> &existing, double otherwise, const std::string &otherwiseFrom);
[[nodiscard]] PlanCheck checkHolder(Server &server, Deadline deadline);
/// Is there a primary behind this connection, may we read all of it.
void checkServer(const ServerState &server, std::vector<PlanCheck> &checks);
/// Dumps: tools, databases, space. Read-only. `existing` is judged.
[[nodiscard]] Prepared prepareDump(const Set &set, const ServerState &state, std::vector<Backup> existing, Deadline deadline, const std::stop_token &stop, Plan &plan);
[[nodiscard]] std::string joined(const std::vector<std::string> &names);

} // namespace muster::backup
