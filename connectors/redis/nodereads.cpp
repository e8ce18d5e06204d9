// SPDX-License-Identifier: GPL-3.0-or-later
// What NodeProbe reads at a slow pace: slow log, samples of keys, clients, latencies, users.
#include "connectors/redis/acllist.h"
#include "connectors/redis/clientlist.h"
#include "connectors/redis/errors.h"
#include "connectors/redis/keypattern.h"
#include "connectors/redis/limiters.h"
#include "connectors/redis/nodeprobe.h"
#include "connectors/redis/scan.h"
#include "connectors/redis/serverversion.h"
#include "connectors/redis/slowlog.h"

#include <algorithm>

namespace muster::redis {

namespace {

constexpr Millis kSlowlogEvery{30'000};
constexpr Millis kPrefixesEvery{60'000};
constexpr Millis kClientsEvery{30'000};
constexpr Millis kLatencyEvery{30'000};
constexpr Millis kUsersEvery{300'000};
constexpr Millis kAuthProbeLimit{1500};
constexpr std::size_t kSlowlogRows = 32;
constexpr std::size_t kClientRows = 16;
constexpr double kClientsForList = 2000; ///< CLIENT LIST of more than these costs the server too much
constexpr double kSlowSpan = 300;        ///< s
constexpr std::size_t kBigKeySample = 50;
constexpr std::size_t kBigKeyRows = 10;

bool isOurs(const Table &table, std::size_t row)
{
    return table.text(row, "client_name").starts_with("muster");
}

} // namespace

/// Each entry is counted once, by its id, even when the list is reset or overflows between two looks.
void NodeProbe::noteSlow(const Table &table)
{
    double highest = m_slowSeen.value_or(-1);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto id = table.number(row, "id").value_or(0);
        highest = std::max(highest, id);
        if (m_slowSeen && id > *m_slowSeen && !isOurs(table, row))
            ++m_slowCount;
    }
    // More came than the table holds: those in between were somebody's.
    if (const auto rows = static_cast<double>(table.rows.size()); m_slowSeen && rows > 0 && highest - *m_slowSeen > rows)
        m_slowCount += highest - *m_slowSeen - rows;
    m_slowSeen = highest;
}

NodeProbe::Step NodeProbe::readSlowlog(Round &round)
{
    if (!isDue(m_slowlogRead, kSlowlogEvery))
        return {};
    const auto replies = m_client->pipeline({{"SLOWLOG", "LEN"}, {"SLOWLOG", "GET", std::to_string(kSlowlogRows)}}, round.deadline);
    if (!replies)
        return std::unexpected(replies.error());
    auto out = round.writer(Round::budgetFor(kSlowlogEvery));
    const auto &length = replies->at(0);
    const auto &entries = replies->at(1);
    const auto &user = m_target.declaredUser();
    out.add("redis.slowlog_length", length.isInteger() ? Value(static_cast<double>(length.integer)) : Value(unknownFromReply(length, user, "slowlog|len")), "count");
    if (!entries.isArray()) {
        out.add("redis.slowlog", unknownFromReply(entries, user, "slowlog|get"), "");
        out.add("redis.slowlog_rate", unknownFromReply(entries, user, "slowlog|get"), "1/s");
        return {};
    }
    auto table = slowlogTable(entries, kSlowlogRows);
    const bool isFirst = !m_slowSeen;
    noteSlow(table);
    const auto now = round.info.number("server_time_usec");
    const auto grown = m_counters.growth("slowlog");
    if (!isFirst && grown && m_counters.span() >= kSlowSpan / 2) {
        out.add("redis.slowlog_rate", Value(*grown / m_counters.span()), "1/s", "by the ids of the entries");
    } else if (now) {
        double lately = 0;
        for (std::size_t row = 0; row < table.rows.size(); ++row)
            lately += table.number(row, "at").value_or(0) >= *now / 1e6 - kSlowSpan && !isOurs(table, row) ? 1 : 0;
        out.add("redis.slowlog_rate", Value(lately / kSlowSpan), "1/s", "by the times of the newest " + std::to_string(table.rows.size()) + " entries");
    } else {
        out.add("redis.slowlog_rate", round.missing, "1/s");
    }
    out.add("redis.slowlog", Value(std::move(table)), "");
    return {};
}

/// Valkey 8.1 keeps requests and replies over a size as well; elsewhere there is only the slow log.
NodeProbe::Step NodeProbe::readLargeCommands(Round &round)
{
    if (!isDue(m_largeRead, kSlowlogEvery))
        return {};
    auto out = round.writer(Round::budgetFor(kSlowlogEvery));
    if (round.info.isEmpty()) {
        out.add("redis.large_commands", round.missing, "");
        return {};
    }
    if (!hasCommandLog(round.info)) {
        out.add("redis.large_commands", NotApplicable{"only Valkey 8.1 and later keeps a log of large requests and replies"}, "");
        return {};
    }
    const auto rows = std::to_string(kSlowlogRows);
    const auto replies = m_client->pipeline({{"COMMANDLOG", "GET", rows, "large-request"}, {"COMMANDLOG", "GET", rows, "large-reply"}}, round.deadline);
    if (!replies)
        return std::unexpected(replies.error());
    for (const auto &reply : *replies) {
        if (!reply.isArray()) {
            out.add("redis.large_commands", unknownFromReply(reply, m_target.declaredUser(), "commandlog|get"), "");
            return {};
        }
    }
    out.add("redis.large_commands", Value(largeCommandsTable(replies->at(0), replies->at(1), kSlowlogRows)), "",
            "COMMANDLOG: over commandlog-request-larger-than and commandlog-reply-larger-than");
    return {};
}

NodeProbe::Step NodeProbe::readPrefixes(Round &round)
{
    if (!isDue(m_prefixesRead, kPrefixesEvery))
        return {};
    PrefixSample sample(kBigKeySample);
    sample.addPrefixes(m_target.prefixes);
    const auto limiter = sample.groups().size();
    const bool isLimited = !m_target.rateLimiterPrefix.empty();
    if (isLimited)
        sample.addPrefixes({m_target.rateLimiterPrefix});
    sample.addGroup("", [](std::string_view) { return true; });
    const auto error = sampleKeys(*m_client, sample, {}, round.deadline, round.stop);
    if (!error)
        return std::unexpected(error.error());
    auto out = round.writer(Round::budgetFor(kPrefixesEvery));
    const auto keys = round.info.isEmpty() ? static_cast<double>(sample.sampled()) : round.info.keysOf(m_target.database);
    const auto evidence = std::to_string(sample.sampled()) + (sample.isComplete() ? " keys: all of them" : " keys sampled");
    std::optional<Unknown> unknown;
    if (*error)
        unknown = unknownFromReply(**error, m_target.declaredUser(), "scan");
    else if (round.info.isEmpty() && !sample.isComplete())
        unknown = round.missing;
    auto table = sample.table(keys);
    table.rows.resize(m_target.prefixes.size());
    out.add("redis.prefixes", unknown ? Value(*unknown) : Value(std::move(table)), "", evidence);
    const NotApplicable undeclared{"no rateLimiterPrefix is declared"};
    if (!isLimited) {
        out.add("redis.limiter_keys", undeclared, "count");
        out.add("redis.limiter_without_ttl", undeclared, "count");
    } else {
        const auto guess = sample.estimate(limiter, keys);
        out.add("redis.limiter_keys", unknown ? Value(*unknown) : Value(guess.keys), "count", evidence);
        out.add("redis.limiter_without_ttl", unknown ? Value(*unknown) : limitersWithoutTtl(guess, sample.isComplete(), round.info, m_target.database), "count", evidence);
    }
    return readBigKeys(round, sample.groups().back().examples, *error);
}

/// MEMORY USAGE is the one question about a key that the server does not count as a lookup.
NodeProbe::Step NodeProbe::readBigKeys(Round &round, const std::vector<std::string> &keys, const std::optional<Reply> &scanError)
{
    auto out = round.writer(Round::budgetFor(kPrefixesEvery));
    if (m_target.topology == Topology::Cluster && round.info.text("role") == "slave") { // it would send us on to its primary
        out.add("redis.key_memory_max", NotApplicable{"asked on the primaries"}, "B");
        out.add("redis.big_keys", NotApplicable{"asked on the primaries"}, "");
        return {};
    }
    std::vector<Command> commands;
    for (const auto &key : keys)
        commands.push_back({"MEMORY", "USAGE", key, "SAMPLES", "5"});
    const auto replies = scanError || commands.empty() ? std::expected<std::vector<Reply>, Fault>() : m_client->pipeline(commands, round.deadline);
    if (!replies)
        return std::unexpected(replies.error());
    Table table{{{"key", ""}, {"memory", "B"}}, {}, kBigKeyRows, false};
    std::optional<Reply> refusal = scanError;
    for (std::size_t i = 0; i < replies->size(); ++i) {
        if (replies->at(i).isInteger())
            table.rows.push_back({displayKey(keys[i]), static_cast<double>(replies->at(i).integer)});
        else if (replies->at(i).isError() && !refusal)
            refusal = replies->at(i);
    }
    std::ranges::sort(table.rows, std::greater(), [](const auto &row) { return std::get<double>(row[1]); });
    if (table.rows.size() > kBigKeyRows)
        table.rows.resize(kBigKeyRows);
    const auto right = scanError ? "scan" : "memory|usage";
    if (table.rows.empty() && refusal) {
        out.add("redis.key_memory_max", unknownFromReply(*refusal, m_target.declaredUser(), right), "B");
        out.add("redis.big_keys", unknownFromReply(*refusal, m_target.declaredUser(), right), "");
        return {};
    }
    const auto evidence = "of " + std::to_string(keys.size()) + " keys sampled" + (refusal ? ", some of them not readable for this user" : "");
    out.add("redis.key_memory_max", table.rows.empty() ? Value(NotApplicable{"there are no keys"}) : Value(std::get<double>(table.rows.front()[1])), "B", evidence);
    out.add("redis.big_keys", Value(std::move(table)), "", evidence);
    return {};
}

NodeProbe::Step NodeProbe::readClients(Round &round)
{
    if (!isDue(m_clientsRead, kClientsEvery))
        return {};
    auto out = round.writer(Round::budgetFor(kClientsEvery));
    const auto add = [&out](const Value &table, const Value &memory) {
        out.add("redis.clients_table", table, "");
        out.add("redis.client_memory_max", memory, "B");
    };
    if (const auto connected = round.info.number("connected_clients"); connected && *connected > kClientsForList) {
        const NotApplicable tooMany{"not listed: more than " + std::to_string(static_cast<int>(kClientsForList)) + " clients"};
        add(tooMany, tooMany);
        return {};
    }
    const auto reply = m_client->call({"CLIENT", "LIST"}, round.deadline);
    if (!reply)
        return std::unexpected(reply.error());
    if (!reply->isText()) {
        const auto unknown = unknownFromReply(*reply, m_target.declaredUser(), "client|list");
        add(unknown, unknown);
        return {};
    }
    auto table = clientsTable(reply->text, kClientRows);
    double most = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        most = std::max({most, table.number(row, "memory").value_or(0), table.number(row, "output").value_or(0)});
    add(Value(std::move(table)), Value(most));
    return {};
}

NodeProbe::Step NodeProbe::readLatency(Round &round)
{
    if (!isDue(m_latencyRead, kLatencyEvery))
        return {};
    const auto replies = m_client->pipeline({{"LATENCY", "HISTOGRAM"}, {"LATENCY", "LATEST"}}, round.deadline);
    if (!replies)
        return std::unexpected(replies.error());
    auto out = round.writer(Round::budgetFor(kLatencyEvery));
    const auto &histogram = replies->at(0);
    const auto &latest = replies->at(1);
    const auto &user = m_target.declaredUser();
    out.add("redis.latency_events", latest.isArray() ? Value(latencyEvents(latest)) : Value(unknownFromReply(latest, user, "latency|latest")), "",
            m_settings.latencyThreshold == 0 ? "the latency monitor is off (latency-monitor-threshold 0)" : "");
    Value table = Unknown{"needs two looks, half a minute apart", {}};
    Value p99 = table;
    if (!histogram.isArray()) {
        const bool isOld = histogram.text.starts_with("ERR") && !histogram.text.starts_with("ERR unknown command");
        table = isOld ? Value(NotApplicable{"not measured before Redis 7"}) : Value(unknownFromReply(histogram, user, "latency|histogram"));
        p99 = table;
    } else {
        auto counts = latencyCounts(histogram);
        if (m_latencies) {
            auto reading = latencyBetween(*m_latencies, counts);
            p99 = reading.p99 ? Value(*reading.p99) : Value(NotApplicable{"nobody but the console asked anything meanwhile"});
            table = std::move(reading.commands);
        }
        m_latencies = std::move(counts);
    }
    out.add("redis.command_p99", std::move(p99), "s");
    out.add("redis.latency_table", std::move(table), "");
    return {};
}

NodeProbe::Step NodeProbe::readUsers(Round &round)
{
    if (!isDue(m_usersRead, kUsersEvery))
        return {};
    auto out = round.writer(Round::budgetFor(kUsersEvery));
    if (!m_client->isAclKnown()) {
        out.add("redis.users_table", NotApplicable{"there are no users before Redis 6"}, "");
        return {};
    }
    const auto reply = m_client->call({"ACL", "LIST"}, round.deadline);
    if (!reply)
        return std::unexpected(reply.error());
    out.add("redis.users_table", reply->isArray() ? Value(usersTable(*reply)) : Value(unknownFromReply(*reply, m_target.declaredUser(), "acl|list")), "");
    return {};
}

/// Is a stranger let in? Needs a connection of its own; a failure of it says nothing and is not a fault of the round.
void NodeProbe::addAuthProbe(Round &round)
{
    if (!isDue(m_authProbed, kUsersEvery))
        return;
    auto out = round.writer(Round::budgetFor(kUsersEvery));
    const auto limit = round.deadline.atMost(kAuthProbeLimit);
    auto stranger = RedisClient::connect(m_target, limit, m_interrupter, RedisClient::Login::None);
    auto reply = stranger ? (*stranger)->call({"PING"}, limit) : std::expected<Reply, Fault>(std::unexpected(stranger.error()));
    if (stranger)
        m_past += (*stranger)->traffic();
    if (!reply) {
        out.add("redis.requires_auth", Unknown{"a connection without credentials could not be tried: " + reply.error().detail, {}}, "");
        return;
    }
    const auto prefix = errorPrefix(reply->text);
    const bool isTurnedAway = reply->isError() && (prefix == "NOAUTH" || prefix == "DENIED");
    out.add("redis.requires_auth", Value(isTurnedAway), "", "PING without credentials was answered: " + displayKey(reply->text));
}

} // namespace muster::redis
