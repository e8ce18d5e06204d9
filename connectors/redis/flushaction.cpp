// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushaction.h"

#include "connectors/redis/errors.h"
#include "connectors/redis/flushplan.h"
#include "connectors/redis/keypattern.h"
#include "models/format/format.h"

namespace muster::redis {

namespace {

using Scope = FlushRequest::Scope;

constexpr Millis kConnectLimit{10'000};
constexpr Millis kWholeLimit{60'000}; ///< FLUSH… ASYNC answers at once, but other clients' commands may stand before it

Target withDatabase(Target target, int database)
{
    target.database = database;
    return target;
}

std::string count(double value)
{
    return format::number(value, 0);
}

std::string count(unsigned long long value)
{
    return count(static_cast<double>(value));
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

FlushAction::FlushAction(Target target, FlushRequest request)
    : m_target(withDatabase(std::move(target), request.database))
    , m_request(std::move(request))
{
    if (m_request.scope == Scope::Prefix)
        m_pattern = patternForPrefix(m_request.pattern);
    else if (m_request.scope == Scope::Glob)
        m_pattern = m_request.pattern;
}

bool FlushAction::isByPattern() const
{
    return m_request.scope == Scope::Prefix || m_request.scope == Scope::Glob;
}

void FlushAction::interrupt() noexcept
{
    m_interrupter.interrupt();
    m_probeInterrupter.interrupt();
}

std::expected<Plan, Fault> FlushAction::preflight(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    if (const auto problem = patternProblem(m_request))
        return refusedPlan(m_target, m_request, *problem);
    auto client = RedisClient::connect(m_target, deadline, m_interrupter);
    if (!client)
        return std::unexpected(std::move(client.error()));
    const auto survey = surveyFlush(**client, m_target, m_request, m_pattern, deadline, stop);
    if (!survey)
        return std::unexpected(survey.error());
    return flushPlan(m_target, m_request, *survey);
}

std::expected<std::unique_ptr<RedisClient>, Outcome> FlushAction::reconnect(const Plan &plan)
{
    const auto deadline = Deadline::after(kConnectLimit);
    auto client = RedisClient::connect(m_target, deadline, m_interrupter);
    if (!client)
        return std::unexpected(nothingDone(OutcomeKind::Failed, client.error()));
    const auto reply = (*client)->call({"INFO"}, deadline);
    if (!reply)
        return std::unexpected(nothingDone(OutcomeKind::Failed, reply.error()));
    const auto now = serverIdentity(m_target, parseInfo(reply->text)).value_or("unknown");
    if (now == plan.identity)
        return std::move(*client);
    auto outcome = make(OutcomeKind::Refused, "Nothing was deleted: the server is not the one of the plan.");
    outcome.details = {{"Planned for", plan.identity}, {"Found", now}};
    return std::unexpected(std::move(outcome));
}

Outcome FlushAction::run(const Plan &plan, RunControl &control)
{
    if (control.isCancelled())
        return make(OutcomeKind::Cancelled, "Cancelled before anything was done.");
    if (const auto problem = patternProblem(m_request))
        return make(OutcomeKind::Refused, "Nothing was done: " + *problem + ".");
    auto client = reconnect(plan);
    if (!client)
        return std::move(client.error());
    if (!isByPattern())
        return runWhole(**client, control);
    const auto started = BootClock::now();
    const auto result = scan(**client, !m_request.isCountOnly, control);
    if (!result)
        return nothingDone(OutcomeKind::Failed, result.error());
    m_deleted = static_cast<double>(result->totals.deleted);
    return scanOutcome(*result, std::chrono::ceil<Millis>(BootClock::now() - started));
}

std::expected<KeyScan::Result, Fault> FlushAction::scan(RedisClient &client, bool isDeleting, RunControl &control)
{
    m_probeInterrupter.rearm();
    LatencyProbe probe(m_target, m_request.maxLatency, m_probeInterrupter);
    if (auto started = probe.start(Deadline::after(kConnectLimit)); !started)
        return std::unexpected(std::move(started.error()));
    auto result = KeyScan(client, {m_pattern, isDeleting}, control, probe).run();
    m_felt = probe.summary();
    return result;
}

Outcome FlushAction::scanOutcome(const KeyScan::Result &result, Millis took) const
{
    const auto &totals = result.totals;
    const auto deleted = count(totals.deleted);
    Outcome outcome;
    switch (result.end) {
    case KeyScan::End::Finished:
        outcome = make(OutcomeKind::Succeeded, m_request.isCountOnly ? count(totals.matched) + " keys match." : deleted + " keys were deleted.");
        break;
    case KeyScan::End::Cancelled:
        outcome = make(OutcomeKind::Cancelled, m_request.isCountOnly ? "Cancelled." : "Cancelled after " + deleted + " keys were deleted; the others are untouched.");
        break;
    case KeyScan::End::Refused:
        outcome = make(OutcomeKind::Failed, "Stopped after " + deleted + " keys were deleted. " + result.fault.detail);
        break;
    case KeyScan::End::Lost:
        if (totals.unconfirmed > 0) {
            outcome = make(OutcomeKind::Unknown, deleted + " keys are known to be deleted; for " + count(totals.unconfirmed) + " more the answer was lost. " + result.fault.detail);
            outcome.howToFindOut = howToFindOut();
        } else {
            const bool isCancelled = result.fault.kind == FaultKind::Cancelled;
            outcome = make(isCancelled ? OutcomeKind::Cancelled : OutcomeKind::Failed, "Ended after " + deleted + " keys were deleted. " + result.fault.detail);
        }
        break;
    }
    if (!m_request.isCountOnly)
        outcome.details.push_back({"Deleted", deleted});
    outcome.details.push_back({"Matched", count(totals.matched) + " (a key may come twice while the server resizes its table)"});
    outcome.details.push_back({"Keyspace scanned", format::ratio(totals.share)});
    outcome.details.push_back({"Took", format::duration(toSeconds(took)) + ", of it resting " + format::duration(toSeconds(totals.rested))});
    if (m_felt && m_felt->pings > 0)
        outcome.details.push_back({"Another client's PING meanwhile", "p50 " + format::duration(toSeconds(m_felt->p50)) + ", p99 " + format::duration(toSeconds(m_felt->p99))
                                       + ", longest " + format::duration(toSeconds(m_felt->longest)) + " of " + count(static_cast<double>(m_felt->pings))});
    return outcome;
}

std::expected<double, Fault> FlushAction::countWhole(RedisClient &client) const
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

Outcome FlushAction::runWhole(RedisClient &client, RunControl &control)
{
    const auto before = countWhole(client);
    if (!before)
        return nothingDone(OutcomeKind::Failed, before.error());
    m_before = *before;
    if (m_request.isCountOnly)
        return make(OutcomeKind::Succeeded, count(m_before) + " keys, those that have expired but are not removed yet included.");
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
    auto outcome = make(OutcomeKind::Succeeded, flushObject(m_request) + ": deleted.");
    outcome.details.push_back({"Keys before", count(m_before)});
    return outcome;
}

Outcome FlushAction::verify(const Plan &plan, Outcome outcome, RunControl &control)
{
    if (m_request.isCountOnly || outcome.kind != OutcomeKind::Succeeded)
        return outcome;
    auto client = reconnect(plan);
    if (!client) {
        outcome.kind = OutcomeKind::Unknown;
        outcome.summary += " This could not be verified: " + client.error().summary;
        outcome.howToFindOut = howToFindOut();
        return outcome;
    }
    return isByPattern() ? verifyPattern(**client, std::move(outcome), control) : verifyWhole(**client, std::move(outcome));
}

Outcome FlushAction::verifyPattern(RedisClient &client, Outcome outcome, RunControl &control)
{
    const auto felt = m_felt;
    const auto result = scan(client, false, control);
    m_felt = felt;
    if (!result || result->end != KeyScan::End::Finished) {
        outcome.kind = OutcomeKind::Unknown;
        outcome.summary += " The count afterwards did not finish, so this is not verified. " + (result ? result->fault.detail : result.error().detail);
        outcome.howToFindOut = howToFindOut();
        return outcome;
    }
    const auto remaining = result->totals.matched;
    outcome.details.push_back({"Match now", count(remaining)});
    if (remaining == 0) {
        outcome.summary += " Verified: none matches now.";
    } else if (m_deleted == 0) {
        outcome.kind = OutcomeKind::Failed;
        outcome.summary = "No key was deleted, and " + count(remaining) + " match.";
    } else {
        // SCAN returns every key that was there from start to end, and each was unlinked.
        outcome.summary += " Verified: " + count(remaining) + " match now; these were written during or after the flush.";
    }
    return outcome;
}

Outcome FlushAction::verifyWhole(RedisClient &client, Outcome outcome)
{
    const auto after = countWhole(client);
    if (!after) {
        outcome.kind = OutcomeKind::Unknown;
        outcome.summary += " The server said OK; the keys could not be counted afterwards. " + after.error().detail;
        outcome.howToFindOut = howToFindOut();
        return outcome;
    }
    outcome.details.push_back({"Keys now", count(*after)});
    if (m_before > 0 && *after >= m_before) {
        outcome.kind = OutcomeKind::Failed;
        outcome.summary = "The server said OK, but there are as many keys as before (" + count(*after) + ").";
    } else {
        outcome.summary += *after == 0 ? " Verified: no key is left." : " Verified: " + count(*after) + " keys now, written since.";
    }
    return outcome;
}

std::string FlushAction::howToFindOut() const
{
    const auto on = " on " + m_target.address();
    if (m_request.scope == Scope::All)
        return "Read INFO keyspace" + on + ", and look for flushall in INFO commandstats.";
    if (m_request.scope == Scope::Database)
        return "Read DBSIZE in database " + std::to_string(m_request.database) + on + ", and look for flushdb in INFO commandstats.";
    return "Count again (" + flushObject(m_request) + ", database " + std::to_string(m_request.database) + on + "): what still matches was not deleted. A new flush of the same keys does no harm.";
}

} // namespace muster::redis
