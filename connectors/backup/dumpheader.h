// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace muster::backup {

/// What a dump that may be anybody's says in its first bytes.
struct DumpHeader {
    std::string format;        ///< "directory", "custom", "tar", "plain"; "" = none of them
    std::string compression;   ///< "gzip" or "zstd" around it; "" = none
    bool isCluster = false;    ///< of pg_dumpall: roles and tablespaces are in it
    bool isWhole = false;      ///< of pg_dumpall without --globals-only: all databases are in it too
    std::optional<WallTime> createdAt;
    std::string database;
    std::string serverVersion;
    std::string toolVersion;
    std::string problem;       ///< what is visibly wrong: "cut: the end is missing"
    bool isUnended = false;    ///< the problem is that of one that is still being written, too

    /// "custom, gzip"
    [[nodiscard]] std::string label() const { return (format.empty() ? "unknown" : format) + (compression.empty() ? "" : ", " + compression); }
    /// pg_restore reads it.
    [[nodiscard]] bool isArchive() const { return format == "directory" || format == "custom" || format == "tar"; }
};

/// Looks at a file, or at a folder's toc.dat; through gzip and zstd. nullopt when it is no dump and is not called like one ("x.sql", "x.dump.gz").
/// Reads a few KiB; a compressed one costs a child process.
[[nodiscard]] std::optional<DumpHeader> recognise(const std::string &path, const std::stop_token &stop = {});
/// A folder with toc.dat, which is written first, or with the data files of a directory archive that lacks it.
[[nodiscard]] bool isDumpFolder(const std::string &path);
/// The same from the first (decompressed) bytes of a file.
[[nodiscard]] std::optional<DumpHeader> parseHead(std::string_view head);
/// Does the end of a plain dump say that it is complete? Since 15.14 a line \unrestrict may follow the comment. One of pg_dumpall has such comments of
/// its databases in its middle too, and one of its own at the end.
[[nodiscard]] bool isPlainEnd(std::string_view tail, bool isCluster);
/// Words of the tool that decompresses to stdout; empty for "".
[[nodiscard]] std::vector<std::string> decompressor(const std::string &compression, const std::string &path);

/// An archive's head: "PGDMP", version, sizes of int and offset, format, compression, creation date, database, server, tool.
/// Source: WriteHead() in src/bin/pg_dump/pg_backup_archiver.c.
[[nodiscard]] std::optional<DumpHeader> parseArchiveHead(std::string_view bytes);

} // namespace muster::backup
