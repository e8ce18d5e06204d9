// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/nodeflush.h"

#include "connectors/redis/errors.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::redis {

namespace {

using Scope = FlushRequest::Scope;

constexpr Millis kConnectLimit{10'000};
constexpr ReplyLimits kReplyLimits{32U << 20U, 200'000, 7}; ///< a page of SCAN may hold keys of a megabyte
constexpr Millis kWholeLimit{60'000}; ///< FLUSH… ASYNC answers at once, but other clients' commands may stand before it

std::string number(double value)
{
    return format::number(value, 0);
}

std::string number(unsigned long long value)
{
    return number(static_cast<double>(value));
}

Outcome make(OutcomeKind kind, std::string summary)
{
    Outcome outcome;
    outcome.kind = kind;
    outcome.summary = std::move(summary);
    return outcome;
}

Outcome nothingDone(OutcomeKind kind, const Fault &fault)
{
    auto outcome = make(kind, "Nothing was deleted. " + fault.detail);
    outcome.details.push_back({"Next step", fault.hint});
    return outcome;
}

} // namespace

NodeFlush::NodeFlush(Target target, const FlushRequest &request, std::string pattern, std::vector<Target> peers, Interrupters interrupters)
    : m_target(std::move(target))
    , m_request(request)
    , m_pattern(std::move(pattern))
    , m_peers(std::move(peers))
    , m_interrupters(interrupters)
{
}

bool NodeFlush::isByPattern() const
{
    return m_request.scope == Scope::Prefix || m_request.scope == Scope::Glob;
}

std::expected<FlushSurvey, Fault> NodeFlush::survey(Deadline deadline, const std::stop_token &stop)
{
    const auto client = RedisClient::connect(m_target, deadline, m_interrupters.main, RedisClient::Login::Declared, kReplyLimits);
    if (!client)
        return std::unexpected(client.error());
    return surveyFlush(**client, m_target, m_request, m_pattern, deadline, stop);
}

std::expected<std::string, Fault> NodeFlush::identify(Deadline deadline)
{
    const auto client = RedisClient::connect(m_target, deadline, m_interrupters.main);
    const auto reply = client ? (*client)->call({"INFO"}, deadline) : std::expected<Reply, Fault>(std::unexpected(client.error()));
    if (!reply)
        return std::unexpected(reply.error());
    return serverIdentity(m_target, parseInfo(reply->text)).value_or("unknown");
}

std::expected<std::unique_ptr<RedisClient>, Outcome> NodeFlush::reconnect(const std::string &identity)
{
    const auto deadline = Deadline::after(kConnectLimit);
    auto client = RedisClient::connect(m_target, deadline, m_interrupters.main, RedisClient::Login::Declared, kReplyLimits);
    const auto reply = client ? (*client)->call({"INFO"}, deadline) : std::expected<Reply, Fault>(std::unexpected(client.error()));
    if (!reply)
        return std::unexpected(nothingDone(OutcomeKind::Failed, reply.error()));
    const auto now = serverIdentity(m_target, parseInfo(reply->text)).value_or("unknown");
    if (now == identity)
        return std::move(*client);
    auto outcome = make(OutcomeKind::Refused, "Nothing was deleted: the server is not the one of the plan.");
    outcome.details = {{"Planned for", identity}, {"Found", now}};
    return std::unexpected(std::move(outcome));
}

Outcome NodeFlush::count(const std::string &identity, RunControl &control)
{
    auto client = reconnect(identity);
    if (!client)
        return std::move(client.error());
    const auto result = scan(**client, false, identity, {}, control);
    return result ? scanOutcome(*result, Millis{0}, true) : nothingDone(OutcomeKind::Failed, result.error());
}

Outcome NodeFlush::run(const std::string &identity, const Course &course, RunControl &control)
{
    auto client = reconnect(identity);
    if (!client)
        return std::move(client.error());
    if (!isByPattern())
        return runWhole(**client, control);
    const auto started = BootClock::now();
    const auto result = scan(**client, !m_request.isCountOnly, identity, course, control);
    if (!result)
        return nothingDone(OutcomeKind::Failed, result.error());
    m_deleted = static_cast<double>(result->totals.deleted);
    m_moved = result->totals.moved > 0;
    return scanOutcome(*result, std::chrono::ceil<Millis>(BootClock::now() - started), m_request.isCountOnly);
}

std::expected<KeyScan::Result, Fault> NodeFlush::scan(RedisClient &client, bool isDeleting, const std::string &identity, const Course &course, RunControl &control)
{
    m_interrupters.probe.rearm();
    LatencyProbe probe(m_target, m_request.maxLatency, m_interrupters.probe);
    if (auto started = probe.start(Deadline::after(kConnectLimit)); !started)
        return std::unexpected(std::move(started.error()));
    KeyScan::Options options;
    options.pattern = m_pattern;
    options.isDeleting = isDeleting;
    options.isCluster = m_target.topology == Topology::Cluster;
    options.where = options.isCluster ? m_target.address() + ": " : std::string();
    options.doneBefore = course.doneBefore;
    options.pace = course.pace;
    options.leastHitRatio = m_request.leastHitRatio;
    options.reconnect = [this, &identity]() -> std::expected<std::unique_ptr<RedisClient>, Fault> {
        auto again = reconnect(identity);
        if (again)
            return std::move(*again);
        return std::unexpected(Fault{FaultKind::Unavailable, "query", again.error().summary, {}});
    };
    options.follow = [this](const std::vector<Redirect> &redirects) { return follow(redirects); };
    auto result = KeyScan(client, std::move(options), control, probe).run();
    m_felt = probe.summary();
    m_links.clear();
    m_matched = static_cast<double>(result.totals.matched);
    return result;
}

/// Only to nodes of the plan: a server must not be able to send our credentials anywhere it likes. While a slot is on its way, one node
/// sends on to the other and that one asks back, so a few hops are normal.
std::expected<unsigned long long, Fault> NodeFlush::follow(const std::vector<Redirect> &redirects)
{
    constexpr int hops = 4;
    unsigned long long deleted = 0;
    auto open = redirects;
    for (int hop = 0; hop < hops && !open.empty(); ++hop) {
        std::map<const Target *, std::vector<Redirect>> byPeer;
        for (auto &redirect : open) {
            const auto &host = redirect.to.host.empty() ? m_target.host : redirect.to.host;
            const auto peer = std::ranges::find_if(m_peers, [&](const Target &each) { return each.host == host && each.port == redirect.to.port; });
            if (peer == m_peers.end())
                return std::unexpected(Fault{FaultKind::Unavailable, "query", "Keys moved to " + Target().at({host, redirect.to.port}).address() + ", which was no primary of the plan.", "Plan it again."});
            byPeer[&*peer].push_back(std::move(redirect));
        }
        open.clear();
        for (const auto &[peer, keys] : byPeer) {
            auto sentOn = unlinkAt(*peer, keys, deleted);
            if (!sentOn)
                return std::unexpected(std::move(sentOn.error()));
            std::ranges::move(*sentOn, std::back_inserter(open));
        }
    }
    if (!open.empty())
        return std::unexpected(Fault{FaultKind::Unavailable, "query", "Keys are sent from node to node without end.", "Wait until the slots have moved, and flush again."});
    return deleted;
}

std::expected<std::vector<Redirect>, Fault> NodeFlush::unlinkAt(const Target &peer, const std::vector<Redirect> &redirects, unsigned long long &deleted)
{
    auto &link = m_links[peer.address()];
    const auto deadline = Deadline::after(kConnectLimit);
    if (!link || !link->isOpen()) {
        auto client = RedisClient::connect(peer, deadline, m_interrupters.main);
        if (!client)
            return std::unexpected(std::move(client.error()));
        link = std::move(*client);
    }
    std::vector<Command> commands;
    std::vector<std::size_t> answers; // index of the reply to each UNLINK
    for (const auto &redirect : redirects) {
        if (redirect.isAsk)
            commands.push_back({"ASKING"});
        answers.push_back(commands.size());
        commands.push_back({"UNLINK", redirect.key});
    }
    const auto replies = link->pipeline(commands, deadline);
    if (!replies)
        return std::unexpected(replies.error());
    std::vector<Redirect> sentOn;
    for (std::size_t i = 0; i < redirects.size(); ++i) {
        if (redirects[i].isAsk && replies->at(answers[i] - 1).isError()) {
            const auto unknown = unknownFromReply(replies->at(answers[i] - 1), m_target.declaredUser(), "asking");
            return std::unexpected(Fault{FaultKind::Denied, "privileges", "A slot is on its way to another node: " + unknown.reason, unknown.hint});
        }
        const auto &reply = replies->at(answers[i]);
        if (auto next = reply.isError() ? redirectOf(reply.text) : std::nullopt) {
            next->key = redirects[i].key;
            sentOn.push_back(std::move(*next));
        } else if (!reply.isInteger()) {
            return std::unexpected(faultFromError(reply.text, "query"));
        } else {
            deleted += static_cast<unsigned long long>(reply.integer);
        }
    }
    return sentOn;
}

Outcome NodeFlush::scanOutcome(const KeyScan::Result &result, Millis took, bool isCount) const
{
    const auto &totals = result.totals;
    const auto gone = static_cast<double>(totals.deleted);
    const auto deleted = format::counted(gone, "key was", "keys were") + " deleted";
    Outcome outcome;
    switch (result.end) {
    case KeyScan::End::Finished:
        outcome = make(OutcomeKind::Succeeded, isCount ? format::counted(static_cast<double>(totals.matched), "key matches.", "keys match.") : deleted + ".");
        break;
    case KeyScan::End::Cancelled:
        outcome = make(OutcomeKind::Cancelled, isCount ? "Cancelled." : "Cancelled after " + deleted + "; the others are untouched.");
        break;
    case KeyScan::End::Refused:
        outcome = make(OutcomeKind::Failed, "Stopped after " + deleted + ". " + result.fault.detail);
        break;
    case KeyScan::End::Lost:
        if (totals.unconfirmed > 0) {
            outcome = make(OutcomeKind::Unknown, format::counted(gone, "key is", "keys are") + " known to be deleted; for " + number(totals.unconfirmed) + " more the answer was lost. " + result.fault.detail);
            outcome.howToFindOut = howToFindOut();
        } else {
            const bool isCancelled = result.fault.kind == FaultKind::Cancelled;
            outcome = make(isCancelled ? OutcomeKind::Cancelled : OutcomeKind::Failed, "Ended after " + deleted + ". " + result.fault.detail);
        }
        break;
    }
    describe(outcome, result, took);
    return outcome;
}

void NodeFlush::describe(Outcome &outcome, const KeyScan::Result &result, Millis took) const
{
    const auto &totals = result.totals;
    if (!m_request.isCountOnly)
        outcome.details.push_back({"Deleted", number(totals.deleted)});
    outcome.details.push_back({"Matched", number(totals.matched) + " (a key may come twice while the server resizes its table)"});
    if (totals.moved > 0)
        outcome.details.push_back({"Deleted where they had moved to", number(totals.moved) + " keys, whose slots went to another node meanwhile"});
    if (totals.resumes > 0)
        outcome.details.push_back({"Connected anew", std::to_string(totals.resumes) + (totals.resumes == 1 ? " time" : " times") + ", going on from the same place of the same server; no deletion was sent twice"});
    outcome.details.push_back({"Keyspace scanned", format::ratio(totals.share)});
    const auto spread = totals.spread > Millis{0} ? ", of it " + format::duration(toSeconds(totals.spread)) + " between slices" : std::string();
    outcome.details.push_back({"Took", format::duration(toSeconds(took)) + spread + ", of it resting " + format::duration(toSeconds(totals.rested))});
    if (totals.lowestHits)
        outcome.details.push_back({"Hit rate meanwhile", "lowest of ten seconds " + format::ratio(*totals.lowestHits)
                                       + (totals.storms > 0 ? "; waited for it " + std::to_string(totals.storms) + (totals.storms == 1 ? " time" : " times") : std::string())});
    if (m_felt && m_felt->pings > 0)
        outcome.details.push_back({"Another client's PING meanwhile", "p50 " + format::duration(toSeconds(m_felt->p50)) + ", p99 " + format::duration(toSeconds(m_felt->p99))
                                       + ", longest " + format::duration(toSeconds(m_felt->longest)) + " of " + number(static_cast<double>(m_felt->pings))});
}

std::expected<double, Fault> NodeFlush::countWhole(RedisClient &client) const
{
    const bool isAll = m_request.scope == Scope::All;
    const auto reply = client.call(isAll ? Command{"INFO", "keyspace"} : Command{"DBSIZE"}, Deadline::after(kConnectLimit));
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->isError())
        return std::unexpected(faultFromError(reply->text, "query"));
    if (!isAll)
        return static_cast<double>(reply->integer);
    double keys = 0;
    for (const auto &entry : parseInfo(reply->text).keyspace)
        keys += entry.keys;
    return keys;
}

Outcome NodeFlush::runWhole(RedisClient &client, RunControl &control)
{
    if (control.isCancelled())
        return make(OutcomeKind::Cancelled, "Cancelled before anything was done.");
    const auto before = countWhole(client);
    if (!before)
        return nothingDone(OutcomeKind::Failed, before.error());
    m_before = m_matched = *before;
    if (m_request.isCountOnly)
        return make(OutcomeKind::Succeeded, number(m_before) + " keys, those that have expired but are not removed yet included.");
    control.report({"flushing", 0, m_before, "keys", {}});
    // ASYNC said explicitly: the default blocks the server before Redis 7.4 and depends on its configuration.
    const auto reply = client.call({m_request.scope == Scope::All ? "FLUSHALL" : "FLUSHDB", "ASYNC"}, Deadline::after(kWholeLimit));
    if (!reply) {
        auto outcome = make(OutcomeKind::Unknown, "The command was sent and its answer was lost: the keys may be deleted or not. " + reply.error().detail);
        outcome.howToFindOut = howToFindOut();
        return outcome;
    }
    if (!reply->isStatus("OK"))
        return nothingDone(OutcomeKind::Failed, reply->isError() ? faultFromError(reply->text, "query") : Fault{FaultKind::Protocol, "query", "The answer is not OK.", {}});
    control.report({"flushing", m_before, m_before, "keys", {}});
    m_deleted = m_before;
    auto outcome = make(OutcomeKind::Succeeded, flushObject(m_request) + ": deleted.");
    outcome.details.push_back({"Keys before", number(m_before)});
    return outcome;
}

Outcome NodeFlush::verify(const std::string &identity, Outcome outcome, RunControl &control)
{
    auto client = reconnect(identity);
    if (!client) {
        outcome.kind = OutcomeKind::Unknown;
        outcome.summary += " This could not be verified: " + client.error().summary;
        outcome.howToFindOut = howToFindOut();
        return outcome;
    }
    return isByPattern() ? verifyPattern(**client, identity, std::move(outcome), control) : verifyWhole(**client, std::move(outcome));
}

Outcome NodeFlush::verifyPattern(RedisClient &client, const std::string &identity, Outcome outcome, RunControl &control)
{
    const auto felt = m_felt;
    const auto matched = m_matched;
    const auto result = scan(client, false, identity, {}, control);
    m_felt = felt;
    m_left = m_matched;
    m_matched = matched;
    if (!result || result->end != KeyScan::End::Finished) {
        outcome.kind = OutcomeKind::Unknown;
        outcome.summary += " The count afterwards did not finish, so this is not verified. " + (result ? result->fault.detail : result.error().detail);
        outcome.howToFindOut = howToFindOut();
        return outcome;
    }
    const auto remaining = result->totals.matched;
    outcome.details.push_back({"Match now", number(remaining)});
    if (remaining == 0) {
        outcome.summary += " Verified: none matches now.";
    } else if (m_deleted == 0 && m_matched > 0) {
        outcome.kind = OutcomeKind::Failed;
        outcome.summary = "No key was deleted, and " + number(remaining) + " match.";
    } else {
        // SCAN returns every key that was there from start to end, and each was unlinked.
        outcome.summary += " Verified: " + number(remaining) + " match now; these were written during or after the flush.";
    }
    return outcome;
}

Outcome NodeFlush::verifyWhole(RedisClient &client, Outcome outcome)
{
    const auto after = countWhole(client);
    if (!after) {
        outcome.kind = OutcomeKind::Unknown;
        outcome.summary += " The server said OK; the keys could not be counted afterwards. " + after.error().detail;
        outcome.howToFindOut = howToFindOut();
        return outcome;
    }
    m_left = *after;
    outcome.details.push_back({"Keys now", number(*after)});
    if (m_before > 0 && *after >= m_before) {
        outcome.kind = OutcomeKind::Failed;
        outcome.summary = "The server said OK, but there are as many keys as before (" + number(*after) + ").";
    } else {
        outcome.summary += *after == 0 ? " Verified: no key is left." : " Verified: " + format::counted(static_cast<double>(*after), "key", "keys") + " now, written since.";
    }
    return outcome;
}

std::string NodeFlush::howToFindOut() const
{
    const auto on = " on " + m_target.address();
    if (m_request.scope == Scope::All)
        return "Read INFO keyspace" + on + ", and look for flushall in INFO commandstats.";
    if (m_request.scope == Scope::Database)
        return "Read DBSIZE in database " + std::to_string(m_request.database) + on + ", and look for flushdb in INFO commandstats.";
    return "Count again (" + flushObject(m_request) + ", database " + std::to_string(m_request.database) + on + "): what still matches was not deleted. A new flush of the same keys does no harm.";
}

} // namespace muster::redis
