// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/roadmap.h"

#include "models/readiness/readiness.h"

#include <algorithm>
#include <array>

namespace muster::readiness {

namespace {

constexpr std::array<std::string_view, 3> kPhases{ "foundation", "named", "rest" };

bool isLeft(CheckStatus status)
{
    return status == CheckStatus::Fail || status == CheckStatus::Warn || status == CheckStatus::Unknown || status == CheckStatus::Stale;
}

bool isOpenGate(const GateResult &gate)
{
    return severityRank(gate.status) >= severityRank(CheckStatus::Pass);
}

PathStep stepOf(const Assessment &then, double before)
{
    PathStep step;
    step.gain = then.score.low - before;
    step.score = then.score;
    step.verdict = then.verdict;
    step.gatesClosed = static_cast<int>(std::ranges::count_if(then.gates, [](const GateResult &gate) { return !isOpenGate(gate); }));
    step.criteriaMet = static_cast<int>(std::ranges::count(then.criteria, CheckStatus::Pass, &CriterionResult::status));
    return step;
}

} // namespace

double effortUnits(std::string_view effort)
{
    return effort == "high" ? 4 : effort == "medium" ? 2 : 1;
}

std::vector<WorkItem> workLeft(const Assessment &assessment)
{
    std::vector<WorkItem> items;
    for (const auto &check : assessment.checks) {
        if (isLeft(check.status))
            items.push_back({ check.id, check.title, check.group, check.priority, check.tier, check.effort, check.status, check.gain,
                              check.gain / effortUnits(check.effort) });
    }
    std::ranges::stable_sort(items, std::greater{}, [](const WorkItem &item) { return std::pair(item.worth, item.gain); });
    return items;
}

std::vector<PathStep> pathTo100(const Profile &profile, const Assessment &assessment, const std::set<std::string> &done)
{
    const auto start = whatIf(profile, assessment, done);
    std::vector<PathStep> steps{ stepOf(start, start.score.low) };
    steps.back().phase = done.empty() ? "now" : "supposed";
    auto supposed = done;
    const auto left = workLeft(start);
    for (const auto phase : kPhases) {
        for (const auto &item : left) {
            if (item.group != phase)
                continue;
            supposed.insert(item.check);
            auto step = stepOf(whatIf(profile, assessment, supposed), steps.back().score.low);
            step.checks = { item.check };
            step.title = item.title;
            step.phase = phase;
            steps.push_back(std::move(step));
        }
    }
    return steps;
}

} // namespace muster::readiness
