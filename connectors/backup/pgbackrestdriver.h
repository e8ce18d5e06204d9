// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"
#include "connectors/backup/pgbackrestparser.h"

#include <map>
#include <string>

namespace muster::backup {

/// pgBackRest, 2.33 and later, here or on the backup host. `info` alone proves nothing (it shows a repository without the WAL or with a file deleted as
/// ok), so archive and backups are listed, manifests compared with the listing, and verify's text is read, not its exit status.
class PgBackRestDriver : public Driver {
public:
    using Driver::Driver;

    [[nodiscard]] std::expected<Catalogue, Fault> list(const Live &live, Deadline deadline, const std::stop_token &stop) override;
    void wantAll() override { m_listedAt = {}; }
    void planRun(const ServerState &state, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan) override;
    [[nodiscard]] std::expected<std::string, Fault> run(Work &work) override;
    void planVerify(const Backup &backup, Deadline deadline, const std::stop_token &stop, Plan &plan) override;
    [[nodiscard]] std::expected<void, Fault> verify(const Backup &backup, Work &work) override;
    [[nodiscard]] std::expected<void, Fault> restore(const Backup &backup, Scratch &scratch, Work &work) override;

private:
    using Listing = std::map<std::string, pgbackrest::Listed>;
    /// One repository, as it was listed.
    struct Repository {
        Listing backups;
        Listing archive;
        std::string problem; ///< why it could not be listed
    };

    [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more) const;
    [[nodiscard]] std::expected<std::string, Fault> ask(const std::vector<std::string> &more, Deadline deadline, const std::stop_token &stop) const;
    [[nodiscard]] std::expected<pgbackrest::Info, Fault> info(Deadline deadline, const std::stop_token &stop) const;
    void listRepositories(const pgbackrest::Info &info, Deadline deadline, const std::stop_token &stop);
    void prove(pgbackrest::Entry &entry, const pgbackrest::Info &info, const Live &live, Deadline deadline, const std::stop_token &stop);
    void provePages(pgbackrest::Entry &entry, Deadline deadline, const std::stop_token &stop);
    void proveFiles(pgbackrest::Entry &entry, Deadline deadline, const std::stop_token &stop);
    [[nodiscard]] WalArchive archiveOf(const pgbackrest::Info &info, int repo, int database, const Live &live) const;
    [[nodiscard]] std::optional<Running> running(const pgbackrest::Info &info, Deadline deadline, const std::stop_token &stop) const;
    [[nodiscard]] Recovery bestRecovery(const pgbackrest::Info &info, const Catalogue &catalogue, const Live &live) const;
    void readConfig(Deadline deadline, const std::stop_token &stop);

    std::map<int, Repository> m_repositories;
    BootTime m_listedAt{};
    std::string m_listedFor;  ///< labels at that time: a new one means to list again
    std::map<std::string, std::vector<pgbackrest::ManifestEntry>> m_manifests; ///< by repo and label: they never change
    std::optional<pgbackrest::Config> m_config;
    std::map<std::string, std::pair<int, std::string>> m_origin; ///< id → repo and label
    std::vector<Backup> m_seen;  ///< of the last list
    std::string m_type = "full"; ///< of the planned run
};

} // namespace muster::backup
