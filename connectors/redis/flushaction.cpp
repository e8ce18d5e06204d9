// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushaction.h"

#include "connectors/redis/flushplan.h"
#include "connectors/redis/keypattern.h"
#include "connectors/redis/primaries.h"
#include "models/format/format.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace muster::redis {

namespace {

using Scope = FlushRequest::Scope;

constexpr Millis kFindLimit{10'000};

Target withDatabase(Target target, int database)
{
    target.database = database;
    return target;
}

Outcome make(OutcomeKind kind, std::string summary)
{
    Outcome outcome;
    outcome.kind = kind;
    outcome.summary = std::move(summary);
    return outcome;
}

/// The worst of the shares is what the operator has to know first.
int badness(OutcomeKind kind)
{
    constexpr std::array order{OutcomeKind::Succeeded, OutcomeKind::Cancelled, OutcomeKind::Refused, OutcomeKind::Failed, OutcomeKind::Unknown};
    return static_cast<int>(std::ranges::find(order, kind) - order.begin());
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

bool FlushAction::canPause() const
{
    return m_request.scope == Scope::Prefix || m_request.scope == Scope::Glob;
}

void FlushAction::interrupt() noexcept
{
    m_interrupter.interrupt();
    m_probeInterrupter.interrupt();
}

std::expected<void, Fault> FlushAction::findPrimaries(Deadline deadline)
{
    auto primaries = primariesOf(m_target, deadline, m_interrupter);
    if (!primaries)
        return std::unexpected(std::move(primaries.error()));
    std::ranges::sort(*primaries, {}, &Target::address);
    m_shares.clear();
    for (const auto &primary : *primaries) {
        m_shares.push_back({NodeFlush(primary, m_request, m_pattern, *primaries, {m_interrupter, m_probeInterrupter}), {}, {}, 0});
    }
    return {};
}

std::expected<Plan, Fault> FlushAction::preflight(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    if (const auto problem = patternProblem(m_request))
        return refusedPlan(m_target, m_request, *problem);
    if (m_target.topology == Topology::Cluster && m_request.database != 0)
        return refusedPlan(m_target, m_request, "a cluster has database 0 only");
    if (const auto found = findPrimaries(deadline); !found)
        return std::unexpected(found.error());
    std::vector<NodePlan> plans;
    auto left = static_cast<long>(m_shares.size());
    for (auto &share : m_shares) {
        const auto survey = share.flush.survey(deadline.atMost(deadline.left() / left--), stop);
        if (!survey) {
            auto fault = survey.error();
            fault.detail = share.flush.target().address() + ": " + fault.detail;
            return std::unexpected(std::move(fault));
        }
        plans.push_back({share.flush.target().address(), flushPlan(share.flush.target(), m_request, *survey), plannedKeys(m_request, *survey)});
        share.identity = plans.back().plan.identity;
    }
    return m_target.topology == Topology::Cluster ? clusterPlan(m_request, plans) : std::move(plans.front().plan);
}

std::expected<std::string, Fault> FlushAction::identifyAll(const Plan &plan, Deadline deadline)
{
    if (m_target.topology != Topology::Cluster) { // the one connection that does the work compares it
        m_shares.front().identity = plan.identity;
        return plan.identity;
    }
    std::vector<std::string> identities;
    for (auto &share : m_shares) {
        auto identity = share.flush.identify(deadline);
        if (!identity)
            return std::unexpected(identity.error());
        share.identity = *identity;
        identities.push_back(std::move(*identity));
    }
    return joinedIdentity(identities);
}

Outcome FlushAction::run(const Plan &plan, RunControl &control)
{
    if (control.isCancelled())
        return make(OutcomeKind::Cancelled, "Cancelled before anything was done.");
    if (const auto problem = patternProblem(m_request))
        return make(OutcomeKind::Refused, "Nothing was done: " + *problem + ".");
    const auto deadline = Deadline::after(kFindLimit);
    const auto found = findPrimaries(deadline); // anew: a failover since the plan changes who they are
    const auto now = found ? identifyAll(plan, deadline) : std::expected<std::string, Fault>(std::unexpected(found.error()));
    if (!now) {
        auto outcome = make(OutcomeKind::Failed, "Nothing was deleted. " + now.error().detail);
        outcome.details.push_back({"Next step", now.error().hint});
        return outcome;
    }
    if (*now != plan.identity) {
        auto outcome = make(OutcomeKind::Refused, "Nothing was deleted: the server is not the one of the plan.");
        outcome.details = {{"Planned for", plan.identity}, {"Found", *now}};
        return outcome;
    }
    m_pace.reset();
    if (isStaged(m_request)) {
        const auto keys = countAll(control);
        if (!keys)
            return keys.error();
        m_pace.emplace(*keys, m_request.stageShare);
    }
    runOnce(control);
    // Slots that moved may have brought keys to a node that was walked before; a second walk is a new question, no repetition.
    const bool isMoved = std::ranges::any_of(m_shares, [](const Share &share) { return share.flush.hasMoved(); });
    if (isMoved && together().kind == OutcomeKind::Succeeded && !control.isCancelled())
        runOnce(control);
    return together();
}

std::expected<double, Outcome> FlushAction::countAll(RunControl &control)
{
    double keys = 0;
    for (auto &share : m_shares) {
        auto outcome = control.isCancelled() ? make(OutcomeKind::Cancelled, "Cancelled.") : share.flush.count(share.identity, control);
        if (outcome.kind != OutcomeKind::Succeeded) {
            outcome.summary = "Nothing was deleted; the keys were still being counted. " + outcome.summary;
            return std::unexpected(std::move(outcome));
        }
        keys += share.flush.matched();
    }
    return keys;
}

void FlushAction::runOnce(RunControl &control)
{
    double done = std::accumulate(m_shares.begin(), m_shares.end(), 0.0, [](double sum, const Share &share) { return sum + share.keys; });
    for (auto &share : m_shares) {
        share.outcome = control.isCancelled() ? make(OutcomeKind::Cancelled, "Not begun.") : share.flush.run(share.identity, {done, m_pace ? &*m_pace : nullptr}, control);
        const auto keys = m_request.isCountOnly ? share.flush.matched() : share.flush.deleted();
        share.keys += keys;
        done += keys;
    }
}

Outcome FlushAction::verify(const Plan &, Outcome outcome, RunControl &control)
{
    if (m_request.isCountOnly || outcome.kind != OutcomeKind::Succeeded)
        return outcome;
    if (m_shares.size() == 1)
        return m_shares.front().flush.verify(m_shares.front().identity, std::move(outcome), control);
    for (auto &share : m_shares)
        share.outcome = share.flush.verify(share.identity, std::move(share.outcome), control);
    auto verified = together();
    double left = 0;
    for (const auto &share : m_shares)
        left += share.flush.left();
    verified.details.push_back({canPause() ? "Match now" : "Keys now", format::number(left, 0)});
    return verified;
}

Outcome FlushAction::together() const
{
    auto outcome = joined();
    if (m_pace) {
        const auto stages = stageText(m_request.stageShare) + " of " + format::number(m_pace->keys(), 0) + " keys";
        outcome.summary += " In stages: " + stages + '.';
        outcome.details.insert(outcome.details.begin(), {"In stages", stages + ", counted before"});
    }
    return outcome;
}

Outcome FlushAction::joined() const
{
    if (m_shares.size() == 1)
        return m_shares.front().outcome;
    const auto &worst = std::ranges::max_element(m_shares, {}, [](const Share &share) { return badness(share.outcome.kind); })->outcome;
    double keys = 0;
    std::string troubles;
    for (const auto &share : m_shares) {
        keys += share.keys;
        if (share.outcome.kind != OutcomeKind::Succeeded)
            troubles += ' ' + share.flush.target().address() + ": " + share.outcome.summary;
    }
    const auto total = format::number(keys, 0) + (m_request.isCountOnly ? canPause() ? " keys match" : " keys" : " keys were deleted") + " on "
        + std::to_string(m_shares.size()) + " primaries.";
    auto outcome = make(worst.kind, total + troubles);
    outcome.howToFindOut = worst.howToFindOut;
    if (outcome.kind == OutcomeKind::Failed || outcome.kind == OutcomeKind::Unknown)
        outcome.howToFindOut.append(outcome.howToFindOut.empty() ? "" : " ")
            .append("After a failover the promoted replica may still hold keys: count again over the whole cluster.");
    outcome.details.push_back({m_request.isCountOnly ? "Counted" : "Deleted", format::number(keys, 0)});
    for (const auto &share : m_shares) {
        outcome.details.push_back({"Node " + share.flush.target().address(), share.outcome.summary});
        for (const auto &line : share.outcome.details) {
            if (line.label != "Deleted" && line.label != "Matched")
                outcome.details.push_back({share.flush.target().address() + " · " + line.label, line.value});
        }
    }
    return outcome;
}

} // namespace muster::redis
