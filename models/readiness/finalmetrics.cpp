// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/finalmetrics.h"

#include "models/format/format.h"

#include <algorithm>

namespace muster::readiness {

namespace {

constexpr double kSlack = 1e-9;
constexpr Interval kOverallExpected{ 95, 98 };    // "95-98 %", the review's own words
constexpr Interval kDeploymentExpected{ 98, 98 };

FinalMetric metric(std::string id, std::string title, Interval value, Interval expected, std::string evidence)
{
    FinalMetric result{ std::move(id), std::move(title), value, expected, CheckStatus::Unknown, std::move(evidence) };
    if (value.low >= expected.low - kSlack)
        result.status = CheckStatus::Pass;
    else if (value.high < expected.low - kSlack)
        result.status = CheckStatus::Fail;
    return result;
}

void addComponent(std::vector<FinalMetric> &metrics, const Assessment &assessment, const std::string &component, std::string id, std::string title)
{
    const auto it = std::ranges::find(assessment.components, component, &ComponentResult::id);
    if (it == assessment.components.end())
        return;
    auto evidence = "score of the component “" + it->title + "”, weight " + format::number(it->weight * 100, 0) + " %";
    metrics.push_back(metric(std::move(id), std::move(title), it->score, { it->target, it->target }, std::move(evidence)));
}

void addDeployment(std::vector<FinalMetric> &metrics, const Assessment &assessment)
{
    double points = 0;
    Interval passed;
    int count = 0;
    int passing = 0;
    int open = 0;
    for (const auto &check : assessment.checks) {
        const bool takesPart = check.status != CheckStatus::Waived && check.status != CheckStatus::NotApplicable;
        if ((check.tier != "must" && check.tier != "should") || !takesPart)
            continue;
        const bool isPassed = check.status == CheckStatus::Pass;
        const bool isOpen = check.status == CheckStatus::Unknown || check.status == CheckStatus::Stale;
        points += check.points;
        passed.low += isPassed ? check.points : 0;
        passed.high += isPassed || isOpen ? check.points : 0;
        ++count;
        passing += isPassed ? 1 : 0;
        open += isOpen ? 1 : 0;
    }
    if (points <= 0)
        return; // the profile has no such checks, or all of them are waived
    auto evidence = std::to_string(passing) + " of " + std::to_string(count) + " must and should checks pass, weighted by their points";
    if (open > 0)
        evidence += "; " + std::to_string(open) + (open == 1 ? " is" : " are") + " not known";
    metrics.push_back(metric("deployment-readiness", "Deployment readiness", { 100 * passed.low / points, 100 * passed.high / points }, kDeploymentExpected,
                             std::move(evidence)));
}

} // namespace

std::vector<FinalMetric> finalMetrics(const Assessment &assessment)
{
    std::vector<FinalMetric> metrics;
    const auto measured = format::measured(assessment.measured);
    metrics.push_back(metric("overall", "Overall readiness", assessment.score, kOverallExpected,
                             "weighted mean of the components" + (measured.empty() ? std::string() : ", " + measured)));
    addComponent(metrics, assessment, "security", "security", "Security");
    addComponent(metrics, assessment, "performance", "performance", "Performance");
    addComponent(metrics, assessment, "monitoring", "monitoring-coverage", "Monitoring coverage");
    addDeployment(metrics, assessment);
    return metrics;
}

} // namespace muster::readiness
