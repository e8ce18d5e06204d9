// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What `barman --format json` says, 3.4 and later. Pure. Source: barman/output.py.
namespace muster::backup::barman {

struct Entry {
    Backup backup; ///< id is the backup's
    std::string status;
};
/// list-backups: {"demo": [{"backup_id": "20261125T071705", "end_time_timestamp": "1795591026", "size_bytes": 41505358, "status": "DONE", "retention_status": "-"}]}
/// `removes` becomes the ids that the policy calls obsolete.
[[nodiscard]] std::expected<std::vector<Entry>, std::string> parseList(std::string_view json, const std::string &server, std::vector<std::string> &removes);
/// show-backup: base_backup_information {begin_wal, end_wal, begin_time_timestamp, ...}, postgresql_version 150020; into the entry.
void addDetails(std::string_view json, const std::string &server, Entry &entry);

struct Folders {
    std::string base;    ///< basebackups_directory
    std::string wals;    ///< wals_directory
    std::string policy;  ///< retention_policy
    int minimum = 0;     ///< minimum_redundancy
    std::string locks;   ///< barman_lock_directory
};
[[nodiscard]] std::expected<Folders, std::string> parseServer(std::string_view json, const std::string &server);
/// check: what failed, "archiver_errors: hint".
[[nodiscard]] std::vector<std::string> parseCheck(std::string_view json, const std::string &server);

/// Who holds the flock of a file, by /proc/locks: "1: FLOCK  ADVISORY  WRITE 4711 08:01:131079 0 EOF". 0 and below: a process outside this container.
[[nodiscard]] std::optional<long> flockHolder(std::string_view locks, std::string_view inode);

/// NUL-separated "size changed path" of find -printf '%s %T@ %P\0'.
struct FoundFile {
    std::uint64_t size = 0;
    WallTime changedAt{};
};
[[nodiscard]] std::map<std::string, FoundFile> parseFound(std::string_view output);

} // namespace muster::backup::barman
