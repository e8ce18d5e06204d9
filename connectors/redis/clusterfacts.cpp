// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clustermerge.h"
#include "connectors/redis/factmath.h"
#include "connectors/redis/keypattern.h"
#include "models/format/format.h"

#include <algorithm>
#include <array>

namespace muster::redis {

namespace {

constexpr std::size_t kNodeRows = 200;

const Fact *factOf(const NodeRound &round, std::string_view name)
{
    const auto it = std::ranges::find(round.reading->batch.facts, name, &Fact::name);
    return it == round.reading->batch.facts.end() ? nullptr : &*it;
}

Cell cell(const NodeRound &round, std::string_view name)
{
    const auto *fact = round.reading ? factOf(round, name) : nullptr;
    if (const auto *number = fact ? asNumber(fact->value) : nullptr)
        return *number;
    const auto *text = fact ? asText(fact->value) : nullptr;
    return text ? Cell(*text) : Cell();
}

std::string stateOf(const NodeRound &round)
{
    if (!round.reading)
        return clamp(round.fault ? round.fault->detail : std::string("not asked"), 160);
    return round.node.isFailed ? "failed, says the cluster" : round.node.isSuspected ? "suspected by a node" : "answers";
}

Table nodesTable(const std::vector<NodeRound> &nodes)
{
    Table table{{{"node", ""}, {"role", ""}, {"slots", "count"}, {"state", ""}, {"keys", "count"}, {"hit_ratio", "ratio"}, {"operations_rate", "1/s"}, {"memory_used", "B"},
                 {"memory_used_ratio", "ratio"}, {"clients", "count"}, {"behind", "B"}, {"run_id", ""}}, {}, kNodeRows, nodes.size() > kNodeRows};
    for (const auto &round : nodes) {
        if (table.rows.size() == kNodeRows)
            break;
        table.rows.push_back({round.node.name(), std::string(round.node.isPrimary ? "primary" : "replica"), static_cast<double>(round.node.slots), stateOf(round), cell(round, "redis.keys"),
                              cell(round, "redis.hit_ratio"), cell(round, "redis.operations_rate"), cell(round, "redis.memory_used"), cell(round, "redis.memory_used_ratio"),
                              cell(round, "redis.clients_connected"), cell(round, "redis.replication_lag_bytes"), cell(round, "redis.run_id")});
    }
    return table;
}

/// How many of the 16384 slots have an owner that serves, by the map of the node that was asked and by our own tries.
int slotsServed(const std::vector<NodeRound> &nodes)
{
    int served = 0;
    for (const auto &round : nodes)
        served += round.node.isPrimary && !round.node.isFailed && round.reading ? round.node.slots : 0;
    return std::min(served, kClusterSlots);
}

double primariesWithoutReplica(const std::vector<NodeRound> &nodes)
{
    double count = 0;
    for (const auto &primary : nodes) {
        if (!primary.node.isPrimary || primary.node.slots == 0)
            continue;
        count += std::ranges::none_of(nodes, [&primary](const NodeRound &other) { return other.node.primaryId == primary.node.id && !other.node.isFailed && other.reading; }) ? 1 : 0;
    }
    return count;
}

/// Does each node that answers think that the cluster serves?
Value isServing(const std::vector<NodeRound> &nodes)
{
    for (const auto &round : nodes) {
        if (round.state && *round.state != "ok")
            return false;
    }
    const bool isKnown = std::ranges::any_of(nodes, [](const NodeRound &round) { return round.state.has_value(); });
    return isKnown ? Value(true) : Value(Unknown{"no permission: needs +cluster|info", "Grant +cluster|info."});
}

constexpr std::array kNumbers{"redis.cluster_slots_unserved", "redis.cluster_slots_moving", "redis.cluster_nodes", "redis.cluster_nodes_lost", "redis.cluster_primaries",
                              "redis.cluster_primaries_without_replica"};

} // namespace

void addClusterFacts(FactBatch &batch, const std::vector<NodeRound> &nodes)
{
    FactWriter out(batch, NodeProbe::kFastBudget, {"the cluster does not say it", ""});
    const auto countIf = [&nodes](auto is) { return static_cast<double>(std::ranges::count_if(nodes, is)); };
    const auto primaries = countIf([](const NodeRound &round) { return round.node.isPrimary && round.node.slots > 0; });
    double moving = 0;
    std::string lost;
    for (const auto &round : nodes) {
        moving += round.node.movingSlots;
        if (!round.reading || round.node.isFailed)
            lost += (lost.empty() ? "" : "; ") + round.node.name() + " (" + stateOf(round) + ")";
    }
    const auto all = static_cast<double>(nodes.size());
    const auto words = "cluster of " + format::counted(all, "node", "nodes") + ", " + std::to_string(static_cast<int>(primaries)) + " of them with slots";
    out.add("redis.address", Value(words), "");
    out.add("redis.role", Value(std::string("cluster")), "");
    out.add("redis.run_id", NotApplicable{"each node has its own"}, "");
    out.add("redis.cluster_ok", isServing(nodes), "");
    out.add("redis.cluster_slots_unserved", Value(static_cast<double>(kClusterSlots - slotsServed(nodes))), "count");
    out.add("redis.cluster_slots_moving", Value(moving), "count");
    out.add("redis.cluster_nodes", Value(all), "count");
    out.add("redis.cluster_nodes_lost", Value(countIf([](const NodeRound &round) { return !round.reading || round.node.isFailed; })), "count", lost);
    out.add("redis.cluster_lost", Value(clamp(lost, 400)), "");
    out.add("redis.cluster_primaries", Value(primaries), "count");
    out.add("redis.cluster_primaries_without_replica", Value(primariesWithoutReplica(nodes)), "count");
    out.add("redis.nodes", Value(nodesTable(nodes)), "");
}

void addNoClusterFacts(FactBatch &batch)
{
    const NotApplicable none{"no cluster is declared"};
    for (const auto *name : kNumbers)
        batch.add(name, none, "count", NodeProbe::kFastBudget);
    for (const auto *name : {"redis.cluster_ok", "redis.cluster_lost", "redis.nodes"})
        batch.add(name, none, "", NodeProbe::kFastBudget);
}

} // namespace muster::redis
