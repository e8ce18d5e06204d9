// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/ports/action.h"

#include <algorithm>

namespace muster {

bool Plan::isAllowed() const
{
    return std::ranges::none_of(checks, [](const PlanCheck &check) { return check.state == PlanCheckState::Failed; });
}

std::string Plan::firstObstacle() const
{
    const auto it = std::ranges::find(checks, PlanCheckState::Failed, &PlanCheck::state);
    if (it == checks.end())
        return {};
    return it->detail.empty() ? it->title : it->title + ": " + it->detail;
}

std::string_view toString(OutcomeKind kind)
{
    switch (kind) {
    case OutcomeKind::Succeeded:
        return "succeeded";
    case OutcomeKind::Failed:
        return "failed";
    case OutcomeKind::Cancelled:
        return "cancelled";
    case OutcomeKind::Refused:
        return "refused";
    case OutcomeKind::Unknown:
        return "unknown";
    }
    return "unknown";
}

} // namespace muster
