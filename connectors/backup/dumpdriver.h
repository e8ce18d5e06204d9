// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/catalogue.h"
#include "connectors/backup/driver.h"
#include "connectors/backup/preflight.h"

namespace muster::backup {

/// A directory of dumps: Muster's own (pg_dump --format=directory, globals, manifest) and anybody's.
class DumpDriver : public Driver {
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
    [[nodiscard]] std::expected<void, Fault> verifyOwn(const Backup &backup, Work &work);
    [[nodiscard]] bool isOfConnectedDatabase(const DumpHeader &header, const Server &server) const;
    [[nodiscard]] std::expected<void, Fault> verifyForeign(const Backup &backup, Work &work);

    HeadCache m_heads;
    Prepared m_prepared;
    std::optional<Tools> m_tools; ///< to read back with
};

} // namespace muster::backup
