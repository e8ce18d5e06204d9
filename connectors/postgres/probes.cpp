// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/probes.h"

#include <array>
#include <vector>

namespace muster::postgres {

namespace {

constexpr std::string_view kControl = "EXECUTE ON FUNCTION pg_control_checkpoint()";
constexpr std::string_view kNoWait = "n/a: no synchronous standby is asked for";

/// Of all databases: the catalog is shared. A worker without a relation is the one that applies; the others copy tables. By name, since 13 lets
/// only superusers read pg_subscription.oid.
constexpr std::string_view kDown =
    "with down as (select subname from pg_subscription s where subenabled and not exists (select from pg_stat_subscription w "
    "where w.subname = s.subname and w.pid is not null and w.relid is null)), "
    "workers as (select query, backend_start from pg_stat_get_activity(null) where backend_type = 'autovacuum worker')";

/// pg_control_checkpoint() shows the last completed one; a server that writes nothing makes none, however much time passes.
constexpr std::array kState{
    Probe{ .item = { "timeline", "(select timeline_id from pg_control_checkpoint())" }, .right = kControl },
    Probe{ .item = { "conf_load_age", "extract(epoch from now() - pg_conf_load_time())" } },
    Probe{ .item = { "stats_age", "extract(epoch from now() - pg_stat_get_db_stat_reset_time((select oid from pg_database where datname = current_database())))" },
           .whenNull = "n/a: the counters were never reset" },
    Probe{ .item = { "prepared_count", "(select count(*) from pg_prepared_xact())" } },
    Probe{ .item = { "prepared_longest", "coalesce((select max(extract(epoch from now() - prepared)) from pg_prepared_xact()), 0)" } },
    Probe{ .item = { "prepared_worst",
             "(select gid || ' of ' || pg_get_userbyid(ownerid) from pg_prepared_xact() order by prepared limit 1)" },
           .kind = Kind::Text },
    Probe{ .item = { "freeze_overdue_ratio",
             "(select max(age(datfrozenxid)) from pg_database) / current_setting('autovacuum_freeze_max_age')::float8" } },
    Probe{ .item = { "xid_full_in",
             "(select case when seconds > 30 and gone > 0 then (2147483648 - (select max(age(datfrozenxid)) from pg_database)) * seconds / gone end "
             "from (select pg_snapshot_xmax(pg_current_snapshot())::text::numeric - (split_part(next_xid, ':', 1)::numeric * 4294967296 "
             "+ split_part(next_xid, ':', 2)::numeric) as gone, extract(epoch from now() - checkpoint_time) as seconds from pg_control_checkpoint()) c)" },
           .where = Where::Primary,
           .whenNull = "n/a: too little ran since the last checkpoint to tell a pace",
           .right = kControl },
    Probe{ .item = { "checkpoint_overdue_ratio",
             "(select case when pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) < 1048576 then 0 else extract(epoch from now() - greatest(checkpoint_time, pg_postmaster_start_time())) "
             "/ extract(epoch from current_setting('checkpoint_timeout')::interval) end from pg_control_checkpoint())" },
           .where = Where::Primary,
           .right = kControl },
    Probe{ .item = { "sync_standbys_missing",
             "case when current_setting('synchronous_standby_names') <> '' then "
             "(select case when count(*) filter (where sync_state in ('sync', 'quorum')) > 0 then 0 else 1 end from pg_stat_get_wal_senders()) end" },
           .where = Where::Primary,
           .need = Need::Monitor,
           .whenNull = kNoWait },
    Probe{ .item = { "replay_paused", "pg_is_wal_replay_paused()", 0, 140000 }, .kind = Kind::Truth, .where = Where::Standby },
    Probe{ .item = { "replay_paused", "pg_get_wal_replay_pause_state() <> 'not paused'", 140000 }, .kind = Kind::Truth, .where = Where::Standby },
    Probe{ .item = { "autovacuum_busy_ratio", "(select count(*) from workers) / current_setting('autovacuum_max_workers')::float8" },
           .where = Where::Primary,
           .need = Need::Monitor },
    Probe{ .item = { "autovacuum_busy_for",
             "case when (select count(*) from workers) < current_setting('autovacuum_max_workers')::int then 0 else "
             "(select extract(epoch from now() - max(backend_start)) from workers) end" },
           .where = Where::Primary,
           .need = Need::Monitor },
    Probe{ .item = { "freeze_workers", "(select count(*) from workers where query like '%(to prevent wraparound)')" },
           .where = Where::Primary,
           .need = Need::Monitor },
    Probe{ .item = { "subscriptions_down", "(select count(*) from down)" } },
    Probe{ .item = { "subscription_worst", "(select min(subname) from down)" }, .kind = Kind::Text },
};

/// Of files and of tables in shared memory, whose cost grows with what is wrong.
constexpr std::array kFiles{
    Probe{ .item = { "locks_used_ratio",
             "(select count(*) from pg_lock_status() where not fastpath) / (current_setting('max_locks_per_transaction')::float8 * "
             "(current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int))" } },
    Probe{ .item = { "archive_waiting",
             "case when current_setting('archive_mode') <> 'off' then (select count(*) from pg_ls_archive_statusdir() where name like '%.ready') end" },
           .where = Where::Primary,
           .need = Need::ArchiveStatus,
           .whenNull = "n/a: archive_mode is off" },
    Probe{ .item = { "archive_waiting_longest",
             "case when current_setting('archive_mode') <> 'off' then (select coalesce(max(extract(epoch from now() - modification)), 0) from "
             "pg_ls_archive_statusdir() where name like '%.ready') end" },
           .where = Where::Primary,
           .need = Need::ArchiveStatus,
           .whenNull = "n/a: archive_mode is off" },
    Probe{ .item = { "md5_passwords", "(select count(*) from pg_authid where rolcanlogin and rolpassword like 'md5%')" }, .need = Need::Passwords },
};

constexpr std::string_view kRules =
    "with h as (select *, type <> 'local' and coalesce(address, '') not in ('127.0.0.1', '::1', 'localhost', 'samehost') and "
    "coalesce(address, '') not like '127.%' and auth_method <> 'reject' as is_remote from pg_hba_file_rules()), "
    "w as (select *, error is not null as is_broken, is_remote and auth_method = 'trust' as is_open, "
    "auth_method in ('password', 'md5') or (is_remote and type in ('host', 'hostnossl')) as is_weak from h)";

constexpr std::array kHba{
    Probe{ .item = { "hba_errors", "(select count(*) from w where is_broken)" }, .need = Need::HbaRules },
    Probe{ .item = { "hba_trust", "(select count(*) from w where is_open)" }, .need = Need::HbaRules },
    Probe{ .item = { "hba_weak", "(select count(*) from w where is_weak and not coalesce(is_open, false))" }, .need = Need::HbaRules },
    Probe{ .item = { "hba_worst",
             "(select 'line ' || line_number || ': ' || coalesce(error, concat_ws(' ', type, array_to_string(database, ','), "
             "array_to_string(user_name, ','), address, netmask, auth_method)) from w where is_broken or is_open or is_weak "
             "order by is_broken desc, is_open desc nulls last, line_number limit 1)" },
           .kind = Kind::Text,
           .need = Need::HbaRules },
};

/// Collations that users made, and those that indexes use; a version that was recorded and is not known any more counts too.
constexpr std::string_view kDrifted =
    "with drifted as (select collname from pg_collation where collversion is not null and (oid >= 16384 or oid in (select unnest(indcollation) "
    "from pg_index)) and collversion is distinct from pg_collation_actual_version(oid)), "
    "outdated as (select e.extname || ' ' || e.extversion || ' (installed files: ' || a.default_version || ')' as words from pg_extension e "
    "join pg_available_extensions() a on a.name = e.extname where a.default_version <> e.extversion)";

constexpr std::array kSchema{
    Probe{ .item = { "constraints_not_valid", "(select count(*) from pg_constraint where not convalidated)", 0, 180000 } },
    Probe{ .item = { "constraints_not_valid", "(select count(*) from pg_constraint where not convalidated and conenforced)", 180000 } },
    Probe{ .item = { "constraint_worst",
             "(select conname || ' of ' || (select n.nspname || '.' || t.relname from pg_class t join pg_namespace n on n.oid = t.relnamespace where "
             "t.oid = conrelid) from pg_constraint where not convalidated order by oid limit 1)" },
           .kind = Kind::Text },
    Probe{ .item = { "extensions_outdated", "(select count(*) from outdated)" } },
    Probe{ .item = { "extension_worst", "(select min(words) from outdated)" }, .kind = Kind::Text },
    Probe{ .item = { "database_collations_drifted",
             "(select count(*) from pg_database where datallowconn and datcollversion is not null and datcollversion is distinct from "
             "pg_database_collation_actual_version(oid))",
             150000 } },
    Probe{ .item = { "database_collation_worst",
             "(select datname from pg_database where datallowconn and datcollversion is not null and datcollversion is distinct from "
             "pg_database_collation_actual_version(oid) order by datname = current_database() desc, 1 limit 1)",
             150000 },
           .kind = Kind::Text },
    Probe{ .item = { "collations_drifted", "(select count(*) from drifted)" } },
    Probe{ .item = { "collation_worst", "(select min(collname) from drifted)" }, .kind = Kind::Text },
};

template <std::size_t N> constexpr auto namesOf(const std::array<Probe, N> &probes)
{
    std::array<std::string_view, N> names{};
    for (std::size_t i = 0; i < N; ++i)
        names[i] = probes[i].item.name;
    return names;
}

constexpr auto kStateNames = namesOf(kState);
constexpr auto kFileNames = namesOf(kFiles);
constexpr auto kHbaNames = namesOf(kHba);
constexpr auto kSchemaNames = namesOf(kSchema);

constexpr ProbeList kStateList{ "state", kDown, kState, kStateNames };
constexpr ProbeList kFileList{ "files", {}, kFiles, kFileNames };
constexpr ProbeList kHbaList{ "hba", kRules, kHba, kHbaNames };
constexpr ProbeList kSchemaList{ "schema", kDrifted, kSchema, kSchemaNames };

/// What must be granted before the probe can be asked; "" when it can.
std::string_view missingRight(Need need, const Rights &rights)
{
    switch (need) {
    case Need::Nothing:
        return {};
    case Need::Monitor:
        return rights.isMonitor ? std::string_view() : "pg_monitor";
    case Need::HbaRules:
        return rights.canReadHba ? std::string_view() : "SELECT ON pg_hba_file_rules";
    case Need::Passwords:
        return rights.canReadPasswords ? std::string_view() : "SELECT ON pg_authid";
    case Need::ArchiveStatus:
        return rights.canListArchive ? std::string_view() : "pg_monitor";
    }
    return {};
}

void refuse(const Probe &probe, std::string_view right, const Context &context, FactWriter &facts)
{
    if (probe.need == Need::HbaRules)
        facts.unknown(probe.item.name, "this role may not read pg_hba_file_rules",
                      context.grant("SELECT ON pg_hba_file_rules") + " " + context.grant("EXECUTE ON FUNCTION pg_hba_file_rules()"));
    else if (probe.need == Need::Passwords)
        facts.unknown(probe.item.name, "this role may not see how passwords are hashed",
                      context.grant(context.version() >= 140000 ? "pg_read_all_data" : "SELECT ON pg_authid"));
    else
        facts.unknown(probe.item.name, "this role sees only a part of it", context.grant(right));
}

std::string versionRange(const Item &item)
{
    return item.until == kNoEnd ? "PostgreSQL " + std::to_string(item.from / 10000) + " and later"
                                : "PostgreSQL before " + std::to_string(item.until / 10000);
}

/// Not asked here, with the reason as the fact; true when it is asked.
bool isAsked(const Probe &probe, std::span<const Probe> all, const Rights &rights, const Context &context, FactWriter &facts)
{
    const int version = context.version();
    if (version < probe.item.from || version >= probe.item.until) {
        for (const auto &other : all) {
            if (other.item.name == probe.item.name && version >= other.item.from && version < other.item.until)
                return false; // its sibling of this version speaks
        }
        facts.notApplicable(probe.item.name, versionRange(probe.item));
        return false;
    }
    if (probe.where == Where::Primary && context.isStandby) {
        facts.notApplicable(probe.item.name, "this server is a standby");
        return false;
    }
    if (probe.where == Where::Standby && !context.isStandby) {
        facts.notApplicable(probe.item.name, "this server is a primary");
        return false;
    }
    if (const auto right = missingRight(probe.need, rights); !right.empty()) {
        refuse(probe, right, context, facts);
        return false;
    }
    return true;
}

void addNull(const Probe &probe, FactWriter &facts)
{
    constexpr std::string_view kNotHere = "n/a: ";
    if (probe.kind == Kind::Text)
        facts.add(probe.item.name, std::string());
    else if (probe.whenNull.starts_with(kNotHere))
        facts.notApplicable(probe.item.name, std::string(probe.whenNull.substr(kNotHere.size())));
    else
        facts.unknown(probe.item.name, probe.whenNull.empty() ? "the server said nothing" : std::string(probe.whenNull));
}

void addAnswer(const Probe &probe, const Rows &rows, const Fault *problem, const Context &context, FactWriter &facts)
{
    const auto name = probe.item.name;
    if (problem) {
        const bool isDenied = problem->kind == FaultKind::Denied && !probe.right.empty();
        facts.unknown(name, problem->detail, isDenied ? context.grant(probe.right) : problem->hint);
        return;
    }
    const auto number = rows.number(0, name);
    const auto truth = rows.truth(0, name);
    if (probe.kind == Kind::Number && number)
        facts.add(name, *number);
    else if (probe.kind == Kind::Truth && truth)
        facts.add(name, *truth);
    else if (probe.kind == Kind::Text && rows.cell(0, name))
        facts.add(name, rows.text(0, name));
    else
        addNull(probe, facts);
}

} // namespace

const ProbeList &stateProbes()
{
    return kStateList;
}

const ProbeList &fileProbes()
{
    return kFileList;
}

const ProbeList &hbaProbes()
{
    return kHbaList;
}

const ProbeList &schemaProbes()
{
    return kSchemaList;
}

std::expected<void, Fault> runProbes(const ProbeList &list, PgClient &client, QueryReader &reader, const Rights &rights,
                                     const Context &context, Deadline deadline, FactWriter &facts)
{
    std::vector<Item> items;
    std::vector<const Probe *> asked;
    for (const auto &probe : list.probes) {
        if (!isAsked(probe, list.probes, rights, context, facts))
            continue;
        items.push_back(probe.item);
        asked.push_back(&probe);
    }
    if (items.empty())
        return {};
    const auto rows = reader.read(client, { list.tag, items, list.before, {} }, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    for (const auto *probe : asked)
        addAnswer(*probe, *rows, reader.problem(list.tag, probe->item.name), context, facts);
    return {};
}

} // namespace muster::postgres
