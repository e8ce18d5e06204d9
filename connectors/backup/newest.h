// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backup.h"

#include <optional>
#include <string>
#include <vector>

namespace muster::backup {

/// The last one that was tried: finished, damaged or interrupted; none that is being made, no globals. Null: there is none. All of this file is pure.
[[nodiscard]] const Backup *newestAttempt(const std::vector<Backup> &newestFirst);
/// That one in words, "shop.sql.gz (20 B): damaged: there is nothing behind its compression", and the declared databases of which there is no usable
/// backup: "; no usable one of database orders". "there is none".
[[nodiscard]] std::string newestState(const std::vector<Backup> &newestFirst, const std::vector<std::string> &databases);

/// The newest whole one against the median of at most seven of its like (kind, format, databases) before it.
struct SizeChange {
    double ratio = 1;
    std::string text; ///< "shop.dump has 20 B, the 3 before it about 4.1 MB"
};
[[nodiscard]] std::optional<SizeChange> sizeChange(const std::vector<Backup> &newestFirst);

} // namespace muster::backup
