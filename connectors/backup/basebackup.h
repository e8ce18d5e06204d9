// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The files by which a base backup describes itself. Pure, except readBase().
namespace muster::backup {

struct BaseManifest {
    struct File {
        std::string path;
        std::uint64_t size = 0;
    };
    struct WalRange {
        std::uint32_t timeline = 0;
        std::uint64_t start = 0; ///< byte positions
        std::uint64_t end = 0;
    };
    std::vector<File> files;
    std::vector<WalRange> ranges;
    std::string systemIdentifier; ///< version 2 (PostgreSQL 17), else ""
    std::string checksum;         ///< of the manifest itself
};

/// backup_manifest: { "PostgreSQL-Backup-Manifest-Version": 1,
///   "Files": [ { "Path": "backup_label", "Size": 227, ... } ], "WAL-Ranges": [ { "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000100" } ], "Manifest-Checksum": "…" }
[[nodiscard]] std::expected<BaseManifest, std::string> parseBaseManifest(std::string_view bytes);

/// The first eight bytes of global/pg_control, lowest first: the system identifier. "" when there are fewer.
[[nodiscard]] std::string identifierOf(std::string_view control);

/// First and last segment of the ranges, in their order; "" without one.
struct WalNeed {
    std::string first;
    std::string last;
};
[[nodiscard]] WalNeed walNeed(const BaseManifest &manifest, std::uint64_t segmentSize);

} // namespace muster::backup
