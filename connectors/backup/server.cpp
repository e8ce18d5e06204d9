// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/server.h"

#include "models/facts/walltime.h"

#include <array>

namespace muster::backup {

namespace {

constexpr Millis kStatementLimit{10000}; // pg_database_size walks the files

// Any role may read pg_control_system(); a provider may have revoked it.
constexpr std::string_view kIdentity = "SELECT system_identifier::text AS id FROM pg_control_system()";
constexpr std::string_view kState = "SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,"
                                    " has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS passwords";
constexpr std::string_view kDatabases = "SELECT datname AS name, CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')"
                                        " THEN pg_database_size(oid) END AS size FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1";
constexpr std::string_view kUnreadable = "SELECT count(*) AS tables, min(c.oid::regclass::text) AS example FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                                         " WHERE c.relkind IN ('r', 'p', 'S', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
                                         " AND c.relpersistence <> 't' AND NOT has_table_privilege(c.oid, 'SELECT')";
// Session locks of two-part keys have objsubid 1. query_start of the holder is when it took the lock or asked for progress; the session's start is enough.
constexpr std::string_view kHolder = "SELECT a.application_name AS who, coalesce(to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), '') AS since, a.pid"
                                     " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
                                     " AND l.classid::bigint = $1::bigint AND l.objid::bigint = $2::bigint AND a.pid <> pg_backend_pid() LIMIT 1";
constexpr std::string_view kCopies = "SELECT c.oid::regclass::text AS name, p.tuples_processed AS rows, c.reltuples AS estimated FROM pg_stat_progress_copy p"
                                     " JOIN pg_stat_activity a ON a.pid = p.pid JOIN pg_class c ON c.oid = p.relid"
                                     " WHERE a.application_name = $1 AND p.datname = current_database() ORDER BY 2 DESC LIMIT 8";
constexpr std::string_view kTables = "SELECT c.oid::regclass::text AS name, c.reltuples AS rows FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                                     " WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY c.relpages DESC, 1 LIMIT 200";

constexpr std::string_view kLive = "SELECT (SELECT system_identifier::text FROM pg_control_system()) AS id, current_setting('server_version_num')::int / 10000 AS major,"
                                   " (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size') AS segment,"
                                   " CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_insert_lsn()) END AS wal,"
                                   " CASE WHEN NOT pg_is_in_recovery() THEN (pg_walfile_name_offset(pg_current_wal_insert_lsn())).file_offset END AS used";
constexpr std::string_view kTableNumbers = "SELECT n.nspname || ' ' || c.relname AS name, c.oid::text AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                                           " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY c.relpages DESC LIMIT 10000";
constexpr std::string_view kReplication = "SELECT rolsuper OR rolreplication AS allowed, current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender') AS free"
                                          " FROM pg_roles WHERE rolname = current_user";
constexpr std::string_view kTablespaces = "SELECT oid::text AS oid, pg_tablespace_location(oid) AS folder FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')";
constexpr std::string_view kBootstrap = "SELECT rolname AS name FROM pg_roles WHERE oid = 10";
// pgBackRest's sessions say "pgBackRest [backup]"; its view of progress stays empty.
constexpr std::string_view kActivity = "SELECT a.application_name AS who, a.pid, extract(epoch FROM a.backend_start)::bigint AS since, p.phase, p.backup_streamed AS done, p.backup_total AS total"
                                       " FROM pg_stat_activity a LEFT JOIN pg_stat_progress_basebackup p ON p.pid = a.pid"
                                       " WHERE p.pid IS NOT NULL OR a.application_name LIKE 'pgBackRest [backup]%' OR a.application_name IN ('pg_dump', 'pg_dumpall', 'pg_basebackup', 'barman', 'barman_streaming_backup')"
                                       // ours hold their set's lock; one that only plans does not count
                                       " OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted AND l.classid::bigint = 1297437524) ORDER BY 3 LIMIT 20";

std::string nameFor(const Set &set, Server::Purpose purpose)
{
    if (purpose == Server::Purpose::Watch)
        return postgres::optionsFor(*set.server).applicationName;
    constexpr std::size_t kServerLimit = 63;
    return ("muster backup " + set.name + ' ' + set.server->operatorName).substr(0, kServerLimit);
}

postgres::SessionOptions optionsFor(const std::string &name)
{
    postgres::SessionOptions options;
    options.applicationName = name;
    options.statementTimeout = kStatementLimit;
    return options;
}

Secret passwordOf(const postgres::ConnectionParameters &parameters, Secret fetched)
{
    return fetched.isEmpty() ? parameters.password() : std::move(fetched);
}

} // namespace

Server::Server(const Set &set, Purpose purpose)
    : m_set(set), m_applicationName(nameFor(set, purpose)), m_session(*set.server, optionsFor(m_applicationName)) { }

std::expected<std::string, Fault> Server::systemIdentifier(Deadline deadline)
{
    const auto rows = m_session.client().query(kIdentity, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    return rows->text(0, "id");
}

std::expected<ServerState, Fault> Server::observe(Deadline deadline)
{
    auto &client = m_session.client();
    ServerState state;
    state.isPooled = client.info().isPooled;
    state.address = client.info().address;
    state.user = client.info().user;
    state.major = client.info().serverVersion / 10000;
    if (state.isPooled)
        return state;
    const auto identity = systemIdentifier(deadline);
    if (!identity)
        return std::unexpected(identity.error());
    state.systemIdentifier = *identity;
    const auto basics = client.query(kState, deadline);
    const auto databases = basics ? client.query(kDatabases, deadline) : basics;
    const auto unreadable = databases ? client.query(kUnreadable, deadline) : databases;
    if (!unreadable)
        return std::unexpected(unreadable.error());
    state.version = basics->text(0, "version");
    state.isStandby = basics->truth(0, "standby").value_or(false);
    state.mayReadRolePasswords = basics->truth(0, "passwords").value_or(false);
    state.unreadableTables = unreadable->number(0, "tables").value_or(0);
    state.unreadableTable = unreadable->text(0, "example");
    for (std::size_t row = 0; row < databases->size(); ++row)
        state.databases.push_back({databases->text(row, "name"), databases->number(row, "size").value_or(0)});
    return state;
}

std::expected<std::string, Fault> Server::lockHolder(Deadline deadline)
{
    const std::array<std::string, 2> key{std::to_string(kLockClass), std::to_string(lockObject(m_set.name))};
    const auto rows = m_session.client().query(kHolder, key, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    if (rows->isEmpty())
        return std::string();
    const auto since = rows->text(0, "since");
    auto who = rows->text(0, "who");
    if (who.empty())
        who = "process " + rows->text(0, "pid");
    return since.empty() ? who : who + ", since " + since + " UTC";
}

std::expected<bool, Fault> Server::tryLock(Deadline deadline)
{
    return m_session.client().tryAdvisoryLock(lockKey(m_set.name), deadline);
}

std::expected<std::vector<CopyProgress>, Fault> Server::copies(Deadline deadline)
{
    constexpr int kFirstWithView = 140000;
    std::vector<CopyProgress> copies;
    if (m_session.client().info().serverVersion < kFirstWithView)
        return copies;
    const std::array<std::string, 1> name{m_applicationName};
    const auto rows = m_session.client().query(kCopies, name, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    for (std::size_t row = 0; row < rows->size(); ++row)
        copies.push_back({rows->text(row, "name"), rows->number(row, "rows").value_or(0), rows->number(row, "estimated").value_or(-1)});
    return copies;
}

std::expected<std::vector<ManifestTable>, Fault> Server::largestTables(Deadline deadline)
{
    const auto rows = m_session.client().query(kTables, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    std::vector<ManifestTable> tables;
    for (std::size_t row = 0; row < rows->size(); ++row)
        tables.push_back({rows->text(row, "name"), rows->number(row, "rows").value_or(-1)});
    return tables;
}

std::expected<Live, Fault> Server::live(Deadline deadline)
{
    const auto rows = m_session.client().query(kLive, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    constexpr double kHeaderAndSnapshots = 512; // a fresh segment's header, and running-xacts records that carry no data
    Live live;
    live.systemIdentifier = rows->text(0, "id");
    live.major = static_cast<int>(rows->number(0, "major").value_or(0));
    live.segmentSize = static_cast<std::uint64_t>(rows->number(0, "segment").value_or(static_cast<double>(live.segmentSize)));
    live.walInsert = rows->text(0, "wal");
    live.isSegmentFresh = rows->number(0, "used").value_or(1e9) <= kHeaderAndSnapshots;
    return live;
}

std::expected<std::map<std::string, std::string>, Fault> Server::tableNumbers(Deadline deadline)
{
    const auto rows = m_session.client().query(kTableNumbers, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    std::map<std::string, std::string> numbers;
    for (std::size_t row = 0; row < rows->size(); ++row)
        numbers.emplace(rows->text(row, "name"), rows->text(row, "oid"));
    return numbers;
}

std::expected<Server::Replication, Fault> Server::replication(Deadline deadline)
{
    const auto rows = m_session.client().query(kReplication, deadline);
    const auto spaces = rows ? m_session.client().query(kTablespaces, deadline) : rows;
    if (!spaces)
        return std::unexpected(spaces.error());
    constexpr double kSenders = 2; // one for the files, one for the WAL
    Replication replication{rows->truth(0, "allowed").value_or(false), rows->number(0, "free").value_or(kSenders) >= kSenders, {}};
    for (std::size_t row = 0; row < spaces->size(); ++row)
        replication.tablespaces.emplace(spaces->text(row, "oid"), spaces->text(row, "folder"));
    return replication;
}

std::expected<std::string, Fault> Server::bootstrapUser(Deadline deadline)
{
    const auto rows = m_session.client().query(kBootstrap, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    return rows->isEmpty() ? std::string("postgres") : rows->text(0, "name");
}

std::expected<std::vector<Running>, Fault> Server::activity(Deadline deadline)
{
    const auto rows = m_session.client().query(kActivity, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    std::vector<Running> found;
    for (std::size_t row = 0; row < rows->size(); ++row) {
        Running running;
        running.who = rows->text(row, "who") + ", process " + rows->text(row, "pid");
        running.phase = rows->text(row, "phase");
        if (const auto since = rows->number(row, "since"))
            running.since = wallTimeOf(*since);
        running.done = rows->number(row, "done").value_or(0);
        // Follows the streamed bytes once it was passed: then no total is known any more.
        if (const auto total = rows->number(row, "total"); total && *total > running.done)
            running.total = *total;
        found.push_back(std::move(running));
    }
    return found;
}

std::string Server::connectedDatabase() const
{
    const auto parameters = postgres::ConnectionParameters::from(*m_set.server);
    return parameters ? parameters->dbname() : std::string();
}

std::expected<std::pair<std::vector<std::pair<std::string, std::string>>, Secret>, Fault> Server::childAccess() const
{
    const auto parameters = postgres::ConnectionParameters::from(*m_set.server);
    if (!parameters)
        return std::unexpected(parameters.error());
    Secret fetched;
    if (m_set.server->password) {
        auto answer = m_set.server->password();
        if (!answer)
            return std::unexpected(answer.error());
        fetched = std::move(*answer);
    }
    const auto password = passwordOf(*parameters, std::move(fetched));
    return std::pair(parameters->childEnvironment(), password.isEmpty() ? Secret() : parameters->passfileLine(password));
}

} // namespace muster::backup
