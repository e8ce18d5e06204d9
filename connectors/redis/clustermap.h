// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/redisclient.h"
#include "connectors/redis/target.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::redis {

constexpr int kClusterSlots = 16384;

/// One line of CLUSTER NODES:
///   07c3… 127.0.0.1:30004@31004,host4 slave e7d1… 0 1426238317239 4 connected
///   e7d1… 127.0.0.1:30001@31001,host1 myself,master - 0 0 1 connected 0-5460 [5461->-292f…]
struct ClusterNode {
    std::string id;
    net::Endpoint endpoint;
    std::string hostname; ///< announced, from Redis 7 on; may be ""
    bool isPrimary = false;
    bool isFailed = false;    ///< the cluster agreed on it
    bool isSuspected = false; ///< this node thinks so
    bool isUsable = true;     ///< neither in handshake nor without an address
    std::string primaryId;    ///< of a replica
    int slots = 0;
    int movingSlots = 0;      ///< being migrated or imported

    [[nodiscard]] std::string name() const; ///< "127.0.0.1:30001"
};

struct ClusterMap {
    std::vector<ClusterNode> nodes;

    [[nodiscard]] const ClusterNode *node(std::string_view id) const;
    /// Those that own slots: where the keys are.
    [[nodiscard]] std::vector<const ClusterNode *> owners() const;
};

/// Lines of another shape are left out; at most 1000 nodes. A node that does not know its own address gets `seed`.
[[nodiscard]] ClusterMap parseClusterNodes(std::string_view text, const std::string &seed);

/// CLUSTER NODES over an open connection. Fault Denied with the ACL line when it is not permitted, Config when this is no cluster.
[[nodiscard]] std::expected<ClusterMap, Fault> readClusterMap(RedisClient &client, const Target &target, Deadline deadline);

/// The access to one node: by its announced host name where TLS has to verify one.
[[nodiscard]] Target nodeTarget(const Target &cluster, const ClusterNode &node);

/// CRC16/XMODEM of the key, or of what stands in its first {}, modulo 16384.
[[nodiscard]] int slotOf(std::string_view key);

} // namespace muster::redis
