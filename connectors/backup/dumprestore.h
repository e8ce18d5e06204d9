// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"
#include "connectors/backup/manifest.h"
#include "connectors/backup/scratch.h"

namespace muster::backup {

/// Dumps into a running scratch server. Tablespaces are left out: their folders belong to the real server.
[[nodiscard]] std::expected<void, Fault> restoreOwn(const std::string &path, const Manifest &manifest, Scratch &scratch, Work &work);
/// Roles and their settings of a plain globals dump.
[[nodiscard]] std::expected<void, Fault> restoreGlobals(const std::string &path, Scratch &scratch, Work &work);
[[nodiscard]] std::expected<void, Fault> restoreForeignDump(const std::string &path, Scratch &scratch, Work &work);

/// The statements of a globals dump that may run in a scratch server: all but those about tablespaces. Pure.
[[nodiscard]] std::string withoutTablespaces(std::string_view globals);

} // namespace muster::backup
