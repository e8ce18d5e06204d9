// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"
#include "models/ports/deadline.h"

#include <expected>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace muster::backup {

/// PostgreSQL's client tools of one installation.
struct Tools {
    std::string folder;
    std::string version; ///< "15.18"
    int major = 0;

    [[nodiscard]] std::string dump() const { return folder + "/pg_dump"; }
    [[nodiscard]] std::string dumpAll() const { return folder + "/pg_dumpall"; }
    [[nodiscard]] std::string restore() const { return folder + "/pg_restore"; }
    [[nodiscard]] std::string baseBackup() const { return folder + "/pg_basebackup"; }
    [[nodiscard]] std::string verifyBackup() const { return folder + "/pg_verifybackup"; }
    /// The server itself; "" when only client tools are installed.
    [[nodiscard]] std::string server() const;
};

/// The first folder whose pg_dump, pg_dumpall and pg_restore are there and whose pg_dump is of that major. The fault names what was found instead.
[[nodiscard]] std::expected<Tools, Fault> findTools(int major, const std::vector<std::string> &folders, Deadline deadline, const std::stop_token &stop);
/// /usr/lib/postgresql/MAJOR/bin, then the absolute folders of PATH.
[[nodiscard]] std::vector<std::string> standardFolders(int major);

/// "pg_dump (PostgreSQL) 15.18 (Debian 15.18-1)" → "15.18"; "" when it is not that.
[[nodiscard]] std::string parseToolVersion(std::string_view output);

} // namespace muster::backup
