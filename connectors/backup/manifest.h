// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::backup {

struct ManifestFile {
    std::string path; ///< relative to the backup, '/' between folders
    std::uint64_t size = 0;
    std::string sha256;
};

struct ManifestTable {
    std::string name;  ///< with schema
    double rows = 0;   ///< the planner's estimate; below 0 = never analysed
};

struct ManifestDatabase {
    std::string name;
    std::string folder;
    double size = 0; ///< pg_database_size at the start, B
    std::vector<ManifestTable> tables; ///< the largest ones
};

/// What a backup says about itself; written once when it is finished and again when it was verified.
struct Manifest {
    std::string id;
    std::string set;
    std::string operatorName;
    std::string toolVersion;      ///< of pg_dump
    std::string serverVersion;
    std::string systemIdentifier;
    WallTime startedAt{};
    WallTime finishedAt{};
    std::optional<WallTime> verifiedAt; ///< read back in full, hashes and server compared
    std::string problem;          ///< why the last reading back failed
    bool hasRolePasswords = true;
    std::vector<ManifestDatabase> databases;
    std::vector<ManifestFile> files; ///< all but the manifest itself

    [[nodiscard]] std::uint64_t totalSize() const;
};

[[nodiscard]] std::string toJson(const Manifest &manifest);
/// The error is a sentence. Paths that leave the backup are an error.
///   {"schema": 1, "id": "nightly-20260131T120000Z-90123456", "set": "nightly", ...,
///    "files": [{"path": "shop/toc.dat", "size": 4211, "sha256": "ab…"}]}
[[nodiscard]] std::expected<Manifest, std::string> parseManifest(std::string_view bytes);

inline constexpr std::size_t kManifestLimit = std::size_t{64} << 20;

} // namespace muster::backup
