// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/tables.h"

#include <algorithm>
#include <array>

namespace muster::postgres {

namespace {

constexpr std::size_t kLimit = 100;

constexpr std::array<std::string_view, 9> kTableFacts{ "dead_tuple_ratio",      "dead_tuple_table",       "tables_overdue",
                                                       "table_overdue_worst",   "tables_autovacuum_off",  "tables_read_in_full",
                                                       "vacuums_kept_away",     "vacuum_kept_away_worst", "table_findings" };
constexpr std::array<std::string_view, 4> kBloatFacts{ "bloat_ratio", "bloat_bytes", "bloat_table", "bloat_findings" };

/// One pass over pg_class; counters are read only of tables that can matter. A table's own options replace the settings. "kept away": a lock
/// that conflicts with VACUUM, held for a minute or longer on a table that is due.
constexpr std::string_view kTablesSql = R"sql(/* muster tables */
with t as materialized (
  select oid, relname, relnamespace, relpages, greatest(reltuples, 0) as reltuples, reloptions, pg_stat_get_dead_tuples(oid) as dead,
    case when relpages > 1000 then pg_stat_get_numscans(oid) end as scans
  from pg_class where relkind in ('r', 'm', 't') and oid >= 16384),
o as materialized (
  select t.*, pg_stat_get_live_tuples(t.oid) as live, greatest(pg_stat_get_last_vacuum_time(t.oid), pg_stat_get_last_autovacuum_time(t.oid)) as vacuumed,
    coalesce((select option_value::float8 from pg_options_to_table(reloptions) where option_name = 'autovacuum_vacuum_threshold'),
             current_setting('autovacuum_vacuum_threshold')::float8)
    + coalesce((select option_value::float8 from pg_options_to_table(reloptions) where option_name = 'autovacuum_vacuum_scale_factor'),
             current_setting('autovacuum_vacuum_scale_factor')::float8) * reltuples as due
  from t where dead > 1000),
d as materialized (select o.*, dead > least(due, $CAP) and dead > 1000 as is_due from o),
k as (
  select d.oid, l.pid from d join pg_locks l on l.relation = d.oid and l.locktype = 'relation' and l.granted
    and l.mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    join lateral pg_stat_get_activity(l.pid) a on a.backend_type = 'client backend' and a.xact_start < now() - interval '1 minute'
  where d.is_due and l.database = (select oid from pg_database where datname = current_database())),
f as (
  select 'dead rows' as kind, oid, dead::float8 as number, dead / (dead + live + 1.0)::float8 as share, null::text as note from d
    where dead > 10000
  union all
  select 'vacuum overdue', oid, dead, dead / (dead + live + 1.0), case when vacuumed is null then 'never vacuumed' else 'last vacuum ' || to_char(vacuumed, 'YYYY-MM-DD HH24:MI') end
    from d where is_due and coalesce(vacuumed, coalesce(pg_stat_get_db_stat_reset_time((select oid from pg_database where datname = current_database())), pg_postmaster_start_time())) < now() - interval '24 hours'
  union all
  select 'vacuum kept away', k.oid, null, null, 'by pid ' || k.pid || coalesce(' (' || pg_get_userbyid(a.usesysid) || ', ' || a.state || ')', '')
    from k join lateral pg_stat_get_activity(k.pid) a on true
  union all
  select 'autovacuum off', oid, null, null, null from pg_class c where oid >= 16384 and reloptions is not null and relkind in ('r', 'm', 't')
    and exists (select from pg_options_to_table(reloptions) where option_name = 'autovacuum_enabled' and option_value in ('off', 'false', 'no', '0'))
  union all
  select 'read in full', t.oid, r.seq_rows / t.scans, t.scans / (t.scans + r.idx + 0.0), t.scans || ' sequential scans'
    from t join lateral (select pg_stat_get_tuples_returned(t.oid) as seq_rows, (select coalesce(sum(pg_stat_get_numscans(indexrelid)), 0) from pg_index where indrelid = t.oid) as idx) r on true
    where t.scans >= 50 and t.reltuples >= 10000 and r.seq_rows / t.scans > 10000 and t.scans > 0.05 * (t.scans + r.idx))
select f.kind, n.nspname || '.' || c.relname as table_name, f.number, f.share, f.note, c.relpages::bigint * current_setting('block_size')::int as size,
  d.dead, d.live, count(*) over (partition by f.kind) as of_kind
from f join pg_class c on c.oid = f.oid join pg_namespace n on n.oid = c.relnamespace left join d on d.oid = f.oid
order by array_position(array['vacuum kept away', 'dead rows', 'vacuum overdue', 'read in full', 'autovacuum off'], f.kind), f.share desc nulls last, f.number desc nulls last
limit 101)sql";

/// After https://github.com/ioguix/pgsql-bloat-estimation: width of a row from pg_stats, aligned to 8, fill factor respected.
constexpr std::string_view kBloatSql = R"sql(/* muster bloat */
with c as materialized (
  select c.oid, n.nspname, c.relname, c.relpages, c.reltuples,
    coalesce((select option_value::float8 from pg_options_to_table(c.reloptions) where option_name = 'fillfactor'), 100) / 100 as filled
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm') and c.oid >= 16384 and c.relpages > 1000
  order by c.relpages desc limit 30)
select c.nspname || '.' || c.relname as table_name, c.relpages::float8 * current_setting('block_size')::int as size, has_any_column_privilege(c.oid, 'select') as is_visible,
  c.reltuples > 0 and s.known > 0 and pg_stat_get_mod_since_analyze(c.oid) <= 0.1 * c.reltuples as is_fresh,
  greatest(0, c.relpages - ceil(c.reltuples * (4 + 8 * ceil((24 + case when s.nulls > 0 then s.known / 8 + 1 else 0 end + s.width) / 8))
    / ((current_setting('block_size')::int - 24) * c.filled))) * current_setting('block_size')::int as wasted
from c left join lateral (select count(*) as known, coalesce(sum((1 - null_frac) * avg_width), 0) as width, coalesce(max(null_frac), 0) as nulls
  from pg_stats s where s.schemaname = c.nspname and s.tablename = c.relname and not s.inherited) s on true
order by wasted desc nulls last)sql";

std::optional<std::size_t> firstOf(const Rows &rows, std::string_view kind)
{
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows.text(row, "kind") == kind)
            return row;
    }
    return std::nullopt;
}

double countOf(const Rows &rows, std::string_view kind)
{
    const auto row = firstOf(rows, kind);
    return row ? rows.number(*row, "of_kind").value_or(0) : 0;
}

std::string worstOf(const Rows &rows, std::string_view kind)
{
    const auto row = firstOf(rows, kind);
    if (!row)
        return {};
    const auto note = rows.text(*row, "note");
    return rows.text(*row, "table_name") + (note.empty() ? "" : " (" + note + ")");
}

Cell cellOf(std::optional<double> number)
{
    return number ? Cell(*number) : Cell();
}

void addDeadRows(const Rows &rows, FactWriter &facts)
{
    const auto row = firstOf(rows, "dead rows");
    if (!row) {
        facts.add("dead_tuple_ratio", 0.0, "no table has more than 10000 dead rows");
        facts.add("dead_tuple_table", std::string());
        return;
    }
    const double dead = rows.number(*row, "dead").value_or(0);
    const double live = rows.number(*row, "live").value_or(0);
    facts.add("dead_tuple_ratio", dead / std::max(1.0, dead + live),
              std::to_string(static_cast<long long>(dead)) + " dead, " + std::to_string(static_cast<long long>(live)) + " live rows");
    facts.add("dead_tuple_table", rows.text(*row, "table_name"));
}

/// Why the largest tables cannot be judged, or "".
std::string withheld(const Rows &rows, bool &isHidden)
{
    std::size_t hidden = 0;
    std::size_t old = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!rows.truth(row, "is_visible").value_or(false))
            ++hidden;
        else if (!rows.truth(row, "is_fresh").value_or(false))
            ++old;
    }
    isHidden = hidden > 0;
    if (hidden > 0)
        return "statistics of " + std::to_string(hidden) + " of the largest tables are hidden from this role";
    if (old == rows.size() && old > 0)
        return "statistics of the largest tables are missing or old: an estimate would mislead; run ANALYZE";
    return {};
}

} // namespace

std::string tablesSql(int version)
{
    std::string sql(kTablesSql);
    constexpr std::string_view kPlace = "$CAP";
    sql.replace(sql.find(kPlace), kPlace.size(),
                version >= 180000 ? "coalesce(nullif(current_setting('autovacuum_vacuum_max_threshold')::float8, -1), due)" : "due");
    return sql;
}

void addTableFacts(const Rows &rows, FactWriter &facts)
{
    Table table;
    table.columns = { { "kind", "" }, { "table", "" }, { "number", "count" }, { "share", "ratio" }, { "size", "B" }, { "note", "" } };
    table.limit = kLimit;
    table.isTruncated = rows.size() > kLimit;
    for (std::size_t row = 0; row < rows.size() && row < kLimit; ++row)
        table.rows.push_back({ rows.text(row, "kind"), rows.text(row, "table_name"), cellOf(rows.number(row, "number")),
                               cellOf(rows.number(row, "share")), cellOf(rows.number(row, "size")), rows.text(row, "note") });
    addDeadRows(rows, facts);
    facts.add("tables_overdue", countOf(rows, "vacuum overdue"));
    facts.add("table_overdue_worst", worstOf(rows, "vacuum overdue"));
    facts.add("tables_autovacuum_off", countOf(rows, "autovacuum off"), worstOf(rows, "autovacuum off"));
    facts.add("tables_read_in_full", countOf(rows, "read in full"), worstOf(rows, "read in full"));
    facts.add("vacuums_kept_away", countOf(rows, "vacuum kept away"));
    facts.add("vacuum_kept_away_worst", worstOf(rows, "vacuum kept away"));
    facts.add("table_findings", std::move(table));
}

std::span<const std::string_view> factsOfTables()
{
    return kTableFacts;
}

std::string bloatSql(int)
{
    return std::string(kBloatSql);
}

void addBloatFacts(const Rows &rows, const Context &context, FactWriter &facts)
{
    bool isHidden = false;
    if (const auto reason = withheld(rows, isHidden); !reason.empty()) {
        const auto hint = !isHidden ? std::string("ANALYZE;")
            : context.version() >= 140000 ? context.grant("pg_read_all_data") : context.grant("SELECT ON ALL TABLES IN SCHEMA public");
        facts.unknownAll(kBloatFacts, reason, hint);
        return;
    }
    Table table;
    table.columns = { { "table", "" }, { "size", "B" }, { "wasted", "B" }, { "share", "ratio" } };
    table.limit = 30;
    double share = 0;
    double bytes = 0;
    std::string worst;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!rows.truth(row, "is_fresh").value_or(false))
            continue;
        const double size = rows.number(row, "size").value_or(0);
        const double wasted = rows.number(row, "wasted").value_or(0);
        const double of = size > 0 ? wasted / size : 0;
        table.rows.push_back({ rows.text(row, "table_name"), size, wasted, of });
        if (wasted > bytes) {
            bytes = wasted;
            share = of;
            worst = rows.text(row, "table_name");
        }
    }
    const std::string raw = rows.isEmpty() ? "no table is larger than 1000 pages" : "an estimate from the planner's statistics";
    facts.add("bloat_ratio", share, raw);
    facts.add("bloat_bytes", bytes, raw);
    facts.add("bloat_table", worst);
    facts.add("bloat_findings", std::move(table));
}

std::span<const std::string_view> factsOfBloat()
{
    return kBloatFacts;
}

} // namespace muster::postgres
