// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/nodeprobe.h"

#include "connectors/redis/errors.h"
#include "connectors/redis/keypattern.h"

#include <algorithm>
#include <array>

namespace muster::redis {

namespace {

constexpr Millis kAuthRetryAfter{30'000};
constexpr Millis kSettingsEvery{300'000};
constexpr std::chrono::minutes kTurnsKept{10};
constexpr std::size_t kPingsKept = 100;
constexpr ReplyLimits kReplyLimits{32U << 20U, 200'000, 7}; ///< a page of SCAN may hold keys of a megabyte

} // namespace

std::expected<NodeProbe::Reading, Fault> NodeProbe::read(Deadline deadline, const std::stop_token &stop)
{
    if (const auto connected = ensureConnected(deadline); !connected)
        return std::unexpected(connected.error());
    Round round{{m_target.id, Stamp::now(), {}}, deadline, stop, {}, {}};
    if (const auto measured = measure(round); !measured) {
        forget();
        return std::unexpected(measured.error());
    }
    return Reading{std::move(round.batch), std::move(round.info)};
}

std::expected<Reply, Fault> NodeProbe::call(const Command &command, Deadline deadline)
{
    if (!isConnected())
        return std::unexpected(Fault{FaultKind::Unavailable, "query", "the connection was closed", "The console connects anew by itself."});
    return m_client->call(command, deadline);
}

void NodeProbe::forget()
{
    m_past = traffic();
    m_client.reset();
}

Traffic NodeProbe::traffic() const
{
    auto all = m_past;
    if (m_client)
        all += m_client->traffic();
    return all;
}

void NodeProbe::moveTo(const net::Endpoint &endpoint)
{
    if (endpoint.host == m_target.host && endpoint.port == m_target.port)
        return;
    m_target = m_target.at(endpoint);
    m_authFault.reset();
    forget();
}

void NodeProbe::wantAll()
{
    for (auto *last : {&m_settingsRead, &m_slowlogRead, &m_largeRead, &m_prefixesRead, &m_clientsRead, &m_latencyRead, &m_usersRead, &m_authProbed})
        last->reset();
}

NodeProbe::Step NodeProbe::ensureConnected(Deadline deadline)
{
    if (isConnected())
        return {};
    if (m_authFault && BootClock::now() < m_authRetry)
        return std::unexpected(*m_authFault);
    m_authFault.reset();
    forget();
    auto client = RedisClient::connect(m_target, deadline, m_interrupter, RedisClient::Login::Declared, kReplyLimits);
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

NodeProbe::Step NodeProbe::measure(Round &round)
{
    for (const auto step : {&NodeProbe::ping, &NodeProbe::readInfo, &NodeProbe::readSettings}) {
        if (auto done = (this->*step)(round); !done)
            return done;
    }
    round.batch.add("redis.reachable", true, "", kFastBudget);
    addConnectionFacts(round);
    addLatencyFacts(round);
    addEpochFacts(round);
    addPosture(round);
    auto fast = round.writer();
    auto settings = m_settings;
    if (!settings.isStoppingOnSaveError) // PING is refused like a write, so it tells what CONFIG GET would not
        settings.isStoppingOnSaveError = round.pong.text.starts_with("MISCONF");
    addInfoFacts(fast, round.info, settings, m_target);
    const NodeView view{&round.info, &m_window};
    addWindowFacts(fast, {&view, 1});
    m_snapshots.addFacts(fast, round.info);
    for (const auto step : {&NodeProbe::readSlowlog, &NodeProbe::readLargeCommands, &NodeProbe::readPrefixes, &NodeProbe::readClients, &NodeProbe::readLatency, &NodeProbe::readUsers}) {
        if (auto done = (this->*step)(round); !done)
            return done;
    }
    addCounterFacts(fast, m_counters, round.info);
    addAuthProbe(round);
    return {};
}

NodeProbe::Step NodeProbe::ping(Round &round)
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

NodeProbe::Step NodeProbe::readInfo(Round &round)
{
    auto reply = m_client->call(m_isInfoPlain ? Command{"INFO"} : Command{"INFO", "ALL"}, round.deadline);
    if (!reply)
        return std::unexpected(std::move(reply.error()));
    if (!m_isInfoPlain && reply->isError() && reply->text.starts_with("ERR") && !reply->text.starts_with("ERR unknown command")) {
        m_isInfoPlain = true;
        return readInfo(round);
    }
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
    noteEpoch(round.info, at);
    if (auto timed = takeTime(round); !timed)
        return timed;
    m_snapshots.observe(round.info, at);
    return {};
}

/// One sample into the windows, which begin anew when the server is not the same life any more.
void NodeProbe::noteEpoch(const RedisInfo &info, BootTime at)
{
    const auto own = traffic();
    if (const auto sample = counterSample(info, at, own)) {
        if (const auto cut = m_window.add(*sample)) {
            m_counters.clear();
            m_latencies.reset();
            if (*cut != HitWindow::kReset) {
                m_turns.push_back(at);
                m_lastTurn = *cut;
            }
        }
    }
    while (!m_turns.empty() && at - m_turns.front() > kTurnsKept)
        m_turns.pop_front();
    if (const auto runId = info.text("run_id").value_or(""); runId != m_runId) {
        m_runId = runId;
        m_mostReplicas = 0;
        m_slowSeen.reset();
        wantAll();
        m_pings.erase(m_pings.begin(), m_pings.end() - 1);
    }
    m_mostReplicas = std::max(m_mostReplicas, info.number("connected_slaves").value_or(0));
    auto counters = countersOf(info, own);
    counters.emplace("slowlog", m_slowCount);
    m_counters.add(at, std::move(counters));
}

/// The server's clock; INFO has it from 6.2 on.
NodeProbe::Step NodeProbe::takeTime(Round &round)
{
    if (round.info.text("server_time_usec") || round.info.isEmpty())
        return {};
    const auto time = m_client->call({"TIME"}, round.deadline);
    if (!time)
        return std::unexpected(time.error());
    if (time->isArray() && time->elements.size() == 2)
        round.info.fields["server_time_usec"] = time->elements[0].text + "000000";
    return {};
}

NodeProbe::Step NodeProbe::readSettings(Round &round)
{
    if (!isDue(m_settingsRead, kSettingsEvery))
        return {};
    constexpr std::array names{"save", "stop-writes-on-bgsave-error", "min-replicas-to-write", "maxclients", "port", "protected-mode", "bind", "latency-monitor-threshold"};
    std::vector<Command> commands;
    for (const auto *name : names)
        commands.push_back({"CONFIG", "GET", name}); // several names in one command only from Redis 7 on
    const auto replies = m_client->pipeline(commands, round.deadline);
    if (!replies)
        return std::unexpected(replies.error());
    const auto value = [&replies](std::size_t index) -> std::optional<std::string> {
        const auto &reply = replies->at(index);
        return reply.isArray() && reply.elements.size() == 2 ? std::optional(reply.elements[1].text) : std::nullopt;
    };
    const auto truth = [&value](std::size_t index) { return value(index) ? std::optional(*value(index) == "yes") : std::nullopt; };
    const auto number = [&value](std::size_t index) { return parseNumber(value(index).value_or("")); };
    m_settings = {};
    m_settings.save = value(0);
    m_settings.isStoppingOnSaveError = truth(1);
    m_settings.replicasNeeded = number(2);
    m_settings.maxClients = number(3);
    m_settings.port = number(4);
    m_settings.isProtected = truth(5);
    m_settings.bind = value(6);
    m_settings.latencyThreshold = number(7);
    m_settings.denied = replies->front().isArray() ? Unknown{"the server does not have this setting", ""} : unknownFromReply(replies->front(), m_target.declaredUser(), "config|get");
    return {};
}

void NodeProbe::addConnectionFacts(Round &round)
{
    auto out = round.writer();
    const auto &user = m_client->user();
    out.add("redis.address", Value(m_target.address()), "", m_client->peer());
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

void NodeProbe::addLatencyFacts(Round &round)
{
    auto out = round.writer();
    out.add("redis.rtt", Value(toSeconds(m_pings.back())), "s");
    out.add("redis.rtt_p99", Value(toSeconds(percentile({m_pings.begin(), m_pings.end()}, 0.99))), "s", "of the last " + std::to_string(m_pings.size()) + " own PINGs");
}

void NodeProbe::addEpochFacts(Round &round)
{
    auto out = round.writer();
    const bool isThere = !round.info.isEmpty();
    out.add("redis.turns", isThere ? Value(static_cast<double>(m_turns.size())) : Value(round.missing), "count", m_lastTurn);
    out.add("redis.last_turn", isThere ? Value(m_lastTurn.empty() ? std::string("none seen") : m_lastTurn) : Value(round.missing), "");
    const auto connected = round.info.number("connected_slaves");
    out.add("redis.replicas_missing", connected ? Value(m_mostReplicas - *connected) : Value(round.missing), "count", "most seen: " + std::to_string(static_cast<int>(m_mostReplicas)));
}

/// How open the door is, as far as the settings say.
void NodeProbe::addPosture(Round &round)
{
    auto out = round.writer(Round::budgetFor(kSettingsEvery));
    const bool isTls = m_client->tls().has_value();
    if (!isTls)
        out.add("redis.plain_port_open", NotApplicable{"TLS is not declared"}, "");
    else
        out.add("redis.plain_port_open", m_settings.port ? Value(*m_settings.port > 0) : Value(m_settings.denied), "", "port beside the TLS port");
    out.add("redis.protected_mode", m_settings.isProtected ? Value(*m_settings.isProtected) : Value(m_settings.denied), "");
    out.add("redis.bind", m_settings.bind ? Value(displayKey(*m_settings.bind)) : Value(m_settings.denied), "");
    out.add("redis.latency_monitor_on", m_settings.latencyThreshold ? Value(*m_settings.latencyThreshold > 0) : Value(m_settings.denied), "");
}

bool NodeProbe::isDue(std::optional<BootTime> &last, Millis interval) const
{
    const auto now = BootClock::now();
    if (last && now - *last < interval)
        return false;
    last = now;
    return true;
}

} // namespace muster::redis
