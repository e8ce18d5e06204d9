// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/assessment.h"

#include <string>
#include <vector>

/// The five figures at the end of the review. Pure.
namespace muster::readiness {

struct FinalMetric {
    std::string id;        ///< "overall" | "security" | "performance" | "monitoring-coverage" | "deployment-readiness"
    std::string title;
    Interval value;        ///< 0-100
    Interval expected;     ///< low: what is asked for at least; high: the upper end of what is expected; equal when it is one figure
    CheckStatus status = CheckStatus::Unknown; ///< Pass: reached for certain; Fail: out of reach; Unknown: depends on what was not measured
    std::string evidence;  ///< one sentence, plain text
};

/// overall: the score (expected 95-98) · security 98, performance 95, monitoring coverage 100: the components' scores · deployment readiness 98: the
/// points-weighted share of the must and should checks that pass. Waived checks and those that do not apply are left out. A component that the
/// profile does not have gives no metric.
[[nodiscard]] std::vector<FinalMetric> finalMetrics(const Assessment &assessment);

} // namespace muster::readiness
