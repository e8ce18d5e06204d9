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

/// All that a backup was planned from; the run uses these very values.
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

/// Reads server, tools and directory, all of it read-only.
[[nodiscard]] std::expected<Prepared, Fault> prepare(const Set &set, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan);

} // namespace muster::backup
