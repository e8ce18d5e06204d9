// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backup.h"
#include "connectors/backup/backupset.h"
#include "connectors/backup/dumpheader.h"
#include "connectors/backup/manifest.h"
#include "models/facts/fault.h"

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace muster::backup {

/// What looks cut, and changed so recently, may still be being written: who writes a dump writes all the time.
inline constexpr Millis kWrittenLimit{std::chrono::minutes{2}};

/// Size, count and newest change of all regular files below a path, or of one file.
struct Measure {
    std::uint64_t size = 0;
    std::size_t files = 0;
    WallTime changedAt{};

    /// "4711 1769860800000": changes when the bytes do, unless somebody sets the times back.
    [[nodiscard]] std::string fingerprint() const;
};
[[nodiscard]] Measure measure(const std::string &path);

/// Heads of the dumps that were looked at, by path: a compressed one costs a child process. One whose size or time changed is looked at again.
class HeadCache {
public:
    [[nodiscard]] std::optional<DumpHeader> of(const std::string &path, const Measure &measured, const std::stop_token &stop);

private:
    struct Entry {
        std::string fingerprint;
        std::optional<DumpHeader> header;
    };
    std::map<std::string, Entry> m_entries;
};

/// All dumps in the set's directory, Muster's own and anybody's, not yet judged. Looks at names, sizes, times and heads; a flipped byte is found by
/// reading back.
[[nodiscard]] std::expected<std::vector<Backup>, Fault> scanDumps(const Set &set, HeadCache &heads, const std::stop_token &stop);
/// The entry that is being made, or was left behind, under its `.partial` name.
[[nodiscard]] Backup partialBackup(const std::string &path);

/// "15.18 (Debian ...)" → 15; 0 when it is no version.
[[nodiscard]] int majorOf(const std::string &version);

/// The manifest of a finished backup of Muster's.
[[nodiscard]] std::expected<Manifest, std::string> readManifest(const std::string &path);
[[nodiscard]] std::expected<void, Fault> writeManifest(const std::string &path, const Manifest &manifest);

} // namespace muster::backup
