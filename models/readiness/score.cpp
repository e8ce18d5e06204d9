// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/score.h"

#include "models/format/format.h"

#include <algorithm>
#include <map>

namespace muster::readiness {

namespace {

/// Points that count: those of checks that apply and are not waived. What they leave is spread by scaling.
bool isCounted(const CheckResult &check)
{
    return check.status != CheckStatus::NotApplicable && check.status != CheckStatus::Waived;
}

struct Sum {
    double points = 0;
    Interval earned;
};

using Sums = std::map<std::string, Sum>;

Sums sumUp(const Assessment &assessment)
{
    Sums sums;
    for (const auto &check : assessment.checks) {
        auto &sum = sums[check.component];
        if (!isCounted(check))
            continue;
        sum.points += check.points;
        sum.earned.low += check.earned.low;
        sum.earned.high += check.earned.high;
    }
    return sums;
}

ComponentResult scored(const ComponentSpec &spec, const Sum &sum)
{
    ComponentResult result{ spec.id, spec.title, spec.weight, spec.target, spec.review, { 0, 100 }, 0 };
    if (sum.points <= 0)
        return result; // nothing of it applies: nothing is known, and it takes no part in the total
    result.score = { 100 * sum.earned.low / sum.points, 100 * sum.earned.high / sum.points };
    result.measured = 1 - (result.score.high - result.score.low) / 100;
    return result;
}

void scoreComponents(const Profile &profile, const Sums &sums, Assessment &assessment)
{
    assessment.components.clear();
    double weights = 0;
    Interval total;
    for (const auto &spec : profile.components) {
        const auto it = sums.find(spec.id);
        const auto sum = it == sums.end() ? Sum{} : it->second;
        assessment.components.push_back(scored(spec, sum));
        if (sum.points <= 0)
            continue;
        const auto &component = assessment.components.back();
        weights += spec.weight;
        total.low += spec.weight * component.score.low;
        total.high += spec.weight * component.score.high;
    }
    assessment.score = weights > 0 ? Interval{ total.low / weights, total.high / weights } : Interval{ 0, 100 };
    assessment.measured = 1 - (assessment.score.high - assessment.score.low) / 100;
    for (auto &check : assessment.checks) {
        const auto component = std::ranges::find(assessment.components, check.component, &ComponentResult::id);
        const bool hasGain = isCounted(check) && component != assessment.components.end() && weights > 0;
        check.gain = hasGain ? (check.points - check.earned.low) * 100 / sums.at(check.component).points * component->weight / weights : 0;
    }
}

CriterionResult scoreOf(const ComponentResult &component, double minimum)
{
    CriterionResult part;
    part.status = component.score.low >= minimum - 1e-9 ? CheckStatus::Pass
        : component.score.high < minimum                ? CheckStatus::Fail
                                                        : CheckStatus::Unknown;
    part.evidence = component.title + ' ' + format::score(component.score) + " (≥ " + format::number(minimum) + ')';
    return part;
}

std::vector<const CheckResult *> named(const Assessment &assessment, const std::string &name)
{
    std::vector<const CheckResult *> found;
    for (const auto &check : assessment.checks) {
        if (check.id == name || "tier:" + check.tier == name || "component:" + check.component == name)
            found.push_back(&check);
    }
    return found;
}

/// The worst status of the named checks, and which they are.
CriterionResult judged(const CriterionSpec &spec, const Assessment &assessment)
{
    CriterionResult result{ spec.id, spec.title, CheckStatus::NotApplicable, {}, {} };
    std::string troubles;
    std::size_t counted = 0;
    const auto take = [&](CheckStatus status, const std::string &words) {
        if (severityRank(status) < severityRank(result.status))
            result.status = status;
        counted += status == CheckStatus::NotApplicable || status == CheckStatus::Waived ? 0U : 1U;
        if (severityRank(status) < severityRank(CheckStatus::Pass))
            troubles += (troubles.empty() ? "" : "; ") + words;
    };
    for (const auto &name : spec.checks) {
        const auto component =
            std::ranges::find_if(assessment.components, [&](const auto &each) { return "component:" + each.id == name; });
        if (spec.minScore > 0 && component != assessment.components.end()) {
            const auto part = scoreOf(*component, spec.minScore);
            take(part.status, part.evidence);
            result.evidence = part.evidence;
            continue;
        }
        for (const auto *check : named(assessment, name)) {
            result.checks.push_back(check->id);
            take(check->status, check->title + ": " + std::string(toString(check->status)));
        }
    }
    if (!troubles.empty())
        result.evidence = troubles;
    else if (!result.checks.empty())
        result.evidence = std::to_string(counted) + (counted == 1 ? " check passes" : " checks pass")
            + (result.evidence.empty() ? "" : "; " + result.evidence);
    return result;
}

bool isClosed(const GateResult &gate)
{
    return severityRank(gate.status) < severityRank(CheckStatus::Pass);
}

Verdict verdictOf(const Profile &profile, const Assessment &assessment)
{
    const bool hasFailedGate =
        std::ranges::any_of(assessment.gates, [](const GateResult &gate) { return gate.status == CheckStatus::Fail; });
    if (hasFailedGate || assessment.score.high < profile.notReadyBelow)
        return Verdict::NotReady;
    const bool hasFailedMust = std::ranges::any_of(
        assessment.checks, [](const CheckResult &check) { return check.tier == "must" && check.status == CheckStatus::Fail; });
    const bool isReady =
        assessment.score.low >= profile.readyAt - 1e-9 && !hasFailedMust && std::ranges::none_of(assessment.gates, isClosed);
    return isReady ? Verdict::Ready : Verdict::AtRisk;
}

} // namespace

void score(const Profile &profile, Assessment &assessment)
{
    for (auto &check : assessment.checks) {
        const auto &credit = check.worst().credit;
        check.earned = isCounted(check) ? Interval{ check.points * credit.low, check.points * credit.high } : Interval{};
    }
    scoreComponents(profile, sumUp(assessment), assessment);
    assessment.criteria.clear();
    for (const auto &spec : profile.criteria)
        assessment.criteria.push_back(judged(spec, assessment));
    std::ranges::stable_sort(assessment.gates, {}, [](const GateResult &gate) { return severityRank(gate.status); });
    assessment.verdict = verdictOf(profile, assessment);
}

} // namespace muster::readiness
