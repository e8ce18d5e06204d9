// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "models/ports/historystore.h"
#include "models/ports/waiverstore.h"
#include "models/readiness/profile.h"

#include <expected>
#include <memory>
#include <string>

namespace muster::wiring {

/// "default" or the path of a profile.
[[nodiscard]] std::expected<Profile, environment::Problems> openProfile(const std::string &nameOrPath);

/// The environment's history file; null when there is none and `isMade` is false. Before its beginning a declared Prometheus is asked.
[[nodiscard]] std::shared_ptr<HistoryStore> openHistory(const environment::Environment &environment, bool isMade);

/// Waivers in the environment file. A waiver for a check that the profile does not have, or one that has ended already, is refused.
[[nodiscard]] std::unique_ptr<WaiverStore> makeWaivers(const std::string &environmentPath, const Profile &profile);

} // namespace muster::wiring
