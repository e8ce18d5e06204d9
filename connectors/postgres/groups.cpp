// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/groups.h"

#include "connectors/postgres/activity.h"
#include "connectors/postgres/catalogs.h"
#include "connectors/postgres/replication.h"

#include <array>
#include <cmath>

namespace muster::postgres {

namespace {

using Names = std::string_view;

constexpr std::array kClockFacts{ Names{ "rtt" }, Names{ "clock_skew" } };
constexpr std::array kServerFacts{ Names{ "version" },
                                   Names{ "version_num" },
                                   Names{ "version_supported" },
                                   Names{ "system_identifier" },
                                   Names{ "role" },
                                   Names{ "uptime" },
                                   Names{ "user" },
                                   Names{ "is_superuser" },
                                   Names{ "tls_in_use" },
                                   Names{ "tls_version" },
                                   Names{ "connect_time" },
                                   Names{ "connections_limit" },
                                   Names{ "checksums_on" },
                                   Names{ "archiving_on" },
                                   Names{ "archiver_failing" },
                                   Names{ "archive_age" },
                                   Names{ "archiver_last_failed_wal" },
                                   Names{ "checkpoints_requested_ratio" } };
constexpr std::array kActivityFacts{ Names{ "connections_used" },
                                     Names{ "connections_used_ratio" },
                                     Names{ "connections_table" },
                                     Names{ "sessions" },
                                     Names{ "plaintext_clients" },
                                     Names{ "idle_in_transaction_count" },
                                     Names{ "idle_in_transaction_longest" },
                                     Names{ "transaction_longest" },
                                     Names{ "query_longest" },
                                     Names{ "blocked_count" },
                                     Names{ "blocked_longest" },
                                     Names{ "blocker_worst" } };
constexpr std::array kDatabaseFacts{ Names{ "cache_hit_ratio" },      Names{ "commits_rate" },        Names{ "rollback_ratio" },
                                     Names{ "deadlocks_rate" },       Names{ "temp_bytes_rate" },     Names{ "xid_used_ratio" },
                                     Names{ "multixact_used_ratio" }, Names{ "xid_oldest_database" }, Names{ "checksum_failures" } };
constexpr std::array kSlotFacts{ Names{ "slots" }, Names{ "slots_bad" }, Names{ "slot_retained_max" }, Names{ "slot_worst" } };
constexpr std::array kStandbyFacts{ Names{ "standbys_connected" }, Names{ "standbys_missing" }, Names{ "replication_lag_bytes" },
                                    Names{ "replication_lag" }, Names{ "replicas" } };
constexpr std::array kWalFacts{ Names{ "wal_size" }, Names{ "wal_size_ratio" } };
constexpr std::array kSettingFacts{ Names{ "autovacuum_on" },    Names{ "fsync" },
                                    Names{ "full_page_writes" }, Names{ "is_read_only" },
                                    Names{ "log_connections" },  Names{ "pgaudit" },
                                    Names{ "log_min_duration" }, Names{ "password_encryption" },
                                    Names{ "pending_restart" },  Names{ "settings" } };
constexpr std::array kConfigFacts{ Names{ "config_errors" } };
constexpr std::array kStatementFacts{ Names{ "statements_available" }, Names{ "statement_mean_worst" }, Names{ "slow_statements" } };
constexpr std::array kIndexFacts{ Names{ "indexes_invalid" }, Names{ "indexes_duplicate" }, Names{ "index_worst" },
                                  Names{ "index_findings" } };
constexpr std::array kDeadTupleFacts{ Names{ "dead_tuple_ratio" }, Names{ "dead_tuple_table" } };
constexpr std::array kSequenceFacts{ Names{ "sequence_used_ratio" }, Names{ "sequence_worst" } };
constexpr std::array kSizeFacts{ Names{ "database_size" } };

constexpr Millis kEachRound{ 0 };
constexpr Millis kTenSeconds{ 9500 }; // less than the background cadence, so that its jitter does not skip a turn
constexpr Millis kMinute{ 60000 };

/// In order: what others need comes first, what is dear last.
constexpr std::array kGroups{
    Group{ "clock", kEachRound, &Groups::runClock, kClockFacts },
    Group{ "server", kEachRound, &Groups::runServer, kServerFacts },
    Group{ "activity", kEachRound, &Groups::runActivity, kActivityFacts },
    Group{ "slots", kTenSeconds, &Groups::runSlots, kSlotFacts },
    Group{ "standbys", kTenSeconds, &Groups::runStandbys, kStandbyFacts },
    Group{ "rights", kMinute, &Groups::runRights, {} },
    Group{ "wal", kMinute, &Groups::runWal, kWalFacts },
    Group{ "settings", kMinute, &Groups::runSettings, kSettingFacts },
    Group{ "configuration", kMinute, &Groups::runConfigErrors, kConfigFacts },
    Group{ "statements", 5 * kMinute, &Groups::runStatements, kStatementFacts },
    Group{ "indexes", kMinute, &Groups::runIndexes, kIndexFacts },
    Group{ "dead tuples", kMinute, &Groups::runDeadTuples, kDeadTupleFacts },
    Group{ "sequences", kMinute, &Groups::runSequences, kSequenceFacts },
    Group{ "size", kMinute, &Groups::runSize, kSizeFacts },
    // Last, so that the blocks that the first round itself reads are in the first sample and not in the first rate.
    Group{ "databases", kEachRound, &Groups::runDatabases, kDatabaseFacts },
};

} // namespace

std::span<const Group> Groups::all()
{
    return kGroups;
}

Context Groups::context() const
{
    return { m_target, m_client.info(), m_now, m_server.isStandby };
}

std::expected<void, Fault> Groups::runClock(FactWriter &facts, Deadline deadline)
{
    const auto sent = Stamp::now();
    const auto rows = m_client.query("select extract(epoch from clock_timestamp()) as now", deadline);
    if (!rows)
        return std::unexpected(rows.error());
    m_roundTrip = toSeconds(BootClock::now() - sent.boot);
    facts.add("rtt", m_roundTrip);
    const double ours = toSeconds(sent.wall.time_since_epoch()) + m_roundTrip / 2;
    if (const auto theirs = rows->number(0, "now"))
        facts.add("clock_skew", std::abs(*theirs - ours));
    else
        facts.unknown("clock_skew", "the server told no time");
    return {};
}

std::expected<void, Fault> Groups::runServer(FactWriter &facts, Deadline deadline)
{
    const auto rows = m_client.query(serverSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    m_server = parseServer(*rows);
    pushCheckpoints(m_checkpoints, m_now.boot, m_server);
    addServerFacts(m_server, m_checkpoints, context(), facts);
    return {};
}

std::expected<void, Fault> Groups::runActivity(FactWriter &facts, Deadline deadline)
{
    const auto rows = m_client.query(activitySql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    const auto activity = parseActivity(*rows);
    addActivityFacts(activity, context(), facts);
    if (m_server.connectionsLimit > 0)
        facts.add("connections_used_ratio", activity.clients / m_server.connectionsLimit);
    else
        facts.unknown("connections_used_ratio", "the limit of connections is not known");
    return {};
}

std::expected<void, Fault> Groups::runDatabases(FactWriter &facts, Deadline deadline)
{
    const int version = m_client.info().serverVersion;
    if (!m_databases.hasAny() && version >= 150000) {
        if (const auto flushed = m_client.query("select pg_stat_force_next_flush()", deadline); !flushed)
            return std::unexpected(flushed.error());
    }
    const auto rows = m_client.query(databasesSql(version), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    const auto databases = parseDatabases(*rows);
    pushSample(m_databases, m_now.boot, { m_server.started, databases.counters });
    addDatabaseFacts(databases, m_databases, facts);
    if (m_server.hasChecksums)
        facts.add("checksum_failures", databases.checksumFailures);
    else
        facts.notApplicable("checksum_failures", "data checksums are off");
    return {};
}

std::expected<void, Fault> Groups::runSlots(FactWriter &facts, Deadline deadline)
{
    const auto rows = m_client.query(slotsSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addSlotFacts(parseSlots(*rows), facts);
    return {};
}

std::expected<void, Fault> Groups::runStandbys(FactWriter &facts, Deadline deadline)
{
    if (m_server.isStandby)
        return runReceiver(facts, deadline);
    const auto rows = m_client.query(standbysSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addStandbyFacts(parseStandbys(*rows), context(), facts);
    return {};
}

std::expected<void, Fault> Groups::runReceiver(FactWriter &facts, Deadline deadline)
{
    const auto rows = m_client.query(receiverSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    facts.notApplicable("standbys_connected", "this server is a standby");
    facts.notApplicable("replicas", "this server is a standby");
    addReceiverFacts(parseReceiver(*rows), context(), facts);
    return {};
}

std::expected<void, Fault> Groups::runRights(FactWriter &, Deadline deadline)
{
    const auto rows = m_client.query(rightsSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    m_rights = parseRights(*rows);
    return {};
}

std::expected<void, Fault> Groups::runWal(FactWriter &facts, Deadline deadline)
{
    if (!m_rights.canListWal) {
        facts.unknownAll(kWalFacts, "this role may not list the WAL directory", context().grant("pg_monitor"));
        return {};
    }
    const auto rows = m_client.query(walSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addWalFacts(*rows, facts);
    return {};
}

std::expected<void, Fault> Groups::runSettings(FactWriter &facts, Deadline deadline)
{
    const auto rows = m_client.query(settingsSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    m_settings = parseSettings(*rows);
    addSettingFacts(m_settings, context(), facts);
    return {};
}

std::expected<void, Fault> Groups::runConfigErrors(FactWriter &facts, Deadline deadline)
{
    if (!m_rights.canReadConfigFile) {
        facts.unknown("config_errors", "this role may not read pg_file_settings",
                      context().grant("SELECT ON pg_file_settings") + " "
                          + context().grant("EXECUTE ON FUNCTION pg_show_all_file_settings()"));
        return {};
    }
    const auto rows = m_client.query(configErrorsSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addConfigErrors(*rows, facts);
    return {};
}

/// Why pg_stat_statements cannot be read in this database, in words; nullopt when it can (or when only trying will tell).
std::optional<std::string> Groups::statementsObstacle() const
{
    if (m_settings.isPreloaded("pg_stat_statements") == false)
        return "shared_preload_libraries does not name pg_stat_statements";
    if (m_rights.statementsVersion.empty())
        return "the extension pg_stat_statements is not created in this database";
    return std::nullopt;
}

std::expected<void, Fault> Groups::runStatements(FactWriter &facts, Deadline deadline)
{
    if (const auto obstacle = statementsObstacle()) {
        facts.add("statements_available", false, *obstacle);
        facts.unknown("statement_mean_worst", *obstacle,
                      "Add pg_stat_statements to shared_preload_libraries, restart, then CREATE EXTENSION pg_stat_statements;");
        facts.unknown("slow_statements", *obstacle);
        return {};
    }
    if (!m_rights.isMonitor) {
        facts.unknownAll(kStatementFacts, "this role may not see other users' statements", context().grant("pg_monitor"));
        return {};
    }
    const auto rows = m_client.query(statementsSql(m_client.info().serverVersion, m_rights), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    auto sample = parseStatements(*rows, m_server.started);
    const bool hasBefore = m_statements && m_statements->life == sample.life;
    const auto window = hasBefore ? statementsBetween(*m_statements, sample) : statementsBetween({}, sample);
    addStatementFacts(
        window, hasBefore ? "in the last " + wholeSeconds(toSeconds(m_now.boot - m_statementsAt)) : "since the counters were reset", facts);
    m_statements = std::move(sample);
    m_statementsAt = m_now.boot;
    return {};
}

std::expected<void, Fault> Groups::runIndexes(FactWriter &facts, Deadline deadline)
{
    const auto rows = m_client.query(indexesSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addIndexFacts(parseIndexes(*rows), facts);
    return {};
}

std::expected<void, Fault> Groups::runDeadTuples(FactWriter &facts, Deadline deadline)
{
    if (m_server.isStandby) {
        facts.notApplicable("dead_tuple_ratio", "a standby does not count rows");
        facts.notApplicable("dead_tuple_table", "a standby does not count rows");
        return {};
    }
    const auto rows = m_client.query(deadTuplesSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addDeadTupleFacts(*rows, facts);
    return {};
}

std::expected<void, Fault> Groups::runSequences(FactWriter &facts, Deadline deadline)
{
    if (m_server.isStandby) {
        facts.notApplicable("sequence_used_ratio", "asked on the primary");
        facts.notApplicable("sequence_worst", "asked on the primary");
        return {};
    }
    const auto rows = m_client.query(sequencesSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addSequenceFacts(*rows, context(), facts);
    return {};
}

std::expected<void, Fault> Groups::runSize(FactWriter &facts, Deadline deadline)
{
    if (!m_rights.canSizeDatabase) {
        facts.unknown("database_size", "this role may not connect to the database that it asks for", context().grant("pg_monitor"));
        return {};
    }
    const auto rows = m_client.query(sizeSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    facts.addNumber("database_size", rows->number(0, "size"), "the server told no size");
    return {};
}

} // namespace muster::postgres
