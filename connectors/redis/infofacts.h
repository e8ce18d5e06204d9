// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/factwriter.h"
#include "connectors/redis/hitwindow.h"
#include "connectors/redis/redisinfoparser.h"
#include "connectors/redis/target.h"

#include <optional>
#include <string>

namespace muster::redis {

/// What only CONFIG GET says; each nullopt when the right or the command is missing.
struct ServerSettings {
    std::optional<std::string> save;            ///< "3600 1 300 100"; "" = no save points
    std::optional<bool> isStoppingOnSaveError;  ///< stop-writes-on-bgsave-error
    std::optional<double> replicasNeeded;       ///< min-replicas-to-write
    std::optional<double> maxClients;           ///< INFO has it from 6.2 on
    Unknown denied{"not asked yet", ""};
};

/// All facts that INFO (with the settings) answers. Pure. An empty `info` gives every fact as unknown for the writer's reason.
void addInfoFacts(FactWriter &writer, const RedisInfo &info, const ServerSettings &settings, const Target &target);

/// Rates and ratios of the window; unknown with their reasons.
void addWindowFacts(FactWriter &writer, const HitWindow &window, const RedisInfo &info);

/// The counters of one INFO; nullopt when it is not whole enough to bind a sample to a server life.
[[nodiscard]] std::optional<CounterSample> counterSample(const RedisInfo &info, BootTime at);

/// "master" → "primary", "slave" → "replica".
[[nodiscard]] std::optional<std::string> roleOf(const RedisInfo &info);

/// Seconds until the server has loaded its data; nullopt when it is not loading.
[[nodiscard]] std::optional<double> loadingEta(const RedisInfo &info);

/// Set when the server or the declaration is a topology that the console cannot work with yet.
[[nodiscard]] std::optional<Fault> topologyFault(const Target &target, const RedisInfo &info);

} // namespace muster::redis
