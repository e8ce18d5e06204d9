// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backupaction.h"
#include "connectors/backup/backupset.h"
#include "connectors/postgres/pgclient.h"
#include "tests/support/testservers.h"

#include <QTemporaryDir>

#include <functional>
#include <string>
#include <vector>

namespace muster::test {

/// A real server with a filled database "shop", and a directory for backups.
class BackupKit {
public:
    explicit BackupKit(int rows = 50000);

    [[nodiscard]] bool isReady() const { return m_error.empty(); }
    [[nodiscard]] const char *errorText() const { return m_error.c_str(); }
    [[nodiscard]] TestServers &servers() { return m_servers; }
    /// A fresh directory each call.
    [[nodiscard]] backup::Set makeSet(const std::string &operatorName = "ada@laptop");
    [[nodiscard]] postgres::Target target(const QString &user, const QString &password, const std::string &database = "shop") const;
    /// As the server's administrator; the first cell, or "error: ...".
    std::string sql(const std::string &statement, const std::string &database = "shop");
    [[nodiscard]] std::string adminUrl(const std::string &database) const;

private:
    TestServers m_servers;
    QTemporaryDir m_folder;
    std::string m_error;
    int m_sets = 0;
};

struct Run {
    std::expected<Plan, Fault> plan = std::unexpected(Fault{});
    Outcome outcome;
    std::vector<std::string> messages;
    std::vector<Progress> progress;
};

/// Preflight, run and verify, as the runner does it. `onProgress` may cancel.
[[nodiscard]] Run perform(Action &action, const std::function<void(const Progress &, std::stop_source &)> &onProgress = {});
/// The judged catalogue of a set, as a fresh console sees it.
[[nodiscard]] std::expected<std::vector<backup::Backup>, Fault> scan(const backup::Set &set, const backup::Live &live = {});
[[nodiscard]] std::vector<std::string> namesIn(const std::string &directory);

} // namespace muster::test
