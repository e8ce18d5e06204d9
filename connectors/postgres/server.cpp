// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/server.h"

#include "models/format/format.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace muster::postgres {

namespace {

/// 17 moved the counters of the checkpointer to functions of their own names.
constexpr std::array kItems{
    Item{ "in_recovery", "pg_is_in_recovery()" },
    Item{ "started", "extract(epoch from pg_postmaster_start_time())" },
    Item{ "uptime", "extract(epoch from now() - pg_postmaster_start_time())" },
    Item{ "connections_limit", "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int "
                               "- coalesce(current_setting('reserved_connections', true)::int, 0)" },
    Item{ "archive_mode", "current_setting('archive_mode')" },
    Item{ "archive_age", "(select extract(epoch from now() - last_archived_time) from pg_stat_get_archiver())" },
    Item{ "archiver_failing", "(select coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) from pg_stat_get_archiver())" },
    Item{ "last_failed_wal", "(select last_failed_wal from pg_stat_get_archiver())" },
    Item{ "data_checksums", "current_setting('data_checksums')" },
    Item{ "timed", "pg_stat_get_bgwriter_timed_checkpoints()", 0, 170000 },
    Item{ "timed", "pg_stat_get_checkpointer_num_timed()", 170000 },
    Item{ "requested", "pg_stat_get_bgwriter_requested_checkpoints()", 0, 170000 },
    Item{ "requested", "pg_stat_get_checkpointer_num_requested()", 170000 },
    Item{ "checkpoint_write", "pg_stat_get_checkpoint_write_time() / 1000", 0, 170000 },
    Item{ "checkpoint_write", "pg_stat_get_checkpointer_write_time() / 1000", 170000 },
    Item{ "checkpoint_sync", "pg_stat_get_checkpoint_sync_time() / 1000", 0, 170000 },
    Item{ "checkpoint_sync", "pg_stat_get_checkpointer_sync_time() / 1000", 170000 },
    Item{ "checkpoint_reset", "extract(epoch from pg_stat_get_bgwriter_stat_reset_time())", 0, 170000 },
    Item{ "checkpoint_reset", "extract(epoch from pg_stat_get_checkpointer_stat_reset_time())", 170000 },
    Item{ "system_identifier", "(select system_identifier from pg_control_system())" },
};
constexpr Query kQuery{ "server", kItems, {}, {} };

/// Which fact a column carries, and what to grant when it is refused.
struct Bearer {
    std::string_view item;
    std::string_view fact;
    std::string_view right;
};
constexpr std::array kBearers{
    Bearer{ "archive_age", "archive_age", "EXECUTE ON FUNCTION pg_stat_get_archiver()" },
    Bearer{ "archiver_failing", "archiver_failing", "EXECUTE ON FUNCTION pg_stat_get_archiver()" },
    Bearer{ "last_failed_wal", "archiver_last_failed_wal", "EXECUTE ON FUNCTION pg_stat_get_archiver()" },
    Bearer{ "archive_mode", "archiving_on", "pg_monitor" },
    Bearer{ "data_checksums", "checksums_on", "pg_monitor" },
    Bearer{ "timed", "checkpoints_requested_ratio", "pg_monitor" },
    Bearer{ "requested", "checkpoints_requested_ratio", "pg_monitor" },
    Bearer{ "checkpoint_write", "checkpoint_write_time", "pg_monitor" },
    Bearer{ "checkpoint_sync", "checkpoint_sync_time", "pg_monitor" },
    Bearer{ "system_identifier", "system_identifier", "EXECUTE ON FUNCTION pg_control_system()" },
    Bearer{ "system_identifier", "identity_changed", "EXECUTE ON FUNCTION pg_control_system()" },
    Bearer{ "uptime", "uptime", "pg_monitor" },
    Bearer{ "connections_limit", "connections_limit", "pg_monitor" },
};

/// The newest minor release of each major that is known here, https://www.postgresql.org/docs/release/ as of 2026-08; 15 as Debian shipped it in 2026-11.
struct Minor {
    int major;
    int newest;
};
constexpr std::array kMinors{ Minor{ 13, 23 }, Minor{ 14, 23 }, Minor{ 15, 20 }, Minor{ 16, 14 }, Minor{ 17, 10 }, Minor{ 18, 4 } };

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

/// Of one checkpoint, on average. Writing is spread on purpose; syncing waits for the storage.
void addCheckpointTime(std::string_view name, std::optional<double> before, std::optional<double> now, double count, double seconds, FactWriter &facts)
{
    if (!before || !now)
        facts.unknown(name, "the server said nothing");
    else if (count <= 0)
        facts.notApplicable(name, "no checkpoint ended in " + wholeSeconds(seconds));
    else
        facts.add(name, (*now - *before) / count);
}

void addCheckpoints(const Server &server, const CheckpointWindow &window, FactWriter &facts)
{
    if (server.isStandby) {
        for (const auto *name : { "checkpoints_requested_ratio", "checkpoint_write_time", "checkpoint_sync_time" })
            facts.notApplicable(name, "a standby makes restart points");
        return;
    }
    const double timed = window.newest().sample.timed - window.oldest().sample.timed;
    const double requested = window.newest().sample.requested - window.oldest().sample.requested;
    const double all = timed + requested;
    facts.add("checkpoints_requested_ratio", all > 0 ? requested / all : 0.0,
              std::to_string(static_cast<long>(requested)) + " of " + format::counted(all, "checkpoint", "checkpoints") + " in "
                  + wholeSeconds(window.seconds()) + " were requested");
    const auto &before = window.oldest().sample;
    const auto &now = window.newest().sample;
    addCheckpointTime("checkpoint_write_time", before.write, now.write, all, window.seconds(), facts);
    addCheckpointTime("checkpoint_sync_time", before.sync, now.sync, all, window.seconds(), facts);
}

void addVersion(const Context &context, FactWriter &facts)
{
    facts.add("version", shortVersion(context.info.serverVersionText), context.info.serverVersionText);
    facts.add("version_num", static_cast<double>(context.version()));
    if (const auto supported = isSupported(context.version(), context.at.wall))
        facts.add("version_supported", *supported);
    else
        facts.unknown("version_supported", "this version is not in the table of releases");
    if (const auto behind = minorsBehind(context.version()))
        facts.add("version_minors_behind", static_cast<double>(*behind), "by the releases known in 2026-08");
    else
        facts.notApplicable("version_minors_behind", "this major is newer or older than the table of releases of 2026-08");
}

/// Of the server's own end of this very connection.
void addCertificate(const Context &context, FactWriter &facts)
{
    if (context.info.certificateEnds)
        facts.add("certificate_expires_in", toSeconds(*context.info.certificateEnds - context.at.wall), context.info.certificateName);
    else
        facts.notApplicable("certificate_expires_in", context.info.tlsVersion.empty() ? "this connection is not encrypted" : "the server showed no certificate");
}

} // namespace

const Query &serverQuery()
{
    return kQuery;
}

void coverServerProblems(const std::map<std::string_view, Fault> &problems, const Context &context, FactWriter &facts)
{
    for (const auto &bearer : kBearers) {
        if (const auto found = problems.find(bearer.item); found != problems.end())
            facts.overrule(bearer.fact, found->second.detail,
                           found->second.kind == FaultKind::Denied ? context.grant(bearer.right) : found->second.hint);
    }
}

void addIdentityFacts(const Server &server, const Identity &first, FactWriter &facts)
{
    const bool isOther = server.systemIdentifier != first.systemIdentifier;
    facts.add("identity_changed", isOther, isOther ? "system identifier " + server.systemIdentifier + ", before " + first.systemIdentifier : "");
    const bool isTurned = server.isStandby != first.isStandby;
    facts.add("role_changed", isTurned, isTurned ? std::string(first.isStandby ? "it was a standby" : "it was the primary") : "");
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
    server.checkpointWrite = rows.number(0, "checkpoint_write");
    server.checkpointSync = rows.number(0, "checkpoint_sync");
    server.checkpointReset = rows.text(0, "checkpoint_reset");
    server.systemIdentifier = rows.text(0, "system_identifier");
    return server;
}

void pushCheckpoints(CheckpointWindow &window, BootTime at, const Server &server)
{
    CheckpointSample sample{ server.started + "/" + server.checkpointReset, server.checkpointsTimed, server.checkpointsRequested, server.checkpointWrite,
                             server.checkpointSync };
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
    facts.add("through_pooler", context.info.isPooled);
    facts.add("connections_limit", server.connectionsLimit);
    facts.add("checksums_on", server.hasChecksums);
    addCertificate(context, facts);
    addArchiver(server, facts);
    addCheckpoints(server, checkpoints, facts);
}

std::string shortVersion(const std::string &serverVersion)
{
    return serverVersion.substr(0, serverVersion.find(' '));
}

std::optional<int> minorsBehind(int serverVersion)
{
    const auto *row = std::ranges::find(kMinors, serverVersion / 10000, &Minor::major);
    return row == kMinors.end() ? std::nullopt : std::optional(std::max(0, row->newest - serverVersion % 10000));
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
