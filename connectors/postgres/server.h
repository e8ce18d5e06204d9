// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"
#include "connectors/postgres/query.h"
#include "connectors/postgres/window.h"

#include <optional>
#include <string>

namespace muster::postgres {

/// What one row says about the server as a whole. Epochs in seconds at the server's clock.
struct Server {
    bool isStandby = false;
    std::string started; ///< epoch as text: identity of the postmaster's life
    double uptime = 0;
    double connectionsLimit = 0;
    bool isArchivingOn = false;
    std::optional<double> archiveAge; ///< since the last segment that was archived
    bool isArchiverFailing = false;
    std::string lastFailedWal;
    bool hasChecksums = false;
    double checkpointsTimed = 0;
    double checkpointsRequested = 0;
    std::optional<double> checkpointWrite; ///< s, of all checkpoints since the reset
    std::optional<double> checkpointSync;
    std::string checkpointReset;
    std::string systemIdentifier;
};

/// What a server said of itself when this console first saw it; another one at the same address is news.
struct Identity {
    std::string systemIdentifier;
    bool isStandby = false;
};
void addIdentityFacts(const Server &server, const Identity &first, FactWriter &facts);

struct CheckpointSample {
    std::string life; ///< postmaster start and stats reset
    double timed = 0;
    double requested = 0;
    std::optional<double> write{}; ///< s
    std::optional<double> sync{};
};

using CheckpointWindow = Window<CheckpointSample>;
constexpr Millis kCheckpointWindow{ 600000 };

[[nodiscard]] const Query &serverQuery();
/// Facts whose column could not be had are unknown, each for its own reason.
void coverServerProblems(const std::map<std::string_view, Fault> &problems, const Context &context, FactWriter &facts);
[[nodiscard]] Server parseServer(const Rows &rows);
void pushCheckpoints(CheckpointWindow &window, BootTime at, const Server &server);
void addServerFacts(const Server &server, const CheckpointWindow &checkpoints, const Context &context, FactWriter &facts);

/// "15.18 (Debian ...)" → "15.18".
[[nodiscard]] std::string shortVersion(const std::string &serverVersion);
/// The project supports a major for five years; dates as published 2026-08, https://www.postgresql.org/support/versioning/.
/// A major that is newer than the table is supported; nullopt for numbers that are no PostgreSQL version.
[[nodiscard]] std::optional<bool> isSupported(int serverVersion, WallTime now);
/// How many minor releases newer than this one are known; nullopt for a major that is not in the table. Known as of 2026-08.
[[nodiscard]] std::optional<int> minorsBehind(int serverVersion);

} // namespace muster::postgres
