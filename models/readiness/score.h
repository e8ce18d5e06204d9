// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/assessment.h"
#include "models/readiness/profile.h"

/// From judged checks and gates to components, score, gains, criteria and verdict. Shared by evaluate and whatIf.
namespace muster::readiness {

/// Fills everything of `assessment` that follows from its `checks` and `gates`. `checks` stand in the profile's order.
void score(const Profile &profile, Assessment &assessment);

} // namespace muster::readiness
