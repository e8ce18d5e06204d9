// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/readiness/assessment.h"
#include "models/readiness/profile.h"

#include <chrono>
#include <set>
#include <string>
#include <vector>

/// Pure functions: the same facts give the same score on any machine.
namespace muster::readiness {

struct Waiver {
    std::string check; ///< "performance/cdn"
    std::string owner;
    std::string reason;
    std::chrono::sys_days until; ///< last day it holds, UTC; afterwards it is void
    friend bool operator==(const Waiver &, const Waiver &) = default;
};

/// What the environment brings to the judgement.
struct Context {
    std::string kind = "production"; ///< gates may hold for one kind only
    std::vector<Waiver> waivers;
};

[[nodiscard]] Assessment evaluate(const Profile &profile, const Snapshot &snapshot, const Context &context);

/// The same assessment with the checks in `fixed` passing: score, interval, gates and criteria move together.
[[nodiscard]] Assessment whatIf(const Profile &profile, const Assessment &assessment, const std::set<std::string> &fixed);

} // namespace muster::readiness
