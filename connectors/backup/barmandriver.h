// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/barmanparser.h"
#include "connectors/backup/basebackup.h"
#include "connectors/backup/driver.h"

#include <map>
#include <set>
#include <string>

namespace muster::backup {

/// Barman, 3.4 and later, here or on its host. Its status DONE is compared with the WAL and the files that are really there.
class BarmanDriver : public Driver {
public:
    using Driver::Driver;

    [[nodiscard]] std::expected<Catalogue, Fault> list(const Live &live, Deadline deadline, const std::stop_token &stop) override;
    void wantAll() override { m_lookedAt = {}; }
    void planRun(const ServerState &state, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan) override;
    [[nodiscard]] std::expected<std::string, Fault> run(Work &work) override;
    void planVerify(const Backup &backup, Deadline deadline, const std::stop_token &stop, Plan &plan) override;
    [[nodiscard]] std::expected<void, Fault> verify(const Backup &backup, Work &work) override;
    [[nodiscard]] std::expected<void, Fault> restore(const Backup &backup, Scratch &scratch, Work &work) override;

private:
    [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more) const;
    [[nodiscard]] std::expected<std::string, Fault> ask(const std::vector<std::string> &all, Deadline deadline, const std::stop_token &stop) const;
    [[nodiscard]] std::expected<void, Fault> lookAtFiles(const std::string &ids, Deadline deadline, const std::stop_token &stop);
    void prove(barman::Entry &entry, const WalArchive &archive, const Live &live, Deadline deadline, const std::stop_token &stop);
    void proveFiles(Backup &backup, Deadline deadline, const std::stop_token &stop);
    [[nodiscard]] std::expected<std::optional<long>, Fault> backupLock(Deadline deadline, const std::stop_token &stop) const;
    [[nodiscard]] std::optional<Running> runningOf(barman::Entry &entry, Deadline deadline, const std::stop_token &stop) const;
    [[nodiscard]] WalArchive archive(const Live &live) const;
    [[nodiscard]] Expiry expiry(const std::vector<Backup> &judged, std::vector<std::string> removes) const;

    std::optional<barman::Folders> m_folders;
    std::map<std::string, barman::FoundFile> m_wals;
    std::map<std::string, barman::FoundFile> m_files;      ///< below the folder of base backups
    std::map<std::string, std::string> m_details;          ///< of finished ones, by id
    std::map<std::string, BaseManifest> m_manifests;
    std::map<std::string, std::string> m_identifiers;
    std::vector<std::string> m_checks;
    BootTime m_lookedAt{};
    std::string m_lookedFor;
};

} // namespace muster::backup
