// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/clustermerge.h"
#include "connectors/redis/nodeprobe.h"

#include <map>
#include <memory>
#include <string>

namespace muster::redis {

/// All nodes of a cluster, one connection each, asked one after the other within one deadline: those that answered last time first, so that
/// a dead one costs only what the others leave. The map of nodes is read anew each round; a failover shows in the next. One thread.
class ClusterProbe {
public:
    ClusterProbe(const Target &target, net::Interrupter &interrupter) : m_target(target), m_interrupter(interrupter) {}

    [[nodiscard]] std::expected<FactBatch, Fault> read(Deadline deadline, const std::stop_token &stop);
    void wantAll();
    /// On a node that is connected; a key that is elsewhere is asked for there.
    [[nodiscard]] std::expected<Reply, Fault> call(const Command &command, Deadline deadline);
    /// The sum of what the primaries with slots answer; a fault when one of them is lost, or answers something else than a number.
    [[nodiscard]] std::expected<Reply, Fault> callPrimaries(const Command &command, Deadline deadline);

private:
    [[nodiscard]] std::expected<ClusterMap, Fault> findMap(Deadline deadline);
    [[nodiscard]] std::expected<ClusterMap, Fault> mapFromSeeds(Deadline deadline);
    void ask(NodeRound &round, Deadline deadline, const std::stop_token &stop);
    [[nodiscard]] NodeProbe &probeOf(const ClusterNode &node);

    const Target &m_target;
    net::Interrupter &m_interrupter;
    std::map<std::string, std::unique_ptr<NodeProbe>> m_probes; ///< by node id
    std::map<std::string, std::string> m_primaries; ///< with slots, as of the last round: id and name
};

} // namespace muster::redis
