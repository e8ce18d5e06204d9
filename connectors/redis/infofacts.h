// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/counterwindow.h"
#include "connectors/redis/factwriter.h"
#include "connectors/redis/hitwindow.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/redisinfoparser.h"
#include "connectors/redis/target.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster::redis {

/// What only CONFIG GET says; each nullopt when the right or the command is missing.
struct ServerSettings {
    std::optional<std::string> save;            ///< "3600 1 300 100"; "" = no save points
    std::optional<bool> isStoppingOnSaveError;  ///< stop-writes-on-bgsave-error
    std::optional<double> replicasNeeded;       ///< min-replicas-to-write
    std::optional<double> maxClients;           ///< INFO has it from 6.2 on
    std::optional<double> port;                 ///< 0 = TLS only
    std::optional<bool> isProtected;            ///< protected-mode
    std::optional<std::string> bind;
    std::optional<double> latencyThreshold;     ///< ms; 0 = the latency monitor is off
    Unknown denied{"not asked yet", ""};
};

/// All facts that INFO (with the settings) answers. Pure. An empty `info` gives every fact as unknown for the writer's reason.
void addInfoFacts(FactWriter &writer, const RedisInfo &info, const ServerSettings &settings, const Target &target);
/// Parts of it, in files of their own.
void addMemoryFacts(FactWriter &writer, const RedisInfo &info, const Target &target);
void addPersistenceFacts(FactWriter &writer, const RedisInfo &info, const ServerSettings &settings, const Target &target);
void addReplicationFacts(FactWriter &writer, const RedisInfo &info);

/// One server, as its probe sees it.
struct NodeView {
    const RedisInfo *info;
    const HitWindow *window;
};

/// Rates and ratios of the windows, over all nodes: sums of deltas. Unknown with their reasons.
void addWindowFacts(FactWriter &writer, std::span<const NodeView> nodes);

/// What grew in the last minutes: errors, resyncs, slow fsyncs, commands. Pure.
void addCounterFacts(FactWriter &writer, const CounterWindow &window, const RedisInfo &info);
/// The counters that it wants, less what the console itself caused.
[[nodiscard]] Counters countersOf(const RedisInfo &info, const Traffic &own);

/// The counters of one INFO; nullopt when it is not whole enough to bind a sample to a server life.
[[nodiscard]] std::optional<CounterSample> counterSample(const RedisInfo &info, BootTime at, const Traffic &own = {});

/// Commands that tools ask and users do not wait for: "info", "slowlog|get".
[[nodiscard]] bool isAdministrative(std::string_view command);

/// "master" → "primary", "slave" → "replica".
[[nodiscard]] std::optional<std::string> roleOf(const RedisInfo &info);

/// Seconds until the server has loaded its data; nullopt when it is not loading.
[[nodiscard]] std::optional<double> loadingEta(const RedisInfo &info);

/// s since the last save by the server's own clock, never ours; nullopt before Redis 6.2.
[[nodiscard]] std::optional<double> rdbAge(const RedisInfo &info);
/// Was anything saved in this life? After a restart rdb_last_save_time is the start, and no save.
[[nodiscard]] std::optional<bool> isSavedSinceStart(const RedisInfo &info);

/// Set when the server is not of the declared topology.
[[nodiscard]] std::optional<Fault> topologyFault(const Target &target, const RedisInfo &info);

} // namespace muster::redis
