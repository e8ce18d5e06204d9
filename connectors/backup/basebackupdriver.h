// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/basebackup.h"
#include "connectors/backup/driver.h"
#include "connectors/backup/tools.h"

#include <map>
#include <string>

namespace muster::backup {

/// A directory of base backups: Muster's own (pg_basebackup, plain format, WAL streamed into it) and anybody's that have a backup_manifest.
///   nightly-20260131T120000Z-90123456/   muster-manifest.json   data/backup_manifest ...   tablespaces/16385/...
/// Beside it a WAL archive may be declared: then the recovery window is known, and the WAL may lie there.
class BaseBackupDriver : public Driver {
public:
    using Driver::Driver;

    [[nodiscard]] std::expected<Catalogue, Fault> list(const Live &live, Deadline deadline, const std::stop_token &stop) override;
    void planRun(const ServerState &state, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan) override;
    [[nodiscard]] std::expected<std::string, Fault> run(Work &work) override;
    void expire(Outcome &outcome) override;
    bool discard(const std::string &id) override;
    void planVerify(const Backup &backup, Deadline deadline, const std::stop_token &stop, Plan &plan) override;
    [[nodiscard]] std::expected<void, Fault> verify(const Backup &backup, Work &work) override;
    [[nodiscard]] std::expected<void, Fault> restore(const Backup &backup, Scratch &scratch, Work &work) override;

private:
    [[nodiscard]] std::optional<Backup> backupAt(const std::string &path, const Live &live, const WalArchive &archive) const;
    [[nodiscard]] WalArchive archive(const Live &live) const;
    [[nodiscard]] std::expected<void, Fault> copy(const std::string &partial, Work &work);
    [[nodiscard]] std::expected<void, Fault> seal(const std::string &partial, const std::string &final, WallTime startedAt, Work &work);

    ServerState m_state;
    std::optional<Tools> m_tools;
    std::map<std::string, std::string> m_tablespaces;
    std::vector<std::string> m_removals;
    Live m_live;
};

} // namespace muster::backup
