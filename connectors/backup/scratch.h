// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backupset.h"
#include "connectors/backup/tools.h"
#include "connectors/postgres/pgclient.h"
#include "connectors/process/host.h"

#include <expected>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace muster::backup {

/// A PostgreSQL server of its own for one restore drill: in a directory that only it uses, on a socket inside that directory (0700), never on TCP,
/// without archiving. Gone with this object; after a kill the next drill removes what it can prove to be a dead drill's.
///   /var/tmp/muster-drill-nightly-4711-1f3a/   muster-owner.json  data/  .s.PGSQL.5432  server.log
/// PostgreSQL refuses root: then server and tools run as the account “postgres”.
class Scratch {
public:
    /// The folder and its owner's mark; removes leftovers first. `tools` of the major that is restored.
    [[nodiscard]] static std::expected<std::unique_ptr<Scratch>, Fault> make(const Set &set, const Tools &tools, const std::stop_token &stop);
    ~Scratch();
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;

    [[nodiscard]] const std::string &folder() const { return m_folder; }
    [[nodiscard]] std::string data() const { return m_folder + "/data"; }
    [[nodiscard]] const Tools &tools() const { return m_tools; }
    /// The superuser there: ours after initialise(), the restored cluster's own otherwise.
    [[nodiscard]] const std::string &user() const { return m_user; }
    void setUser(std::string user) { m_user = std::move(user); }

    /// initdb.
    [[nodiscard]] std::expected<void, Fault> initialise();
    /// `settings`: "name=value" each, after the ones that keep it private. Returns when it answers queries (recovery is over).
    [[nodiscard]] std::expected<void, Fault> start(const std::vector<std::string> &settings, Deadline deadline);
    /// Stops and removes; what could not be removed is said.
    [[nodiscard]] std::expected<void, Fault> remove();

    /// A tool as the server's account, connected to the scratch server.
    [[nodiscard]] process::Command command(const std::vector<std::string> &words, const std::string &database = {}) const;
    [[nodiscard]] std::expected<process::Finished, Fault> run(const process::Command &command) const;
    [[nodiscard]] std::expected<void, Fault> connect(postgres::PgClient &client, const std::string &database, Deadline deadline) const;
    /// Gives files that we wrote to the server's account.
    [[nodiscard]] std::expected<void, Fault> handOver(const std::string &path) const;
    /// The last lines of the server's log.
    [[nodiscard]] std::string serverLog() const;

    /// Ids of removed folders.
    static std::vector<std::string> removeLeftovers(const Set &set);
    [[nodiscard]] static std::string parentOf(const Set &set);

private:
    Scratch(const Set &set, Tools tools, std::string folder, std::stop_token stop);
    void stopServer();

    const Set &m_set;
    const Tools m_tools;
    const std::string m_folder;
    const std::stop_token m_stop;
    std::string m_user = "muster_drill";
    std::jthread m_server; ///< waits for the server's end
    std::atomic<bool> m_hasEnded{false};
    std::string m_ending;  ///< written by m_server before m_hasEnded
};

/// A Fault without tool names for the sheet: what went wrong in the drill.
[[nodiscard]] Fault drillFault(const std::string &what, const process::Finished &finished);

} // namespace muster::backup
