// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clustermap.h"
#include "connectors/redis/errors.h"
#include "connectors/redis/infofacts.h"
#include "connectors/redis/keypattern.h"
#include "connectors/redis/redissource.h"
#include "connectors/redis/serverversion.h"

#include <algorithm>
#include <array>

namespace muster::redis {

namespace {

constexpr std::array<std::string_view, 5> kConnectStages{"dns", "tcp", "tls", "protocol", "auth"};

struct Right {
    Command command; ///< harmless
    std::string_view right;
};

const std::vector<Right> &neededRights()
{
    static const std::vector<Right> rights{{{"PING"}, "ping"},
                                           {{"INFO"}, "info"},
                                           {{"SLOWLOG", "LEN"}, "slowlog|len"},
                                           {{"SLOWLOG", "GET", "1"}, "slowlog|get"},
                                           {{"CONFIG", "GET", "save"}, "config|get"},
                                           {{"SCAN", "0", "COUNT", "1"}, "scan"},
                                           {{"CLIENT", "LIST", "ID", "0"}, "client|list"},
                                           {{"LATENCY", "LATEST"}, "latency|latest"},
                                           {{"ACL", "WHOAMI"}, "acl|whoami"}};
    return rights;
}

/// The stages up to and with the one that failed; all five when none did.
std::vector<DoctorStage> connectStages(const Target &target, const std::expected<std::unique_ptr<RedisClient>, Fault> &client)
{
    std::vector<DoctorStage> stages;
    const auto failed = client ? kConnectStages.end() : std::ranges::find(kConnectStages, client.error().stage);
    for (auto it = kConnectStages.begin(); it != failed; ++it)
        stages.push_back({std::string(*it), true, {}, {}, Millis{0}});
    if (!client) {
        stages.push_back({client.error().stage, false, client.error().detail, client.error().hint, Millis{0}});
        return stages;
    }
    const auto &times = (*client)->times();
    stages[0] = {"dns", true, target.host, {}, times.dns};
    stages[1] = {"tcp", true, (*client)->peer(), {}, times.tcp};
    stages[2] = {"tls", true, (*client)->tls() ? (*client)->tls()->version + " " + (*client)->tls()->cipher : "not used (declared so)", {}, times.tls};
    stages[3].detail = "answers in RESP2";
    stages[4].detail = "as " + target.declaredUser() + ((*client)->user() ? " (confirmed by ACL WHOAMI)" : "");
    stages[4].took = (*client)->connectTook() - times.dns - times.tcp - times.tls;
    return stages;
}

DoctorStage privilegeStage(const Target &target, const std::vector<Reply> &replies)
{
    std::string missing;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (replies[i].isError() && replies[i].text.starts_with("NOPERM"))
            missing += " +" + std::string(neededRights()[i].right);
    }
    if (missing.empty())
        return {"privileges", true, "all that the console reads is permitted", {}, Millis{0}};
    return {"privileges", false, "missing:" + missing, "ACL SETUSER " + target.declaredUser() + missing, Millis{0}};
}

DoctorStage versionStage(const RedisInfo &info)
{
    const bool isValkey = info.text("valkey_version").has_value();
    const auto version = info.text(isValkey ? "valkey_version" : "redis_version").value_or("");
    const auto support = supportOf(isValkey ? "valkey" : "redis", version, Stamp::now().wall);
    if (!support)
        return {"version", false, "the server does not say its version", "Grant +info.", Millis{0}};
    return {"version", support->isSupported, (isValkey ? "Valkey " : "Redis ") + displayKey(version) + " (" + support->evidence + ")",
            support->isSupported ? "" : "Plan an upgrade to a series that still gets security fixes.", Millis{0}};
}

DoctorStage roleStage(const Target &target, const RedisInfo &info, const std::expected<ClusterMap, Fault> &map)
{
    if (const auto fault = topologyFault(target, info))
        return {"role", false, fault->detail, fault->hint, Millis{0}};
    if (target.topology == Topology::Cluster && !map)
        return {"role", false, map.error().detail, map.error().hint, Millis{0}};
    if (target.topology == Topology::Cluster) {
        const auto owners = map->owners();
        const auto lost = std::ranges::count_if(map->nodes, [](const ClusterNode &node) { return node.isFailed || node.isSuspected || !node.isUsable; });
        return {"role", lost == 0 && !owners.empty(), "node of a cluster of " + std::to_string(map->nodes.size()) + " nodes, " + std::to_string(owners.size()) + " primaries with slots, "
                    + std::to_string(lost) + " lost", lost == 0 ? "" : "Look at CLUSTER NODES.", Millis{0}};
    }
    const auto role = roleOf(info).value_or("unknown");
    const auto named = target.topology == Topology::Sentinel ? ", named by the Sentinels" : "";
    return {"role", role == "primary", displayKey(role) + named, role == "primary" ? "" : "Declare the primary: a replica refuses writes and counts only its own lookups.", Millis{0}};
}

} // namespace

std::vector<DoctorStage> RedisSource::diagnose(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    if (stop.stop_requested())
        return {};
    auto target = m_target;
    if (m_target.topology == Topology::Sentinel) {
        const auto primary = m_sentinels.findPrimary(deadline);
        if (!primary)
            return connectStages(target, std::unexpected(primary.error()));
        target = m_target.at(*primary);
    }
    const auto client = RedisClient::connect(target, deadline, m_interrupter);
    auto stages = connectStages(target, client);
    if (!client)
        return stages;
    std::vector<Command> commands;
    for (const auto &right : neededRights())
        commands.push_back(right.command);
    const auto replies = (*client)->pipeline(commands, deadline);
    if (!replies) {
        stages.push_back({"privileges", false, replies.error().detail, replies.error().hint, Millis{0}});
        return stages;
    }
    const auto info = replies->at(1).isText() ? parseInfo(replies->at(1).text) : RedisInfo{};
    stages.push_back(privilegeStage(target, *replies));
    stages.push_back(versionStage(info));
    const auto map = target.topology == Topology::Cluster ? readClusterMap(**client, target, deadline) : std::expected<ClusterMap, Fault>();
    stages.push_back(roleStage(target, info, map));
    return stages;
}

} // namespace muster::redis
