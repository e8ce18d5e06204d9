// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/assessment.h"
#include "models/readiness/profile.h"

#include <set>
#include <string>
#include <vector>

/// The order of work on the way to 100, and where each step leads. Pure.
namespace muster::readiness {

/// One check that is left, as worth doing.
struct WorkItem {
    std::string check;
    std::string title;
    std::string group; ///< "foundation" | "named" | "rest"
    std::string priority;
    std::string tier;
    std::string effort;
    CheckStatus status = CheckStatus::Unknown;
    double gain = 0;   ///< points of the total that its pass adds to the low end now: points × weight
    double worth = 0;  ///< gain per unit of effort (low 1, medium 2, high 4)
};

/// "low" 1, "medium" 2, "high" 4.
[[nodiscard]] double effortUnits(std::string_view effort);

/// What fails, warns, is unknown or stale, by worth: the most for the least first; equal worth by gain, then in the profile's order.
[[nodiscard]] std::vector<WorkItem> workLeft(const Assessment &assessment);

/// One step of the path: the checks done with it, and what the whole says then.
struct PathStep {
    std::vector<std::string> checks; ///< empty for the first one: where it stands now
    std::string title;
    std::string phase;               ///< "now" | "supposed" (where it would stand with what is done in a what-if) | "foundation" | "named" | "rest"
    double gain = 0;                 ///< of the low end, by this step
    Interval score;                  ///< cumulated
    Verdict verdict = Verdict::NotReady;
    int gatesClosed = 0;             ///< gates that fail or cannot be judged then
    int criteriaMet = 0;
};

/// From now to all that is left: first what is broken in the foundation, then the named items of the review, then the rest (87.3 → 96.8 → 100), in each phase by
/// worth. The end of a phase is its last step. Waived checks and those that do not apply take no part. `done`: supposed to be done already (what-if).
[[nodiscard]] std::vector<PathStep> pathTo100(const Profile &profile, const Assessment &assessment, const std::set<std::string> &done = {});

} // namespace muster::readiness
