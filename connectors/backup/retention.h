// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/catalogue.h"

#include <string>
#include <vector>

namespace muster::backup {

/// Which backups go once `keep` good ones are there (newest first in, ids out). Only Muster's own of this set and cluster are ever named.
/// Good ones beyond the newest `keep`; bad ones older than the oldest good one that stays; interrupted ones whose maker on this host is gone.
/// Never the last good one; nothing at all for keep 0; nothing but interrupted ones while none is good.
[[nodiscard]] std::vector<std::string> outdated(const std::vector<Backup> &newestFirst, int keep);
/// The same as if one more good one were there: what the next run removes.
[[nodiscard]] std::vector<std::string> outdatedNext(std::vector<Backup> newestFirst, int keep);
/// First off its name, so that a half removed backup is never taken for one.
[[nodiscard]] std::expected<void, Fault> removeBackup(const std::string &directory, const std::string &id);

} // namespace muster::backup
