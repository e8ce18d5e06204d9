// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::backup {

/// What a dump that may be anybody's says in its first bytes.
struct DumpHeader {
    std::string format;        ///< "directory", "custom", "tar", "plain", "gzip", "zstd"
    std::optional<WallTime> createdAt;
    std::string database;
    std::string serverVersion;
    std::string toolVersion;
    std::string problem;       ///< what is visibly wrong: "cut: the end is missing"

    /// pg_restore reads it.
    [[nodiscard]] bool isArchive() const { return format == "directory" || format == "custom" || format == "tar"; }
};

/// Looks at a file, or at a folder's toc.dat. nullopt when it is no dump. Reads a few KiB.
[[nodiscard]] std::optional<DumpHeader> recognise(const std::string &path);

/// An archive's head: "PGDMP", version, sizes of int and offset, format, compression, creation date, database, server, tool.
/// Source: WriteHead() in src/bin/pg_dump/pg_backup_archiver.c.
[[nodiscard]] std::optional<DumpHeader> parseArchiveHead(std::string_view bytes);

} // namespace muster::backup
