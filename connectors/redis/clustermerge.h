// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/clustermap.h"
#include "connectors/redis/nodeprobe.h"
#include "models/facts/factbatch.h"

#include <optional>
#include <string>
#include <vector>

namespace muster::redis {

/// One node of a cluster in one round.
struct NodeRound {
    ClusterNode node;
    std::optional<NodeProbe::Reading> reading;
    std::optional<Fault> fault;                ///< why there is none
    std::optional<std::string> state;          ///< "ok", "fail": its own CLUSTER INFO
    const HitWindow *window = nullptr;

    /// Its absence leaves questions open. A node that the cluster gave up and that owns nothing does not.
    [[nodiscard]] bool isNeeded() const { return node.slots > 0 || !node.isFailed; }
};

/// The facts of the whole: sums where a sum means something (over the primaries, or over all nodes), the worst where it does not, and never
/// a mean. A node that is missing makes a fact unknown unless the others settle it. Pure.
[[nodiscard]] FactBatch mergedFacts(const std::string &source, Stamp at, const std::vector<NodeRound> &nodes);

/// Slots, nodes, states. Facts redis.cluster_… and redis.nodes.
void addClusterFacts(FactBatch &batch, const std::vector<NodeRound> &nodes);
/// The same facts of a server on its own.
void addNoClusterFacts(FactBatch &batch);

} // namespace muster::redis
