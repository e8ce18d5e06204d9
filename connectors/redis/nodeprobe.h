// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/redis/clustermap.h"
#include "connectors/redis/counterwindow.h"
#include "connectors/redis/hitwindow.h"
#include "connectors/redis/infofacts.h"
#include "connectors/redis/latencyhistogram.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/scansteering.h"
#include "connectors/redis/snapshotwatch.h"
#include "connectors/redis/target.h"
#include "models/facts/factbatch.h"

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace muster::redis {

/// All that one server says, over one connection that is kept. A round costs PING and INFO; the slow log, the samples, the settings and the
/// clients have cadences of their own. Nothing here reads a key in a way that the server counts, so its hit counters stay its users' own. One thread.
class NodeProbe {
public:
    struct Reading {
        FactBatch batch;
        RedisInfo info; ///< empty when INFO is not permitted
    };

    /// The interrupter must outlive the probe; whoever fires it ends the round.
    NodeProbe(Target target, net::Interrupter &interrupter) : m_target(std::move(target)), m_interrupter(interrupter) {}

    [[nodiscard]] std::expected<Reading, Fault> read(Deadline deadline, const std::stop_token &stop);
    [[nodiscard]] bool isConnected() const { return m_client && m_client->isOpen(); }
    /// The next read() connects anew.
    void disconnect() { forget(); }
    /// From the next connection on; the windows see by run_id whether it is another server.
    void moveTo(const net::Endpoint &endpoint);
    /// The next round measures everything.
    void wantAll();

    [[nodiscard]] const Target &target() const { return m_target; }
    [[nodiscard]] const HitWindow &window() const { return m_window; }
    /// On the probe's connection. A failure closes it.
    [[nodiscard]] std::expected<Reply, Fault> call(const Command &command, Deadline deadline);
    [[nodiscard]] std::expected<ClusterMap, Fault> clusterMap(Deadline deadline) { return readClusterMap(*m_client, m_target, deadline); }

    static constexpr Millis kFastBudget{30'000};

private:
    struct Round;
    using Step = std::expected<void, Fault>;

    [[nodiscard]] Step ensureConnected(Deadline deadline);
    [[nodiscard]] Step measure(Round &round);
    [[nodiscard]] Step ping(Round &round);
    [[nodiscard]] Step readInfo(Round &round);
    [[nodiscard]] Step takeTime(Round &round);
    [[nodiscard]] Step readSettings(Round &round);
    [[nodiscard]] Step readSlowlog(Round &round);
    [[nodiscard]] Step readLargeCommands(Round &round);
    [[nodiscard]] Step readPrefixes(Round &round);
    [[nodiscard]] Step readBigKeys(Round &round, const std::vector<std::string> &keys, const std::optional<Reply> &scanError);
    [[nodiscard]] Step readClients(Round &round);
    [[nodiscard]] Step readLatency(Round &round);
    [[nodiscard]] Step readUsers(Round &round);
    void addConnectionFacts(Round &round);
    void addLatencyFacts(Round &round);
    void addEpochFacts(Round &round);
    void addPosture(Round &round);
    void addAuthProbe(Round &round);
    void noteEpoch(const RedisInfo &info, BootTime at);
    void noteSlow(const Table &table);
    void forget();
    [[nodiscard]] Traffic traffic() const;
    [[nodiscard]] bool isDue(std::optional<BootTime> &last, Millis interval) const;

    Target m_target;
    net::Interrupter &m_interrupter;
    std::unique_ptr<RedisClient> m_client;
    Traffic m_past; ///< of connections that are closed
    std::optional<Fault> m_authFault; ///< answered without asking again until m_authRetry
    BootTime m_authRetry{};
    HitWindow m_window;
    CounterWindow m_counters;
    SnapshotWatch m_snapshots;
    ServerSettings m_settings;
    std::deque<BootTime> m_turns; ///< restarts and failovers of the last ten minutes
    std::string m_lastTurn;
    std::deque<Micros> m_pings; ///< the last 100 of our own
    std::string m_runId;
    bool m_isInfoPlain = false; ///< something between us and the server does not know INFO ALL
    double m_mostReplicas = 0;  ///< ever seen with this run_id
    std::optional<double> m_slowSeen; ///< highest id of the slow log
    double m_slowCount = 0;           ///< entries seen, the console's own left out
    std::optional<LatencyCounts> m_latencies;
    std::optional<BootTime> m_settingsRead;
    std::optional<BootTime> m_slowlogRead;
    std::optional<BootTime> m_largeRead;
    std::optional<BootTime> m_prefixesRead;
    std::optional<BootTime> m_clientsRead;
    std::optional<BootTime> m_latencyRead;
    std::optional<BootTime> m_usersRead;
    std::optional<BootTime> m_authProbed;
};

/// What one read() works on.
struct NodeProbe::Round {
    FactBatch batch;
    Deadline deadline;
    std::stop_token stop;
    Reply pong;
    RedisInfo info;
    Unknown missing{"this server does not say it", "The version or the provider leaves it out of INFO."};

    /// A slow fact may miss one round of its own before it is stale.
    static constexpr Millis budgetFor(Millis interval) { return 2 * interval + kFastBudget; }
    FactWriter writer(Millis budget = kFastBudget) { return {batch, budget, missing}; }
};

} // namespace muster::redis
