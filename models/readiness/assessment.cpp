// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/assessment.h"

#include <algorithm>

namespace muster {

std::string_view toString(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Pass:
        return "pass";
    case CheckStatus::Warn:
        return "warn";
    case CheckStatus::Fail:
        return "fail";
    case CheckStatus::Unknown:
        return "unknown";
    case CheckStatus::Stale:
        return "stale";
    case CheckStatus::NotApplicable:
        return "not-applicable";
    case CheckStatus::Waived:
        return "waived";
    }
    return "unknown";
}

std::string_view toString(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Ready:
        return "ready";
    case Verdict::AtRisk:
        return "at-risk";
    case Verdict::NotReady:
        return "not-ready";
    }
    return "not-ready";
}

int severityRank(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Fail:
        return 0;
    case CheckStatus::Warn:
        return 1;
    case CheckStatus::Unknown:
        return 2;
    case CheckStatus::Stale:
        return 3;
    case CheckStatus::Pass:
        return 4;
    case CheckStatus::Waived:
        return 5;
    case CheckStatus::NotApplicable:
        return 6;
    }
    return 2;
}

const CheckResult *Assessment::check(std::string_view id) const
{
    const auto it = std::ranges::find(checks, id, &CheckResult::id);
    return it == checks.end() ? nullptr : &*it;
}

} // namespace muster
