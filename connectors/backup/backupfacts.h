// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"
#include "connectors/backup/schedule.h"
#include "models/facts/factbatch.h"

namespace muster::backup {

inline constexpr Millis kBackupBudget{std::chrono::minutes{3}};

/// A judged catalogue as facts.
void addCatalogueFacts(FactBatch &batch, const Catalogue &catalogue, const Set &set, const Live &live);
void addScheduleFacts(FactBatch &batch, const Schedules &schedules, const Set &set);

/// How long a restore of `newest` would take, by the newest good drill and the sizes; nullopt without a drill.
[[nodiscard]] std::optional<Millis> restoreEstimate(const std::vector<Backup> &newestFirst, const Backup &newest);
/// Age of the newest change that is safe in the archive: 0 while nothing was written since.
[[nodiscard]] double walAge(const Recovery &recovery, const Live &live, WallTime now);

} // namespace muster::backup
