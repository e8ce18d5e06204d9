// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/manifest.h"
#include "models/facts/fault.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace muster::backup {

/// How far a backup may be trusted. Only Verified and Restored are usable.
enum class Rung : std::uint8_t {
    Running,     ///< being made by a living process
    Interrupted, ///< `.partial`, and its maker is gone
    Damaged,     ///< something is missing, cut or changed
    Finished,    ///< the tool ended well; nothing more is known
    Complete,    ///< all files are there with their sizes, globals too
    Verified,    ///< read back in full
    Restored,    ///< restored in a drill
};
[[nodiscard]] std::string_view toString(Rung rung);

struct Backup {
    std::string id;        ///< name in the directory
    std::string path;
    std::string format;    ///< "muster", or DumpHeader::format
    Rung rung = Rung::Finished;
    std::string reason;    ///< why it is not higher; "" when it is Verified
    WallTime finishedAt{}; ///< of Running and Interrupted: last change
    std::optional<Millis> took; ///< known of Muster's own finished ones
    std::uint64_t size = 0;
    std::size_t files = 0;
    std::string serverVersion;
    std::string systemIdentifier;
    std::string toolVersion;
    bool isOwn = false;         ///< made by Muster for this set
    bool isOtherCluster = false;
    bool isRemovable = false;   ///< Interrupted on this host

    [[nodiscard]] bool isUsable() const { return rung >= Rung::Verified; }
};

/// All that is in the directory, newest first, at most 1000. `systemIdentifier` of the live server, "" when it is not known.
/// Looks at names, sizes and times only; a flipped byte is found by reading back.
[[nodiscard]] std::expected<std::vector<Backup>, Fault> scan(const std::string &directory, const std::string &set, const std::string &systemIdentifier);

/// The manifest of a finished backup of Muster's.
[[nodiscard]] std::expected<Manifest, std::string> readManifest(const std::string &path);
[[nodiscard]] std::expected<void, Fault> writeManifest(const std::string &path, const Manifest &manifest);

/// Proof that somebody else's archive was read back: a small file beside it, tied to its size and time of change.
[[nodiscard]] std::expected<void, Fault> writeForeignProof(const Backup &backup);
[[nodiscard]] std::string foreignProofPath(const std::string &path);

} // namespace muster::backup
