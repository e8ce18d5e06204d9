// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushplan.h"
#include "models/format/format.h"

#include <algorithm>
#include <cmath>

namespace muster::redis {

namespace {

using Scope = FlushRequest::Scope;

constexpr std::size_t kExamples = 20;

std::vector<std::string> labelsOf(const std::vector<NodePlan> &plans)
{
    std::vector<std::string> labels;
    for (const auto &each : plans) {
        for (const auto &line : each.plan.changes) {
            if (std::ranges::find(labels, line.label) == labels.end())
                labels.push_back(line.label);
        }
    }
    return labels;
}

/// The same on all nodes: once. Else node by node.
PlanLine lineOf(const std::string &label, const std::vector<NodePlan> &plans)
{
    std::vector<std::pair<std::string, std::string>> values;
    for (const auto &each : plans) {
        const auto it = std::ranges::find(each.plan.changes, label, &PlanLine::label);
        if (it != each.plan.changes.end())
            values.emplace_back(each.node, it->value);
    }
    const bool isSame = values.size() == plans.size() && std::ranges::all_of(values, [&values](const auto &value) { return value.second == values.front().second; });
    if (isSame)
        return {label, values.front().second + " on each primary"};
    std::string joined;
    for (const auto &[node, value] : values)
        joined += (joined.empty() ? "" : "; ") + node + ": " + value;
    return {label, joined};
}

PlanCheck checkOf(const std::string &title, const std::vector<NodePlan> &plans)
{
    PlanCheck worst{title, PlanCheckState::Passed, {}};
    for (const auto &each : plans) {
        const auto it = std::ranges::find(each.plan.checks, title, &PlanCheck::title);
        if (it == each.plan.checks.end() || it->state < worst.state)
            continue;
        const bool isWorse = it->state > worst.state;
        worst.state = it->state;
        if (worst.state == PlanCheckState::Passed || isWorse)
            worst.detail.clear();
        worst.detail += worst.state == PlanCheckState::Passed ? it->detail : (worst.detail.empty() ? "" : "; ") + each.node + ": " + it->detail;
    }
    return worst;
}

} // namespace

ShareEstimate plannedKeys(const FlushRequest &request, const FlushSurvey &survey)
{
    const auto inDatabase = survey.keysInDatabase.value_or(static_cast<double>(survey.sample.sampled()));
    if (request.scope == Scope::Prefix || request.scope == Scope::Glob)
        return survey.sample.estimate(0, inDatabase);
    ShareEstimate all;
    all.share = 1;
    all.keys = request.scope == Scope::All ? survey.info.allKeys() : inDatabase;
    return all;
}

std::string joinedIdentity(const std::vector<std::string> &identities)
{
    std::string joined;
    for (const auto &identity : identities)
        joined += (joined.empty() ? "" : " | ") + identity;
    return joined;
}

Plan clusterPlan(const FlushRequest &request, const std::vector<NodePlan> &plans)
{
    auto plan = plans.front().plan;
    plan.changes.clear();
    plan.checks.clear();
    double keys = 0;
    double variance = 0;
    std::vector<std::string> identities;
    std::vector<std::string> titles;
    for (const auto &each : plans) {
        keys += each.keys.keys;
        variance += each.keys.keysMargin * each.keys.keysMargin;
        identities.push_back(each.plan.identity);
        for (const auto &check : each.plan.checks) {
            if (std::ranges::find(titles, check.title) == titles.end())
                titles.push_back(check.title);
        }
    }
    plan.identity = joinedIdentity(identities);
    const auto margin = std::ceil(std::sqrt(variance));
    plan.changes.push_back({request.isCountOnly ? "Would match in the cluster" : "Deleted in the cluster",
                            (margin > 0 ? "about " + format::number(keys, 0) + " ± " + format::number(margin, 0) : format::number(keys, 0)) + " keys on "
                                + std::to_string(plans.size()) + " primaries"});
    if (isStaged(request))
        addStages(plan, request, keys); // the pace is the whole cluster's
    for (const auto &label : labelsOf(plans)) {
        if (label != "Example" && label != "In stages" && label != "Waits")
            plan.changes.push_back(lineOf(label, plans));
    }
    std::size_t examples = 0;
    for (const auto &each : plans) {
        for (const auto &line : each.plan.changes) {
            if (line.label == "Example" && examples++ < kExamples)
                plan.changes.push_back(line);
        }
    }
    for (const auto &title : titles)
        plan.checks.push_back(checkOf(title, plans));
    plan.command = "On each of " + std::to_string(plans.size()) + " primaries, one after the other: " + plan.command;
    return plan;
}

} // namespace muster::redis
