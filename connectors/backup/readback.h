// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/manifest.h"
#include "connectors/backup/tools.h"
#include "models/ports/action.h"

#include <expected>
#include <stop_token>
#include <string>
#include <vector>

namespace muster::backup {

/// Every file's hash; `path` is the backup. For the manifest.
[[nodiscard]] std::expected<std::vector<ManifestFile>, Fault> hashAll(const std::string &path, const std::stop_token &stop, const RunControl &control);
/// Reads every file again and compares. A Fault of kind Protocol names the first file that differs.
[[nodiscard]] std::expected<void, Fault> compareHashes(const std::string &path, const Manifest &manifest, const std::stop_token &stop, const RunControl &control);
/// `pg_restore --file=/dev/null`: reads one archive to its end, every data block of it. (`--list` reads only the table of contents.)
[[nodiscard]] std::expected<void, Fault> readArchive(const std::string &restoreTool, const std::string &archive, const std::stop_token &stop);
/// The archive of each database of the manifest.
[[nodiscard]] std::expected<void, Fault> readArchives(const std::string &path, const Manifest &manifest, const Tools &tools, const std::stop_token &stop,
                                                      const RunControl &control);

/// The lines of a tool's stderr that say what went wrong, at most four.
[[nodiscard]] std::string errorLines(std::string_view errors);

} // namespace muster::backup
