// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backup.h"
#include "connectors/backup/driver.h"

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What pgBackRest says, from 2.33 on. Pure. Keys and codes: src/command/info/info.c.
namespace muster::backup::pgbackrest {

/// One backup of one repository, as `info` shows it: [{"label":"20261124-231642F","archive":{"start":"0000…02","stop":"0000…03"},"database":{"id":1,"repo-key":1},
///   "error":false,"prior":null,"reference":null,"timestamp":{"start":1795562202,"stop":1795562207},"type":"full",...}]
struct Entry {
    Backup backup;      ///< id is the label
    std::string label;
    int repo = 1;
    int database = 0;   ///< id in the repository's history of clusters
    std::optional<bool> hasPageErrors; ///< nullopt: made before 2.36, which did not say
};

struct Info {
    std::string stanza;
    int code = 0;
    std::string message;
    std::map<int, std::string> repos;        ///< key → what is wrong with it, "" = ok
    std::vector<Entry> backups;
    std::map<std::pair<int, int>, std::string> archiveIds; ///< (repo, database id) → "15-1"
    bool isHeld = false;
    std::optional<double> done;              ///< B, of a running backup; from 2.48 on
    std::optional<double> total;
};
[[nodiscard]] std::expected<Info, std::string> parseInfo(std::string_view json, const std::string &stanza);
/// The files with bad page checksums of `info --set`.
[[nodiscard]] std::vector<std::string> parseErrorList(std::string_view json);

struct Listed {
    std::uint64_t size = 0;
    std::optional<WallTime> changedAt;
};
/// `repo-ls --recurse --output=json`: {"15-1/0000000100000000/000…02-559f….gz":{"type":"file","size":73372,"time":1795581761},...}
[[nodiscard]] std::expected<std::map<std::string, Listed>, std::string> parseListing(std::string_view json);

struct ManifestEntry {
    std::string name;      ///< "pg_data/base/1/1255"
    std::string reference; ///< label that holds the bytes; "" = this one
    std::optional<std::uint64_t> repoSize;
    std::optional<std::uint64_t> bundle;
    std::uint64_t size = 0;
};
/// The section [target:file] of a backup.manifest: pg_data/base/1/1255={"reference":"20261125-044240F","repo-size":130955,"size":786432,...}
[[nodiscard]] std::vector<ManifestEntry> parseManifest(std::string_view text);
/// First file of the manifest that the listing of backup/STANZA lacks or shows with another size; "" = all are there.
[[nodiscard]] std::string missingFile(const std::string &label, const std::vector<ManifestEntry> &manifest, const std::map<std::string, Listed> &listing);

/// `verify --output=text --verbose`: label → what is wrong, "" = valid.
///   backup: 20261125-044240F, status: invalid, total files checked: 967, total valid files: 965
///     missing: 1, checksum invalid: 1, size invalid: 0, other: 0
struct Verdict {
    std::map<std::string, std::string> backups;
    std::string archive; ///< what is wrong with WAL segments; "" = nothing
    bool isJudged = false; ///< a status line was seen
};
[[nodiscard]] Verdict parseVerify(std::string_view text);

/// The keys of a configuration file that concern us: [global] and [stanza].
struct Config {
    std::string lockPath = "/tmp/pgbackrest";
    std::map<int, int> retentionFull;        ///< repo → number
    std::map<int, bool> isRetentionInDays;
};
[[nodiscard]] Config parseConfig(std::string_view text, const std::string &stanza);

/// The lock file: {"execId":"15530-f179168a","pctCplt":1606,"pid":4711,"sz":…,"szCplt":…}; hundredths of a percent.
struct Lock {
    long pid = 0;
    std::optional<double> percent;
};
[[nodiscard]] std::optional<Lock> parseLock(std::string_view text);

/// What the expiry after the next full backup removes in a repository; `backups` are judged. pgBackRest counts every full backup, damaged ones too.
[[nodiscard]] Expiry expiryOf(const std::vector<Entry> &entries, const std::vector<Backup> &judged, const Config &config, WallTime now);

/// One line of the log of `backup`, as a phase.
///   2026-11-25 07:09:42.327 P00   INFO: execute non-exclusive backup start: backup begins after the requested immediate checkpoint completes
///   2026-11-25 07:09:43.001 P01 DETAIL: backup file /pg/base/5/16384 (384.2MB, 80.41%) checksum 5f…
struct LogLine {
    std::string phase;              ///< "" = the same
    std::optional<double> percent;  ///< 80.41
    std::string label;              ///< of the new backup
};
[[nodiscard]] LogLine parseLogLine(std::string_view line);

} // namespace muster::backup::pgbackrest
