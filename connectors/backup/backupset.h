// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/conninfo.h"
#include "connectors/process/host.h"
#include "models/facts/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::backup {

/// One declared set of backups. Its driver says what the directory, repository or service holds.
/// Muster's own dumps lie like this inside `directory`:
///   nightly-20260131T120000Z-90123456/          <set>-<UTC start>-<last eight digits of the system identifier>
///       shop/ ...                               one pg_dump directory archive a database
///       globals.sql                             roles and tablespaces
///       muster-manifest.json                    what it is, hash of every file, when it was verified
///   nightly-...-90123456.partial/               the same while it is being made, with muster-owner.json; never a backup
struct Set {
    std::string name;        ///< "nightly"
    std::string environment; ///< "shop"
    std::string driver = "pg_dump"; ///< "pg_dump" | "pg_basebackup" | "pgbackrest" | "barman" | "command"
    std::string directory;   ///< absolute; of pg_dump and pg_basebackup
    std::string archive;     ///< WAL archive directory beside pg_basebackup; "" = none is known
    std::string stanza;      ///< of pgBackRest
    std::string config;      ///< of pgBackRest, Barman; "" = the tool's own place
    std::string barmanServer;
    std::vector<std::string> listWords;   ///< of the command driver: program and arguments
    std::vector<std::string> runWords;
    std::vector<std::string> verifyWords; ///< the backup's id is added at the end
    process::Host host;      ///< where the tools run
    std::string remoteEnvironment; ///< environment file on that host, for sets that musterctl itself makes there
    Millis window{std::chrono::hours{26}};
    Millis stallAfter{std::chrono::minutes{5}}; ///< no change for so long is called stalled
    int keep = 7;            ///< good ones that stay; 0 = all
    Millis restoreWithin{0}; ///< how long a restore may take; 0 = not declared
    int jobs = 2;            ///< pg_dump --jobs: one connection each, and one more
    std::optional<postgres::Target> server; ///< without it: only a catalogue
    std::vector<std::string> toolFolders;   ///< where PostgreSQL's tools may be; empty: /usr/lib/postgresql/MAJOR/bin, then PATH
    std::vector<std::string> drillQueries;  ///< each must answer at least one row, none of them false or NULL in its first column
    std::string drillDirectory;             ///< parent of the scratch server; "" = /var/tmp
};

inline constexpr const char *kManifestName = "muster-manifest.json";
inline constexpr const char *kOwnerName = "muster-owner.json";
inline constexpr const char *kGlobalsName = "globals.sql";
inline constexpr const char *kPartialSuffix = ".partial";
inline constexpr const char *kNotesFolder = ".muster-notes";

/// Key of the session advisory lock on the server: "MUST" in the upper half (pg_locks.classid 1297437524), the first 32 bits of
/// SHA-256("muster/backup/" + set) in the lower (pg_locks.objid).
[[nodiscard]] std::int64_t lockKey(const std::string &set);
inline constexpr std::uint32_t kLockClass = 0x4D555354;
[[nodiscard]] std::uint32_t lockObject(const std::string &set);

/// Letters, digits, '_', '.', '-' stay; others, and a leading '.' or '-', become %XX. Never "", ".", ".." or a path.
[[nodiscard]] std::string safeName(std::string_view text);
[[nodiscard]] std::string backupId(const std::string &set, WallTime startedAt, const std::string &systemIdentifier);

} // namespace muster::backup
