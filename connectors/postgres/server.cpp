// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/server.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace muster::postgres {

namespace {

constexpr std::string_view kSql = R"sql(/* muster server */
select pg_is_in_recovery() as in_recovery, extract(epoch from pg_postmaster_start_time()) as started,
  extract(epoch from now() - pg_postmaster_start_time()) as uptime,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0) as connections_limit,
  current_setting('archive_mode') as archive_mode, extract(epoch from now() - a.last_archived_time) as archive_age,
  coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false) as archiver_failing, a.last_failed_wal,
  current_setting('data_checksums') as data_checksums, $CHECKPOINTS, c.system_identifier
from pg_stat_get_archiver() a, pg_control_system() c)sql";

/// 17 moved the counters of the checkpointer to functions of their own names.
constexpr std::string_view kCheckpoints16 =
    "pg_stat_get_bgwriter_timed_checkpoints() as timed, pg_stat_get_bgwriter_requested_checkpoints() as requested, "
    "extract(epoch from pg_stat_get_bgwriter_stat_reset_time()) as checkpoint_reset";
constexpr std::string_view kCheckpoints17 =
    "pg_stat_get_checkpointer_num_timed() as timed, pg_stat_get_checkpointer_num_requested() as requested, "
    "extract(epoch from pg_stat_get_checkpointer_stat_reset_time()) as checkpoint_reset";

struct EndOfLife {
    int major;
    std::chrono::year_month_day last;
};

constexpr std::array kEndOfLife{
    EndOfLife{ 12, std::chrono::year{ 2024 } / 11 / 21 }, EndOfLife{ 13, std::chrono::year{ 2025 } / 11 / 13 },
    EndOfLife{ 14, std::chrono::year{ 2026 } / 11 / 12 }, EndOfLife{ 15, std::chrono::year{ 2027 } / 11 / 11 },
    EndOfLife{ 16, std::chrono::year{ 2028 } / 11 / 9 },  EndOfLife{ 17, std::chrono::year{ 2029 } / 11 / 8 },
    EndOfLife{ 18, std::chrono::year{ 2030 } / 11 / 14 },
};

void addArchiver(const Server &server, FactWriter &facts)
{
    facts.add("archiving_on", server.isArchivingOn);
    if (!server.isArchivingOn || server.isStandby) {
        const std::string reason = server.isStandby ? "a standby archives nothing" : "archive_mode is off";
        facts.notApplicable("archiver_failing", reason);
        facts.notApplicable("archive_age", reason);
        facts.notApplicable("archiver_last_failed_wal", reason);
        return;
    }
    facts.add("archiver_failing", server.isArchiverFailing);
    facts.addNumber("archive_age", server.archiveAge, "nothing was archived since the counters were reset");
    facts.add("archiver_last_failed_wal", server.lastFailedWal);
}

void addCheckpoints(const Server &server, const CheckpointWindow &window, FactWriter &facts)
{
    if (server.isStandby) {
        facts.notApplicable("checkpoints_requested_ratio", "a standby makes restart points");
        return;
    }
    const double timed = window.newest().sample.timed - window.oldest().sample.timed;
    const double requested = window.newest().sample.requested - window.oldest().sample.requested;
    const double all = timed + requested;
    facts.add("checkpoints_requested_ratio", all > 0 ? requested / all : 0.0,
              std::to_string(static_cast<long>(requested)) + " of " + std::to_string(static_cast<long>(all)) + " checkpoints in "
                  + wholeSeconds(window.seconds()) + " were requested");
}

void addVersion(const Context &context, FactWriter &facts)
{
    facts.add("version", shortVersion(context.info.serverVersionText), context.info.serverVersionText);
    facts.add("version_num", static_cast<double>(context.version()));
    if (const auto supported = isSupported(context.version(), context.at.wall))
        facts.add("version_supported", *supported);
    else
        facts.unknown("version_supported", "this version is not in the table of releases");
}

} // namespace

std::string serverSql(int version)
{
    std::string sql(kSql);
    constexpr std::string_view kPlace = "$CHECKPOINTS";
    sql.replace(sql.find(kPlace), kPlace.size(), version >= 170000 ? kCheckpoints17 : kCheckpoints16);
    return sql;
}

Server parseServer(const Rows &rows)
{
    Server server;
    server.isStandby = rows.truth(0, "in_recovery").value_or(false);
    server.started = rows.text(0, "started");
    server.uptime = rows.number(0, "uptime").value_or(0);
    server.connectionsLimit = rows.number(0, "connections_limit").value_or(0);
    server.isArchivingOn = rows.text(0, "archive_mode") != "off";
    server.archiveAge = rows.number(0, "archive_age");
    server.isArchiverFailing = rows.truth(0, "archiver_failing").value_or(false);
    server.lastFailedWal = rows.text(0, "last_failed_wal");
    server.hasChecksums = rows.truth(0, "data_checksums").value_or(false);
    server.checkpointsTimed = rows.number(0, "timed").value_or(0);
    server.checkpointsRequested = rows.number(0, "requested").value_or(0);
    server.checkpointReset = rows.text(0, "checkpoint_reset");
    server.systemIdentifier = rows.text(0, "system_identifier");
    return server;
}

void pushCheckpoints(CheckpointWindow &window, BootTime at, const Server &server)
{
    CheckpointSample sample{ server.started + "/" + server.checkpointReset, server.checkpointsTimed, server.checkpointsRequested };
    if (window.hasAny() && window.newest().sample.life != sample.life)
        window.clear();
    window.push(at, std::move(sample));
}

void addServerFacts(const Server &server, const CheckpointWindow &checkpoints, const Context &context, FactWriter &facts)
{
    addVersion(context, facts);
    facts.add("system_identifier", server.systemIdentifier);
    facts.add("role", std::string(server.isStandby ? "standby" : "primary"));
    facts.add("uptime", server.uptime);
    facts.add("user", context.info.user);
    facts.add("is_superuser", context.info.isSuperuser);
    facts.add("tls_in_use", !context.info.tlsVersion.empty(), context.info.tlsCipher);
    facts.add("tls_version", context.info.tlsVersion);
    facts.add("connect_time", toSeconds(context.info.total),
              "address " + context.info.address + (context.info.isPooled ? ", through a connection pooler" : ""));
    facts.add("connections_limit", server.connectionsLimit);
    facts.add("checksums_on", server.hasChecksums);
    addArchiver(server, facts);
    addCheckpoints(server, checkpoints, facts);
}

std::string shortVersion(const std::string &serverVersion)
{
    return serverVersion.substr(0, serverVersion.find(' '));
}

std::optional<bool> isSupported(int serverVersion, WallTime now)
{
    const int major = serverVersion / 10000;
    if (major < 8)
        return std::nullopt;
    const auto *row = std::ranges::find(kEndOfLife, major, &EndOfLife::major);
    if (row != kEndOfLife.end())
        return now < WallTime(std::chrono::sys_days(row->last)) + std::chrono::days(1);
    return major > kEndOfLife.back().major;
}

} // namespace muster::postgres
