// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/primaries.h"

#include "connectors/redis/clustermap.h"
#include "connectors/redis/sentinel.h"

namespace muster::redis {

namespace {

constexpr Millis kOneSeed{2000};

std::expected<std::vector<Target>, Fault> clusterPrimaries(const Target &target, Deadline deadline, net::Interrupter &interrupter)
{
    auto seeds = target.seeds;
    seeds.insert(seeds.begin(), net::Endpoint{target.host, target.port});
    Fault last;
    for (const auto &seed : seeds) {
        const auto limit = deadline.atMost(kOneSeed);
        const auto client = RedisClient::connect(target.at(seed), limit, interrupter);
        const auto map = client ? readClusterMap(**client, target.at(seed), limit) : std::expected<ClusterMap, Fault>(std::unexpected(client.error()));
        if (!map) {
            last = map.error();
            continue;
        }
        std::vector<Target> primaries;
        for (const auto *node : map->owners())
            primaries.push_back(nodeTarget(target, *node));
        if (!primaries.empty())
            return primaries;
        last = {FaultKind::Unavailable, "role", "no node of the cluster owns slots", "Look at CLUSTER INFO."};
    }
    return std::unexpected(std::move(last));
}

} // namespace

std::expected<std::vector<Target>, Fault> primariesOf(const Target &target, Deadline deadline, net::Interrupter &interrupter)
{
    if (target.topology == Topology::Cluster)
        return clusterPrimaries(target, deadline, interrupter);
    if (target.topology == Topology::Standalone)
        return std::vector{target};
    const auto primary = SentinelWalk(target, interrupter).findPrimary(deadline);
    if (!primary)
        return std::unexpected(primary.error());
    return std::vector{target.at(*primary)};
}

} // namespace muster::redis
