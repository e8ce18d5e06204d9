// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/redissource.h"

#include "connectors/redis/errors.h"
#include "connectors/redis/keypattern.h"
#include "connectors/redis/scan.h"
#include "connectors/redis/slowlog.h"

namespace muster::redis {

namespace {

constexpr Millis kFastBudget{30'000};
constexpr Millis kSlowlogEvery{30'000};
constexpr Millis kPrefixesEvery{60'000};
constexpr Millis kSettingsEvery{300'000};
constexpr Millis kAuthRetryAfter{30'000};
constexpr Millis kAuthProbeLimit{1500};
constexpr std::size_t kPingsKept = 100;
constexpr std::size_t kSlowlogRows = 32;

/// A slow fact may miss one round of its own before it is stale.
constexpr Millis budgetFor(Millis interval)
{
    return 2 * interval + kFastBudget;
}

} // namespace

/// What one collect() works on.
struct RedisSource::Round {
    FactBatch batch;
    Deadline deadline;
    std::stop_token stop;
    Reply pong;
    RedisInfo info;
    Unknown missing{"this server does not say it", "The version or the provider leaves it out of INFO."};

    FactWriter writer(Millis budget = kFastBudget) { return {batch, budget, missing}; }
};

std::expected<FactBatch, Fault> RedisSource::collect(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    if (stop.stop_requested())
        return std::unexpected(net::cancelledFault("query"));
    if (auto fault = topologyFault(m_target, {}))
        return std::unexpected(std::move(*fault));
    if (const auto connected = ensureConnected(deadline); !connected)
        return std::unexpected(connected.error());
    Round round{{m_target.id, Stamp::now(), {}}, deadline, stop, {}, {}};
    if (const auto measured = measure(round); !measured) {
        m_client.reset();
        return std::unexpected(measured.error());
    }
    return std::move(round.batch);
}

RedisSource::Step RedisSource::ensureConnected(Deadline deadline)
{
    if (m_client && m_client->isOpen())
        return {};
    if (m_authFault && BootClock::now() < m_authRetry)
        return std::unexpected(*m_authFault);
    m_authFault.reset();
    auto client = RedisClient::connect(m_target, deadline, m_interrupter);
    if (!client) {
        // Wrong credentials are not tried again at once: that fills the server's ACL LOG and may lock the account.
        if (client.error().kind == FaultKind::Auth) {
            m_authFault = client.error();
            m_authRetry = BootClock::now() + kAuthRetryAfter;
        }
        return std::unexpected(std::move(client.error()));
    }
    m_client = std::move(*client);
    return {};
}

RedisSource::Step RedisSource::measure(Round &round)
{
    if (m_isAllWanted.exchange(false)) {
        for (auto *last : {&m_settingsRead, &m_slowlogRead, &m_prefixesRead, &m_authProbed})
            last->reset();
    }
    for (const auto step : {&RedisSource::ping, &RedisSource::readInfo, &RedisSource::readSettings}) {
        if (auto done = (this->*step)(round); !done)
            return done;
    }
    round.batch.add("redis.reachable", true, "", kFastBudget);
    addConnectionFacts(round);
    addLatencyFacts(round);
    auto fast = round.writer();
    auto settings = m_settings;
    if (!settings.isStoppingOnSaveError) // PING is refused like a write, so it tells what CONFIG GET would not
        settings.isStoppingOnSaveError = round.pong.text.starts_with("MISCONF");
    addInfoFacts(fast, round.info, settings, m_target);
    addWindowFacts(fast, m_window, round.info);
    for (const auto step : {&RedisSource::readSlowlog, &RedisSource::readPrefixes}) {
        if (auto done = (this->*step)(round); !done)
            return done;
    }
    addAuthProbe(round);
    return {};
}

RedisSource::Step RedisSource::ping(Round &round)
{
    const auto sent = BootClock::now();
    auto reply = m_client->call({"PING"}, round.deadline);
    if (!reply)
        return std::unexpected(std::move(reply.error()));
    m_pings.push_back(std::chrono::ceil<Micros>(BootClock::now() - sent));
    if (m_pings.size() > kPingsKept)
        m_pings.pop_front();
    round.pong = std::move(*reply);
    const auto prefix = errorPrefix(round.pong.text);
    if (round.pong.isError() && (prefix == "NOAUTH" || prefix == "BUSY"))
        return std::unexpected(faultFromError(round.pong.text, prefix == "NOAUTH" ? "auth" : "query"));
    return {}; // MISCONF, LOADING, MASTERDOWN, NOPERM: it answered, INFO says the rest
}

RedisSource::Step RedisSource::readInfo(Round &round)
{
    auto reply = m_client->call({"INFO"}, round.deadline);
    if (!reply)
        return std::unexpected(std::move(reply.error()));
    const auto at = BootClock::now();
    if (!reply->isText()) {
        round.missing = unknownFromReply(*reply, m_target.declaredUser(), "info");
        return {};
    }
    round.info = parseInfo(reply->text);
    if (auto fault = topologyFault(m_target, round.info))
        return std::unexpected(std::move(*fault));
    if (const auto eta = loadingEta(round.info))
        return std::unexpected(Fault{FaultKind::Unavailable, "query", "The server is loading its data; about " + std::to_string(static_cast<long>(*eta)) + " s left.", "Wait."});
    if (const auto sample = counterSample(round.info, at))
        (void)m_window.add(*sample);
    if (const auto runId = round.info.text("run_id").value_or(""); runId != m_runId) {
        m_runId = runId;
        m_settingsRead = m_slowlogRead = m_prefixesRead = m_authProbed = std::nullopt;
        m_pings.erase(m_pings.begin(), m_pings.end() - 1);
    }
    if (round.info.text("server_time_usec") || round.info.isEmpty())
        return {};
    const auto time = m_client->call({"TIME"}, round.deadline); // before Redis 6.2
    if (!time)
        return std::unexpected(time.error());
    if (time->isArray() && time->elements.size() == 2)
        round.info.fields["server_time_usec"] = time->elements[0].text + "000000";
    return {};
}

RedisSource::Step RedisSource::readSettings(Round &round)
{
    if (!isDue(m_settingsRead, kSettingsEvery))
        return {};
    const auto replies = m_client->pipeline(
        {{"CONFIG", "GET", "save"}, {"CONFIG", "GET", "stop-writes-on-bgsave-error"}, {"CONFIG", "GET", "min-replicas-to-write"}, {"CONFIG", "GET", "maxclients"}},
        round.deadline);
    if (!replies)
        return std::unexpected(replies.error());
    const auto value = [&replies](std::size_t index) -> std::optional<std::string> {
        const auto &reply = replies->at(index);
        return reply.isArray() && reply.elements.size() == 2 ? std::optional(reply.elements[1].text) : std::nullopt;
    };
    m_settings = {};
    m_settings.save = value(0);
    if (const auto stops = value(1))
        m_settings.isStoppingOnSaveError = *stops == "yes";
    m_settings.replicasNeeded = parseNumber(value(2).value_or(""));
    m_settings.maxClients = parseNumber(value(3).value_or(""));
    m_settings.denied = unknownFromReply(replies->at(0), m_target.declaredUser(), "config|get");
    return {};
}

void RedisSource::addConnectionFacts(Round &round)
{
    auto out = round.writer();
    const auto &user = m_client->user();
    out.add("redis.connect_time", Value(toSeconds(m_client->connectTook())), "s", m_client->peer());
    out.add("redis.tls_in_use", Value(m_client->tls().has_value()), "", m_client->tls() ? m_client->tls()->version + " " + m_client->tls()->cipher : std::string());
    if (!m_client->isAclKnown()) {
        out.add("redis.user", NotApplicable{"there are no users before Redis 6"}, "");
        out.add("redis.user_matches", NotApplicable{"there are no users before Redis 6"}, "");
        return;
    }
    const Unknown hidden{"no permission: needs +acl|whoami", aclLine(m_target.declaredUser(), "acl|whoami")};
    out.add("redis.user", user ? Value(displayKey(*user)) : Value(hidden), "");
    out.add("redis.user_matches", user ? Value(*user == m_target.declaredUser()) : Value(hidden), "", "declared: " + m_target.declaredUser());
}

void RedisSource::addLatencyFacts(Round &round)
{
    auto out = round.writer();
    out.add("redis.rtt", Value(toSeconds(m_pings.back())), "s");
    out.add("redis.rtt_p99", Value(toSeconds(percentile({m_pings.begin(), m_pings.end()}, 0.99))), "s", "of the last " + std::to_string(m_pings.size()) + " own PINGs");
}

RedisSource::Step RedisSource::readSlowlog(Round &round)
{
    if (!isDue(m_slowlogRead, kSlowlogEvery))
        return {};
    const auto replies = m_client->pipeline({{"SLOWLOG", "LEN"}, {"SLOWLOG", "GET", std::to_string(kSlowlogRows)}}, round.deadline);
    if (!replies)
        return std::unexpected(replies.error());
    auto out = round.writer(budgetFor(kSlowlogEvery));
    const auto &length = replies->at(0);
    const auto &entries = replies->at(1);
    const auto &user = m_target.declaredUser();
    out.add("redis.slowlog_length", length.isInteger() ? Value(static_cast<double>(length.integer)) : Value(unknownFromReply(length, user, "slowlog|len")), "count");
    out.add("redis.slowlog", entries.isArray() ? Value(slowlogTable(entries, kSlowlogRows)) : Value(unknownFromReply(entries, user, "slowlog|get")), "");
    return {};
}

RedisSource::Step RedisSource::readPrefixes(Round &round)
{
    if (!isDue(m_prefixesRead, kPrefixesEvery))
        return {};
    PrefixSample sample;
    sample.addPrefixes(m_target.prefixes);
    const auto limiter = sample.groups().size();
    if (!m_target.rateLimiterPrefix.empty())
        sample.addPrefixes({m_target.rateLimiterPrefix});
    const auto error = sampleKeys(*m_client, sample, {}, round.deadline, round.stop);
    if (!error)
        return std::unexpected(error.error());
    auto out = round.writer(budgetFor(kPrefixesEvery));
    const auto keys = round.info.isEmpty() ? static_cast<double>(sample.sampled()) : round.info.keysOf(m_target.database);
    const auto evidence = std::to_string(sample.sampled()) + (sample.isComplete() ? " keys: all of them" : " keys sampled");
    std::optional<Unknown> unknown;
    if (*error)
        unknown = unknownFromReply(**error, m_target.declaredUser(), "scan");
    else if (round.info.isEmpty() && !sample.isComplete())
        unknown = round.missing;
    auto table = sample.table(keys);
    if (!m_target.rateLimiterPrefix.empty())
        table.rows.pop_back();
    out.add("redis.prefixes", unknown ? Value(*unknown) : Value(std::move(table)), "", evidence);
    if (m_target.rateLimiterPrefix.empty())
        unknown = Unknown{"no rateLimiterPrefix is declared", "Declare rateLimiterPrefix of this Redis in the environment file."};
    out.add("redis.limiter_keys", unknown ? Value(*unknown) : Value(sample.estimate(limiter, keys).keys), "count", evidence);
    return {};
}

/// Is a stranger let in? Needs a connection of its own; a failure of it says nothing and is not a fault of the round.
void RedisSource::addAuthProbe(Round &round)
{
    if (!isDue(m_authProbed, kSettingsEvery))
        return;
    auto out = round.writer(budgetFor(kSettingsEvery));
    const auto limit = round.deadline.atMost(kAuthProbeLimit);
    auto stranger = RedisClient::connect(m_target, limit, m_interrupter, RedisClient::Login::None);
    auto reply = stranger ? (*stranger)->call({"PING"}, limit) : std::expected<Reply, Fault>(std::unexpected(stranger.error()));
    if (!reply) {
        out.add("redis.requires_auth", Unknown{"a connection without credentials could not be tried: " + reply.error().detail, {}}, "");
        return;
    }
    const auto prefix = errorPrefix(reply->text);
    const bool isTurnedAway = reply->isError() && (prefix == "NOAUTH" || prefix == "DENIED");
    out.add("redis.requires_auth", Value(isTurnedAway), "", "PING without credentials was answered: " + displayKey(reply->text));
}

bool RedisSource::isDue(std::optional<BootTime> &last, Millis interval) const
{
    const auto now = BootClock::now();
    if (last && now - *last < interval)
        return false;
    last = now;
    return true;
}

} // namespace muster::redis
