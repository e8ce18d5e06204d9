// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/groups.h"

#include "connectors/postgres/activity.h"
#include "connectors/postgres/catalogs.h"
#include "connectors/postgres/replication.h"

#include <array>
#include <cmath>

namespace muster::postgres {

namespace {

constexpr std::array<std::string_view, 2> kWalFacts{ "wal_size", "wal_size_ratio" };
constexpr std::array<std::string_view, 3> kStatementFacts{ "statements_available", "statement_mean_worst", "slow_statements" };

} // namespace

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
    const auto rows = m_reader.read(m_client, serverQuery(), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    m_server = parseServer(*rows);
    pushCheckpoints(m_checkpoints, m_now.boot, m_server);
    addServerFacts(m_server, m_checkpoints, context(), facts);
    if (!m_first)
        m_first = Identity{ m_server.systemIdentifier, m_server.isStandby };
    addIdentityFacts(m_server, *m_first, facts);
    rememberRole();
    coverServerProblems(m_reader.problems("server"), context(), facts);
    return {};
}

/// A failover is news for an hour; another cluster at the same address is until somebody looks.
void Groups::rememberRole()
{
    if (m_server.isStandby == m_first->isStandby)
        m_turnedAt.reset();
    else if (!m_turnedAt)
        m_turnedAt = m_now.boot;
    else if (m_now.boot - *m_turnedAt >= std::chrono::hours(1))
        m_first->isStandby = m_server.isStandby;
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
    const auto databases = parseDatabases(*rows, m_target.alsoSeen);
    pushSample(m_databases, m_now.boot, { m_server.started, databases.counters });
    addDatabaseFacts(databases, m_databases, facts);
    addUnseenFacts(databases, m_server.isStandby, facts);
    facts.add("checksum_worst", databases.checksumWorst);
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
    auto slots = parseSlots(*rows);
    watchSlots(slots, m_slotWatch, m_now.boot);
    addSlotFacts(slots, facts);
    return {};
}

std::expected<void, Fault> Groups::runStandbys(FactWriter &facts, Deadline deadline)
{
    if (m_server.isStandby)
        return runReceiver(facts, deadline);
    const auto rows = m_client.query(standbysSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    facts.notApplicable("receiver_streaming", "this server is a primary");
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
    m_reader.forget();
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
        static constexpr std::array<std::string_view, 2> kFacts{ "config_errors", "pending_settings" };
        facts.unknownAll(kFacts, "this role may not read pg_file_settings",
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
    const auto blocks = parseIndexBlocks(*rows);
    addIndexHits(m_indexLife == m_server.started ? m_indexBlocks : std::nullopt, blocks, facts);
    m_indexBlocks = blocks;
    m_indexLife = m_server.started;
    return {};
}

std::expected<void, Fault> Groups::runSequences(FactWriter &facts, Deadline deadline)
{
    if (m_server.isStandby) {
        facts.notApplicable("sequence_used_ratio", "asked on the primary");
        facts.notApplicable("sequence_worst", "asked on the primary");
        facts.notApplicable("sequence_detail", "asked on the primary");
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
        static constexpr std::array<std::string_view, 2> kFacts{ "database_size", "database_growth" };
        facts.unknownAll(kFacts, "this role may not connect to the database that it asks for", context().grant("pg_monitor"));
        return {};
    }
    const auto rows = m_client.query(sizeSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    const auto size = rows->number(0, "size");
    facts.addNumber("database_size", size, "the server told no size");
    if (size)
        m_sizes.push(m_now.boot, *size);
    constexpr double kTrend = 600; // s: less says more of the moment than of the trend
    if (m_sizes.hasTwo() && m_sizes.seconds() >= kTrend)
        facts.add("database_growth", (m_sizes.newest().sample - m_sizes.oldest().sample) / m_sizes.seconds(), "over " + wholeSeconds(m_sizes.seconds()));
    else
        facts.unknown("database_growth", "a trend needs two samples ten minutes apart");
    return {};
}

} // namespace muster::postgres
