// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/server.h"

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
