// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clusterprobe.h"

#include "connectors/redis/keyscan.h"
#include "connectors/redis/redisinfoparser.h"

#include <algorithm>

namespace muster::redis {

namespace {

constexpr Millis kMapLimit{1200};
constexpr Millis kLeastForANode{250};
constexpr Millis kReserve{200}; ///< for the merge, so that the round ends before its watchdog

} // namespace

void ClusterProbe::wantAll()
{
    for (auto &[id, probe] : m_probes)
        probe->wantAll();
}

std::expected<Reply, Fault> ClusterProbe::call(const Command &command, Deadline deadline)
{
    const auto connected = std::ranges::find_if(m_probes, [](const auto &entry) { return entry.second->isConnected(); });
    if (connected == m_probes.end())
        return std::unexpected(Fault{FaultKind::Unavailable, "query", "no node is connected", "The console connects anew by itself."});
    auto reply = connected->second->call(command, deadline);
    const auto redirect = reply && reply->isError() ? redirectOf(reply->text) : std::nullopt;
    if (!redirect)
        return reply;
    const auto host = redirect->to.host.empty() ? connected->second->target().host : redirect->to.host;
    const auto there = std::ranges::find_if(m_probes, [&](const auto &entry) { return entry.second->target().port == redirect->to.port && entry.second->target().host == host; });
    if (there == m_probes.end())
        return reply;
    if (redirect->isAsk) { // its slot is on the way: without the word the node sends us back
        if (auto asked = there->second->call({"ASKING"}, deadline); !asked)
            return asked;
    }
    return there->second->call(command, deadline);
}

std::expected<Reply, Fault> ClusterProbe::callPrimaries(const Command &command, Deadline deadline)
{
    Reply sum;
    for (const auto &[id, name] : m_primaries) {
        const auto probe = m_probes.find(id);
        if (probe == m_probes.end() || !probe->second->isConnected())
            return std::unexpected(Fault{FaultKind::Unavailable, "query", "the primary " + name + " does not answer: its share of the sum is not known", "The console asks again by itself."});
        auto reply = probe->second->call(command, deadline);
        if (!reply || reply->isError())
            return reply;
        if (!reply->isInteger())
            return std::unexpected(Fault{FaultKind::Config, "query", "each node of the cluster has an answer of its own to this command, and it is no number that could be added up",
                                         "Ask for something that has a key, or for a count."});
        const auto before = sum.integer;
        sum = std::move(*reply);
        sum.integer += before;
    }
    if (!sum.isInteger())
        return std::unexpected(Fault{FaultKind::Unavailable, "query", "no primary of the cluster has slots", {}});
    return sum;
}

NodeProbe &ClusterProbe::probeOf(const ClusterNode &node)
{
    auto &probe = m_probes[node.id];
    const auto target = nodeTarget(m_target, node);
    if (!probe)
        probe = std::make_unique<NodeProbe>(target, m_interrupter);
    probe->moveTo({target.host, target.port});
    return *probe;
}

std::expected<ClusterMap, Fault> ClusterProbe::mapFromSeeds(Deadline deadline)
{
    auto seeds = m_target.seeds;
    seeds.insert(seeds.begin(), net::Endpoint{m_target.host, m_target.port});
    for (const auto &[id, probe] : m_probes) // known from before: the seeds may all be gone
        seeds.push_back({probe->target().host, probe->target().port});
    std::optional<Fault> first;
    for (const auto &seed : seeds) {
        const auto limit = deadline.atMost(kMapLimit);
        const auto target = m_target.at(seed);
        const auto client = RedisClient::connect(target, limit, m_interrupter);
        auto map = client ? readClusterMap(**client, target, limit) : std::expected<ClusterMap, Fault>(std::unexpected(client.error()));
        if (map)
            return map;
        if (!first)
            first = std::move(map.error());
        if (deadline.isOver() || first->kind == FaultKind::Cancelled || first->kind == FaultKind::Auth)
            break;
    }
    return std::unexpected(std::move(*first));
}

std::expected<ClusterMap, Fault> ClusterProbe::findMap(Deadline deadline)
{
    for (auto &[id, probe] : m_probes) {
        if (!probe->isConnected())
            continue;
        if (auto map = probe->clusterMap(deadline.atMost(kMapLimit)))
            return map;
    }
    return mapFromSeeds(deadline);
}

void ClusterProbe::ask(NodeRound &round, Deadline deadline, const std::stop_token &stop)
{
    if (!round.node.isUsable) {
        round.fault = Fault{FaultKind::Unavailable, "tcp", "the cluster does not know its address", "CLUSTER MEET or CLUSTER FORGET it."};
        return;
    }
    auto &probe = probeOf(round.node);
    auto reading = probe.read(deadline, stop);
    if (!reading) {
        round.fault = std::move(reading.error());
        return;
    }
    round.reading = std::move(*reading);
    round.window = &probe.window();
    // The map may be a failover old; the node knows best what it is.
    if (const auto role = roleOf(round.reading->info))
        round.node.isPrimary = *role == "primary";
    if (const auto state = probe.call({"CLUSTER", "INFO"}, deadline); state && state->isText())
        round.state = parseInfo(state->text).text("cluster_state");
}

std::expected<FactBatch, Fault> ClusterProbe::read(Deadline deadline, const std::stop_token &stop)
{
    const auto at = Stamp::now();
    const auto map = findMap(deadline);
    if (!map)
        return std::unexpected(map.error());
    std::erase_if(m_probes, [&map](const auto &entry) { return !map->node(entry.first); });
    std::vector<NodeRound> rounds;
    for (const auto &node : map->nodes)
        rounds.push_back({node, std::nullopt, std::nullopt, std::nullopt, nullptr});
    std::ranges::stable_sort(rounds, std::greater(), [this](const NodeRound &round) {
        const auto it = m_probes.find(round.node.id);
        return it != m_probes.end() && it->second->isConnected();
    });
    auto left = static_cast<long>(rounds.size());
    for (auto &round : rounds) {
        const auto share = std::max(kLeastForANode, (deadline.left() - kReserve) / std::max(1L, left--));
        ask(round, deadline.atMost(share), stop);
        if (stop.stop_requested() || (round.fault && round.fault->kind == FaultKind::Cancelled))
            return std::unexpected(net::cancelledFault("query"));
    }
    if (std::ranges::none_of(rounds, [](const NodeRound &round) { return round.reading.has_value(); })) {
        auto fault = *rounds.front().fault;
        fault.detail = rounds.front().node.name() + ": " + fault.detail;
        return std::unexpected(std::move(fault));
    }
    m_primaries.clear();
    for (const auto &round : rounds) {
        if (round.node.isPrimary && round.node.slots > 0)
            m_primaries.emplace(round.node.id, round.node.name());
    }
    std::ranges::sort(rounds, {}, [](const NodeRound &round) { return round.node.name(); });
    auto batch = mergedFacts(m_target.id, at, rounds);
    addClusterFacts(batch, rounds);
    return batch;
}

} // namespace muster::redis
