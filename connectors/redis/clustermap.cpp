// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clustermap.h"

#include "connectors/redis/errors.h"
#include "connectors/redis/redisinfoparser.h"

#include <algorithm>

namespace muster::redis {

namespace {

constexpr std::size_t kNodeLimit = 1000;

std::string_view take(std::string_view &rest, char separator)
{
    const auto at = rest.find(separator);
    const auto part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return part;
}

/// "127.0.0.1:30001@31001,host1"; an IPv6 address has colons of its own: the last one before the "@" counts.
bool takeAddress(ClusterNode &node, std::string_view text, const std::string &seed)
{
    auto address = take(text, '@');
    (void)take(text, ','); // the bus port
    node.hostname = clamp(take(text, ','), 255);
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos)
        return false;
    const auto port = parseNumber(address.substr(colon + 1)).value_or(0);
    if (port < 0 || port > 65535)
        return false;
    node.endpoint = {colon == 0 ? seed : clamp(address.substr(0, colon), 255), static_cast<std::uint16_t>(port)};
    return true;
}

void takeFlags(ClusterNode &node, std::string_view flags)
{
    while (!flags.empty()) {
        const auto flag = take(flags, ',');
        node.isPrimary |= flag == "master";
        node.isFailed |= flag == "fail";
        node.isSuspected |= flag == "fail?";
        if (flag == "noaddr" || flag == "handshake")
            node.isUsable = false;
    }
}

/// "0-5460 5500 [5461->-292f…]"
void takeSlots(ClusterNode &node, std::string_view slots)
{
    while (!slots.empty()) {
        auto range = take(slots, ' ');
        if (range.starts_with('[')) {
            ++node.movingSlots;
            continue;
        }
        const auto first = parseNumber(take(range, '-'));
        const auto last = range.empty() ? first : parseNumber(range);
        if (first && last && *first >= 0 && *last < kClusterSlots && *first <= *last)
            node.slots += static_cast<int>(*last - *first) + 1;
    }
}

} // namespace

std::string ClusterNode::name() const
{
    return Target().at(endpoint).address();
}

const ClusterNode *ClusterMap::node(std::string_view id) const
{
    const auto it = std::ranges::find(nodes, id, &ClusterNode::id);
    return it == nodes.end() ? nullptr : &*it;
}

std::vector<const ClusterNode *> ClusterMap::owners() const
{
    std::vector<const ClusterNode *> result;
    for (const auto &node : nodes) {
        if (node.isPrimary && node.slots > 0)
            result.push_back(&node);
    }
    return result;
}

ClusterMap parseClusterNodes(std::string_view text, const std::string &seed)
{
    ClusterMap map;
    while (!text.empty() && map.nodes.size() < kNodeLimit) {
        auto line = take(text, '\n');
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        ClusterNode node;
        node.id = clamp(take(line, ' '), 64);
        if (node.id.empty() || !takeAddress(node, take(line, ' '), seed))
            continue;
        takeFlags(node, take(line, ' '));
        node.primaryId = clamp(take(line, ' '), 64);
        for (int i = 0; i < 4; ++i) // ping, pong, epoch, link
            (void)take(line, ' ');
        takeSlots(node, line);
        node.isUsable = node.isUsable && node.endpoint.port > 0;
        map.nodes.push_back(std::move(node));
    }
    return map;
}

std::expected<ClusterMap, Fault> readClusterMap(RedisClient &client, const Target &target, Deadline deadline)
{
    const auto reply = client.call({"CLUSTER", "NODES"}, deadline);
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->isError() && reply->text.starts_with("NOPERM")) {
        const auto unknown = unknownFromError(reply->text, target.declaredUser(), "cluster|nodes");
        return std::unexpected(Fault{FaultKind::Denied, "privileges", "The nodes of the cluster cannot be listed: " + unknown.reason, unknown.hint});
    }
    if (reply->isError() && reply->text.find("cluster support disabled") != std::string::npos)
        return std::unexpected(Fault{FaultKind::Config, "role", target.address() + " is no node of a cluster", "Take \"topology\": \"cluster\" away, or name a node of the cluster."});
    if (reply->isError())
        return std::unexpected(faultFromError(reply->text, "query"));
    auto map = reply->isText() ? parseClusterNodes(reply->text, target.host) : ClusterMap{};
    if (map.nodes.empty())
        return std::unexpected(Fault{FaultKind::Protocol, "query", "the answer to CLUSTER NODES has an unexpected shape", "Compare with redis-cli."});
    return map;
}

Target nodeTarget(const Target &cluster, const ClusterNode &node)
{
    const bool isNamed = cluster.tls.isOn && cluster.tls.verifyName.empty() && !node.hostname.empty() && node.hostname != "?";
    return cluster.at({isNamed ? node.hostname : node.endpoint.host, node.endpoint.port});
}

int slotOf(std::string_view key)
{
    if (const auto open = key.find('{'); open != std::string_view::npos) {
        const auto close = key.find('}', open + 1);
        if (close != std::string_view::npos && close > open + 1)
            key = key.substr(open + 1, close - open - 1);
    }
    unsigned crc = 0;
    for (const char byte : key) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8U;
        for (int bit = 0; bit < 8; ++bit)
            crc = ((crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U) & 0xffffU;
    }
    return static_cast<int>(crc % kClusterSlots);
}

} // namespace muster::redis
