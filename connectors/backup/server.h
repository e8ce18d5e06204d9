// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backup.h"
#include "connectors/backup/backupset.h"
#include "connectors/backup/manifest.h"
#include "connectors/postgres/pgsession.h"

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace muster::backup {

struct ServerDatabase {
    std::string name;
    double size = 0; ///< B; 0 when we may not ask
};

/// What a backup must know of the server before it begins.
struct ServerState {
    int major = 0;
    std::string version;          ///< "15.18 (Debian 15.18-1)"
    std::string systemIdentifier;
    std::string address;
    std::string user;
    bool isPooled = false;
    bool isStandby = false;
    bool mayReadRolePasswords = false;
    double unreadableTables = 0;  ///< of the connected database
    std::string unreadableTable;
    std::vector<ServerDatabase> databases; ///< all that allow connections, templates left out
};

/// A backup that is being made now, by whomever, as its tool or the server shows it.
struct Running {
    std::string who;                ///< "pgBackRest [backup], process 4711"
    std::string phase;              ///< "copying, in finished files"; "" = not shown
    std::optional<WallTime> since;
    double done = 0;                ///< B
    std::optional<double> total;    ///< B
    bool isOrphan = false;          ///< its main process is gone, something still holds the lock
};

/// A table that pg_dump copies right now.
struct CopyProgress {
    std::string table;
    double rows = 0;
    double rowsEstimated = 0; ///< of the last ANALYZE; below 1 = not known
};

/// The console's own connection beside pg_dump: identity, lock, progress. One thread, except interrupt().
class Server {
public:
    /// `set` outlives it and has a server. Only who makes a backup calls itself "muster backup SET operator@host".
    enum class Purpose : std::uint8_t { Watch, MakeBackup };
    Server(const Set &set, Purpose purpose);

    [[nodiscard]] std::expected<void, Fault> connect(Deadline deadline) { return m_session.ensure(deadline); }
    [[nodiscard]] std::expected<ServerState, Fault> observe(Deadline deadline);
    [[nodiscard]] std::expected<std::string, Fault> systemIdentifier(Deadline deadline);
    /// "muster backup nightly ada@laptop, since 2026-01-31 12:00:00 UTC", or "" when nobody holds the lock.
    [[nodiscard]] std::expected<std::string, Fault> lockHolder(Deadline deadline);
    [[nodiscard]] std::expected<bool, Fault> tryLock(Deadline deadline);
    [[nodiscard]] std::expected<Live, Fault> live(Deadline deadline);
    /// "public items" → oid, of the connected database's ordinary and partitioned tables; at most 10000.
    [[nodiscard]] std::expected<std::map<std::string, std::string>, Fault> tableNumbers(Deadline deadline);
    /// May this role stream a base backup, and what lies outside the data directory: oid → folder.
    struct Replication {
        bool isAllowed = false;
        bool hasFreeSender = true;
        std::map<std::string, std::string> tablespaces;
    };
    [[nodiscard]] std::expected<Replication, Fault> replication(Deadline deadline);
    /// Name of the role that initdb made: the superuser of a restored copy.
    [[nodiscard]] std::expected<std::string, Fault> bootstrapUser(Deadline deadline);
    /// Backup tools that are connected now, ours too: "pg_basebackup, process 4711, since 2026-01-31 12:00:00 UTC". Empty without the right to see them.
    [[nodiscard]] std::expected<std::vector<Running>, Fault> activity(Deadline deadline);
    /// Empty before PostgreSQL 14 and for another database than the connected one.
    [[nodiscard]] std::expected<std::vector<CopyProgress>, Fault> copies(Deadline deadline);
    [[nodiscard]] std::expected<std::vector<ManifestTable>, Fault> largestTables(Deadline deadline);
    [[nodiscard]] std::string connectedDatabase() const;
    [[nodiscard]] bool isConnected() { return m_session.client().isConnected(); }
    /// Gives the lock back.
    void close() { m_session.client().close(); }
    void interrupt() noexcept { m_session.client().interrupt(); }
    void rearm() noexcept { m_session.client().rearm(); }

    /// Environment of the child tools: the same server, TLS and user, without the password; and the passfile's line ("" when there is none).
    [[nodiscard]] std::expected<std::pair<std::vector<std::pair<std::string, std::string>>, Secret>, Fault> childAccess() const;
    [[nodiscard]] const std::string &applicationName() const { return m_applicationName; }

private:
    const Set &m_set;
    std::string m_applicationName;
    postgres::PgSession m_session;
};

} // namespace muster::backup
