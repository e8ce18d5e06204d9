// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/sentinel.h"

#include "connectors/redis/errors.h"
#include "connectors/redis/keypattern.h"
#include "connectors/redis/redisinfoparser.h"

#include <algorithm>
#include <map>

namespace muster::redis {

namespace {

constexpr Millis kOneSentinel{800}; ///< the next one is asked soon: a dead one must not cost the round

std::string shown(const net::Endpoint &endpoint)
{
    return Target().at(endpoint).address();
}

/// ["10.0.0.1", "6379"] as an address; nullopt for nil (the name is not known) and for anything else.
std::optional<net::Endpoint> addressOf(const Reply &reply)
{
    if (!reply.isArray() || reply.elements.size() != 2 || reply.elements[0].text.empty())
        return std::nullopt;
    const auto port = parseNumber(reply.elements[1].text).value_or(0);
    if (port < 1 || port > 65535)
        return std::nullopt;
    return net::Endpoint{clamp(reply.elements[0].text, 255), static_cast<std::uint16_t>(port)};
}

/// ["name", "mymaster", "ip", …] as pairs.
std::map<std::string, std::string, std::less<>> pairsOf(const Reply &reply)
{
    std::map<std::string, std::string, std::less<>> pairs;
    for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2)
        pairs.emplace(reply.elements[i].text, reply.elements[i + 1].text);
    return pairs;
}

} // namespace

SentinelWalk::SentinelWalk(const Target &target, net::Interrupter &interrupter)
    : m_target(target)
    , m_interrupter(interrupter)
    , m_order(target.sentinels)
{
}

std::expected<std::unique_ptr<RedisClient>, Fault> SentinelWalk::connect(const SentinelAddress &sentinel, Deadline deadline)
{
    auto access = m_target.at(sentinel.endpoint);
    access.database = 0;
    access.user = m_target.sentinelUser;
    access.secret = m_target.sentinelSecret;
    access.tls.isOn = sentinel.isTls;
    auto client = RedisClient::connect(access, deadline, m_interrupter);
    if (!client)
        client.error().detail = "Sentinel " + access.address() + ": " + client.error().detail;
    return client;
}

std::expected<net::Endpoint, Fault> SentinelWalk::findPrimary(Deadline deadline)
{
    Fault last{FaultKind::Config, "configuration", "no Sentinel is declared", "Name them in \"sentinels\" of this Redis."};
    for (auto sentinel = m_order.begin(); sentinel != m_order.end(); ++sentinel) {
        const auto limit = deadline.atMost(kOneSentinel);
        auto client = connect(*sentinel, limit);
        auto reply = client ? (*client)->call({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", m_target.master}, limit) : std::expected<Reply, Fault>(std::unexpected(client.error()));
        if (!reply) {
            last = std::move(reply.error());
            if (last.kind == FaultKind::Cancelled)
                break;
            continue;
        }
        if (reply->isError()) {
            last = faultFromError(reply->text, "query");
            last.detail = "Sentinel " + shown(sentinel->endpoint) + ": " + last.detail;
            continue;
        }
        if (const auto primary = addressOf(*reply)) {
            std::rotate(m_order.begin(), sentinel, sentinel + 1);
            return *primary;
        }
        last = {FaultKind::Config, "role", "Sentinel " + shown(sentinel->endpoint) + " knows no primary called “" + displayKey(m_target.master, 64) + "”",
                "Compare \"master\" with SENTINEL MASTERS."};
    }
    return std::unexpected(std::move(last));
}

SentinelWalk::Answer SentinelWalk::ask(const SentinelAddress &sentinel, Deadline deadline)
{
    const auto client = connect(sentinel, deadline);
    const auto replies = client ? (*client)->pipeline({{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", m_target.master}, {"SENTINEL", "CKQUORUM", m_target.master},
                                                       {"SENTINEL", "MASTER", m_target.master}, {"INFO", "sentinel"}}, deadline)
                                : std::expected<std::vector<Reply>, Fault>(std::unexpected(client.error()));
    Answer answer;
    if (!replies) {
        answer.problem = replies.error().detail;
        return answer;
    }
    answer.primary = addressOf(replies->at(0));
    if (!answer.primary)
        answer.problem = replies->at(0).isError() ? displayKey(replies->at(0).text) : "it knows no primary called “" + displayKey(m_target.master, 64) + "”";
    const auto &quorum = replies->at(1);
    answer.quorumWords = displayKey(quorum.text, 160);
    if (!quorum.isError() || quorum.text.starts_with("NOQUORUM"))
        answer.hasQuorum = !quorum.isError();
    const auto fields = pairsOf(replies->at(2));
    const auto field = [&fields](std::string_view name) { return fields.contains(name) ? fields.find(name)->second : std::string(); };
    answer.flags = displayKey(field("flags"), 64);
    answer.others = parseNumber(field("num-other-sentinels")).value_or(0);
    answer.replicas = parseNumber(field("num-slaves")).value_or(0);
    answer.isTilted = parseInfo(replies->at(3).text).number("sentinel_tilt").value_or(0) > 0;
    return answer;
}

bool SentinelWalk::survey(FactWriter &writer, const std::string &address, Deadline deadline)
{
    Table table{{{"sentinel", ""}, {"primary", ""}, {"flags", ""}, {"quorum", ""}, {"replicas", "count"}, {"others", "count"}, {"problem", ""}}, {}, m_target.sentinels.size(), false};
    double reached = 0;
    bool isAgreed = true;
    std::optional<bool> hasQuorum;
    std::string words;
    for (const auto &sentinel : m_target.sentinels) {
        const auto answer = ask(sentinel, deadline.atMost(kOneSentinel));
        table.rows.push_back({shown(sentinel.endpoint), answer.primary ? shown(*answer.primary) : std::string(), answer.flags + (answer.isTilted ? " tilt" : ""), answer.quorumWords,
                              answer.replicas, answer.others, clamp(answer.problem, 200)});
        if (!answer.primary)
            continue;
        ++reached;
        isAgreed = isAgreed && shown(*answer.primary) == address;
        words = answer.quorumWords;
        if (answer.hasQuorum)
            hasQuorum = hasQuorum.value_or(true) && *answer.hasQuorum && !answer.isTilted;
    }
    const auto declared = static_cast<double>(m_target.sentinels.size());
    const Unknown none{"no Sentinel answered", "Look at the table of Sentinels."};
    writer.add("redis.sentinels_answering", Value(reached), "count", "of " + std::to_string(m_target.sentinels.size()) + " declared");
    writer.add("redis.sentinels_lost", Value(declared - reached), "count");
    writer.add("redis.sentinels_agree", reached > 0 ? Value(isAgreed) : Value(none), "", "in use: " + address);
    writer.add("redis.sentinel_quorum_ok", hasQuorum ? Value(*hasQuorum) : Value(Unknown{"no Sentinel said whether there is a quorum", "Grant +sentinel|ckquorum."}), "", words);
    writer.add("redis.sentinels_table", Value(std::move(table)), "");
    return reached > 0 && !isAgreed;
}

void addNoSentinelFacts(FactWriter &writer)
{
    for (const auto *name : {"redis.sentinels_answering", "redis.sentinels_lost", "redis.sentinels_agree", "redis.sentinel_quorum_ok", "redis.sentinels_table"})
        writer.add(name, NotApplicable{"no Sentinel is declared"}, "");
}

} // namespace muster::redis
