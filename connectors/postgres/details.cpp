// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/details.h"

#include "connectors/postgres/activity.h"

#include <algorithm>
#include <array>

namespace muster::postgres {

namespace {

constexpr std::size_t kLimit = 50;

constexpr std::array<std::string_view, 4> kHorizonFacts{ "xmin_age", "xmin_longest", "xmin_holder", "xmin_holders" };
constexpr std::array<std::string_view, 1> kProgressFacts{ "progress" };

/// age() of a session's own id counts too: it is what others' snapshots see as running.
constexpr std::string_view kHolders = R"sql(
with h as (
  select 'session' as kind, 'pid ' || pid || ' (' || concat_ws(', ', pg_get_userbyid(usesysid), nullif(left(application_name, 64), ''), state) || ')' as name,
    greatest(age(backend_xmin), age(backend_xid)) as xids, extract(epoch from now() - coalesce(xact_start, backend_start)) as seconds, left(query, 200) as detail
  from pg_stat_get_activity(null) where (backend_xmin is not null or backend_xid is not null) and pid <> pg_backend_pid() and backend_type is distinct from 'walsender'
  union all
  select 'prepared transaction', gid || ' (' || pg_get_userbyid(ownerid) || ')', age(transaction), extract(epoch from now() - prepared), '' from pg_prepared_xact()
  union all
  select 'slot', slot_name || case when active then ' (active)' else ' (inactive)' end, greatest(age(xmin), age(catalog_xmin)), null, slot_type
  from pg_get_replication_slots() where xmin is not null or catalog_xmin is not null
  union all
  select 'standby', a.application_name || coalesce(' at ' || host(a.client_addr), ''), age(a.backend_xmin), null, 'hot_standby_feedback'
  from pg_stat_get_activity(null) a where a.backend_type = 'walsender' and a.backend_xmin is not null))sql";

constexpr std::array kHorizonItems{
    Item{ "kind", "kind" },       Item{ "name", "name" },     Item{ "xids", "xids" }, Item{ "seconds", "seconds" },
    Item{ "detail", "detail" },
};

constexpr Query kHorizon{ "horizon", kHorizonItems, kHolders, "from h where xids is not null order by xids desc, seconds desc nulls last limit 51" };

/// Names of relations of other databases cannot be looked up from here. Columns of 13 that all later versions kept.
constexpr std::string_view kRunning13 = R"sql(
with p as (
  select 'VACUUM' as command, pid, datname, relid, phase, heap_blks_scanned as done, heap_blks_total as total, 'blocks' as unit from pg_stat_progress_vacuum
  union all select 'ANALYZE', pid, datname, relid, phase, sample_blks_scanned, sample_blks_total, 'blocks' from pg_stat_progress_analyze
  union all select command, pid, datname, relid, phase, blocks_done, blocks_total, 'blocks' from pg_stat_progress_create_index
  union all select command, pid, datname, relid, phase, heap_blks_scanned, heap_blks_total, 'blocks' from pg_stat_progress_cluster
  union all select 'base backup', pid, null, null, phase, backup_streamed, backup_total, 'B' from pg_stat_progress_basebackup))sql";
constexpr std::string_view kRunning14 = R"sql(
with p as (
  select 'VACUUM' as command, pid, datname, relid, phase, heap_blks_scanned as done, heap_blks_total as total, 'blocks' as unit from pg_stat_progress_vacuum
  union all select 'ANALYZE', pid, datname, relid, phase, sample_blks_scanned, sample_blks_total, 'blocks' from pg_stat_progress_analyze
  union all select command, pid, datname, relid, phase, blocks_done, blocks_total, 'blocks' from pg_stat_progress_create_index
  union all select command, pid, datname, relid, phase, heap_blks_scanned, heap_blks_total, 'blocks' from pg_stat_progress_cluster
  union all select 'base backup', pid, null, null, phase, backup_streamed, backup_total, 'B' from pg_stat_progress_basebackup
  union all select command, pid, datname, relid, type, bytes_processed, nullif(bytes_total, 0), 'B' from pg_stat_progress_copy))sql";

constexpr std::array kProgressItems{
    Item{ "command", "command" },
    Item{ "pid", "pid" },
    Item{ "datname", "datname" },
    Item{ "relation", "case when datname = current_database() then (select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = "
                      "c.relnamespace where c.oid = relid) else relid::text end" },
    Item{ "phase", "phase" },
    Item{ "done", "done" },
    Item{ "total", "total" },
    Item{ "unit", "unit" },
    Item{ "seconds", "(select extract(epoch from now() - coalesce(a.query_start, a.backend_start)) from pg_stat_get_activity(p.pid) a)" },
};

constexpr Query kProgress13{ "progress", kProgressItems, kRunning13, "from p order by pid limit 51" };
constexpr Query kProgress14{ "progress", kProgressItems, kRunning14, "from p order by pid limit 51" };

Cell cellOf(std::optional<double> number)
{
    return number ? Cell(*number) : Cell();
}

} // namespace

const Query &horizonQuery()
{
    return kHorizon;
}

void addHorizonFacts(const Rows &rows, FactWriter &facts)
{
    Table table;
    table.columns = { { "kind", "" }, { "name", "" }, { "xids", "count" }, { "age", "s" }, { "detail", "" } };
    table.limit = kLimit;
    table.isTruncated = rows.size() > kLimit;
    for (std::size_t row = 0; row < rows.size() && row < kLimit; ++row)
        table.rows.push_back({ rows.text(row, "kind"), rows.text(row, "name"), cellOf(rows.number(row, "xids")),
                               cellOf(rows.number(row, "seconds")), withoutPasswords(rows.text(row, "detail")) });
    double longest = 0; // slots and standbys do not say since when
    for (std::size_t row = 0; row < rows.size(); ++row)
        longest = std::max(longest, rows.number(row, "seconds").value_or(0));
    facts.add("xmin_age", rows.number(0, "xids").value_or(0));
    facts.add("xmin_longest", longest);
    facts.add("xmin_holder", rows.isEmpty() ? std::string() : rows.text(0, "kind") + " " + rows.text(0, "name"));
    facts.add("xmin_holders", std::move(table));
}

const Query &progressQuery(int version)
{
    return version >= 140000 ? kProgress14 : kProgress13;
}

void addProgressFacts(const Rows &rows, FactWriter &facts)
{
    Table table;
    table.columns = { { "command", "" },   { "pid", "" },  { "database", "" }, { "relation", "" }, { "phase", "" },
                      { "done", "count" }, { "total", "count" }, { "unit", "" },  { "share", "ratio" }, { "age", "s" } };
    table.limit = kLimit;
    table.isTruncated = rows.size() > kLimit;
    for (std::size_t row = 0; row < rows.size() && row < kLimit; ++row) {
        const auto done = rows.number(row, "done");
        const auto total = rows.number(row, "total");
        const auto share = done && total && *total > 0 ? std::optional(std::min(1.0, *done / *total)) : std::nullopt;
        table.rows.push_back({ rows.text(row, "command"), cellOf(rows.number(row, "pid")), rows.text(row, "datname"), rows.text(row, "relation"),
                               rows.text(row, "phase"), cellOf(done), cellOf(total), rows.text(row, "unit"), cellOf(share),
                               cellOf(rows.number(row, "seconds")) });
    }
    facts.add("progress", std::move(table));
}

std::span<const std::string_view> factsOfHorizon()
{
    return kHorizonFacts;
}

std::span<const std::string_view> factsOfProgress()
{
    return kProgressFacts;
}

} // namespace muster::postgres
