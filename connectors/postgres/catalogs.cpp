// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/catalogs.h"

#include <algorithm>

namespace muster::postgres {

namespace {

constexpr std::size_t kFindingLimit = 100;

/// User indexes only (oid from 16384 on). Twins agree in table, method, keys, operator classes, collations, order, expressions and
/// predicate; the one that stays is the one that a constraint or uniqueness needs, then the older one. An index that is being built is not
/// invalid. Unused: larger than 128 pages and never read in at least 35 days of counting; a standby's reads are counted there, not here.
constexpr std::string_view kIndexesSql = R"sql(/* muster indexes */
with i as materialized (
  select x.indexrelid, x.indrelid, x.indisunique, x.indisvalid and x.indisready as is_good, x.indisreplident, c.relpages,
    x.indexprs is null and x.indpred is null and x.indnatts = x.indnkeyatts as is_plain, c.relam,
    x.indkey::text || ' ' as keys, x.indclass::text || ' ' as classes, x.indcollation::text || ' ' as collations, x.indoption::text || ' ' as options,
    concat_ws('|', x.indkey, x.indclass, x.indcollation, x.indoption, x.indnkeyatts, c.relam,
      case when x.indexprs is not null then pg_get_expr(x.indexprs, x.indrelid) end,
      '|', case when x.indpred is not null then pg_get_expr(x.indpred, x.indrelid) end) as shape
  from pg_index x join pg_class c on c.oid = x.indexrelid
  where x.indrelid >= 16384 and c.relkind = 'i'),
f as (
  select 'invalid' as kind, indrelid, indexrelid, null::oid as twin from i
  where not is_good and not exists (select from pg_stat_get_progress_info('CREATE INDEX') p where p.param7 = indexrelid::bigint)
  union all
  select 'duplicate', d.indrelid, d.indexrelid, d.twin from (
    select i.*, first_value(i.indexrelid) over w as twin, row_number() over w as n from i
      join (select indrelid, shape from i where is_good group by 1, 2 having count(*) > 1) g using (indrelid, shape)
    where is_good
    window w as (partition by indrelid, shape order by exists (select from pg_constraint k where k.conindid = i.indexrelid) desc, indisunique desc, indexrelid)) d
  where d.n > 1
  union all
  select 'unused', indrelid, indexrelid, null from i
  where relpages > 128 and is_good and not indisunique and not indisreplident and not pg_is_in_recovery() and pg_stat_get_numscans(indexrelid) = 0
    and coalesce(pg_stat_get_db_stat_reset_time((select oid from pg_database where datname = current_database())), pg_postmaster_start_time()) < now() - interval '35 days'
    and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
  union all
  select 'prefix', a.indrelid, a.indexrelid, min(b.indexrelid) from i a join i b on b.indrelid = a.indrelid and b.relam = a.relam and b.is_plain and b.is_good
      and b.keys <> a.keys and starts_with(b.keys, a.keys) and starts_with(b.classes, a.classes) and starts_with(b.collations, a.collations) and starts_with(b.options, a.options)
  where a.is_plain and a.is_good and not a.indisunique and not a.indisreplident and a.relpages > 128 and a.relam = (select oid from pg_am where amname = 'btree')
  group by 1, 2, 3),
b as (select sum(pg_stat_get_blocks_fetched(indexrelid)) as fetched, sum(pg_stat_get_blocks_hit(indexrelid)) as hit from i)
select b.*, f.kind, n.nspname || '.' || t.relname as table_name, c.relname as index_name,
  (select relname from pg_class w where w.oid = f.twin) as twin, c.relpages::bigint * current_setting('block_size')::int as size
from b left join (f join pg_class c on c.oid = f.indexrelid join pg_class t on t.oid = f.indrelid join pg_namespace n on n.oid = t.relnamespace) on true
order by array_position(array['invalid', 'duplicate', 'unused', 'prefix'], f.kind), c.relpages desc limit 101)sql";

/// Against the smallest of the sequence's end, the column's that takes it (its owner, or one whose default calls it) and the foreign keys' that
/// copy that column; a cycling sequence cannot run out. Reading a last value opens the sequence, which stays in the backend's memory: the
/// thousand with the most rows written are read, those that no column uses first.
constexpr std::string_view kSequencesSql = R"sql(/* muster sequences */
with q as materialized (
  select q.seqrelid, case when q.seqincrement > 0 then q.seqmax else q.seqmin end as bound, sign(q.seqincrement) as way, coalesce(d.refobjid, u.adrelid) as tab,
    coalesce(d.refobjsubid, u.adnum) as col, count(*) over () as all_sequences
  from pg_sequence q left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = q.seqrelid and d.refclassid = 'pg_class'::regclass
      and d.deptype in ('a', 'i') and d.refobjsubid > 0
    left join lateral (select a.adrelid, a.adnum from pg_depend e join pg_attrdef a on a.oid = e.objid
      where d.refobjid is null and e.classid = 'pg_attrdef'::regclass and e.refclassid = 'pg_class'::regclass and e.refobjid = q.seqrelid limit 1) u on true
    left join pg_class t on t.oid = coalesce(d.refobjid, u.adrelid)
  where not q.seqcycle
  order by greatest(t.reltuples, pg_stat_get_tuples_inserted(t.oid)) desc nulls first limit 1000),
p as materialized (select q.*, has_sequence_privilege(seqrelid, 'select, usage') as is_visible
  from q join pg_class k on k.oid = q.seqrelid where not pg_is_other_temp_schema(k.relnamespace)),
w as (
  select seqrelid, tab, col, false as is_copy from p where tab is not null
  union all
  select p.seqrelid, k.conrelid, k.conkey[1], true from p join pg_constraint k on k.confrelid = p.tab and k.contype = 'f' and k.confkey = array[p.col]::int2[]),
e as materialized (
  select distinct on (seqrelid) w.seqrelid, w.tab, case a.atttypid when 'int2'::regtype then 32767 else 2147483647 end as room, a.attname, format_type(a.atttypid, null) as type
  from w join pg_attribute a on a.attrelid = w.tab and a.attnum = w.col and a.atttypid in ('int2'::regtype, 'int4'::regtype)
  order by seqrelid, room, is_copy),
s as materialized (
  select p.*, case when is_visible then pg_sequence_last_value(p.seqrelid) end as last,
    case when way > 0 then least(bound, e.room) else greatest(bound, -1 - e.room::bigint) end::numeric as top, e.tab as small_tab, e.attname, e.type
  from p left join e using (seqrelid))
select t.*, n.nspname || '.' || c.relname as worst, w.last as worst_last, w.top as worst_top, w.type,
  (select m.nspname || '.' || k.relname || coalesce('.' || w.attname, '') from pg_class k join pg_namespace m on m.oid = k.relnamespace where k.oid = coalesce(w.small_tab, w.tab)) as column_name,
  (select case when k.reltuples > 0 then k.reltuples else pg_stat_get_live_tuples(k.oid) end from pg_class k where k.oid = coalesce(w.small_tab, w.tab)) as table_rows
from (select count(*) filter (where not is_visible) as hidden, count(*) as checked, coalesce(max(all_sequences), 0) as all_sequences, greatest(coalesce(max(last / top), 0), 0) as used from s) t
  left join (select * from s where last is not null order by last / top desc limit 1) w on true
  left join pg_class c on c.oid = w.seqrelid left join pg_namespace n on n.oid = c.relnamespace)sql";

} // namespace

std::string indexesSql(int)
{
    return std::string(kIndexesSql);
}

std::vector<IndexFinding> parseIndexes(const Rows &rows)
{
    std::vector<IndexFinding> findings;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!rows.cell(row, "kind"))
            continue;
        findings.push_back({ rows.text(row, "kind"), rows.text(row, "table_name"), rows.text(row, "index_name"), rows.text(row, "twin"),
                             rows.number(row, "size").value_or(0) });
    }
    return findings;
}

void addIndexFacts(const std::vector<IndexFinding> &findings, FactWriter &facts)
{
    Table table;
    table.columns = { { "kind", "" }, { "table", "" }, { "index", "" }, { "twin", "" }, { "size", "B" } };
    table.limit = kFindingLimit;
    table.isTruncated = findings.size() > kFindingLimit;
    for (const auto &finding : findings) {
        if (table.rows.size() == kFindingLimit)
            break;
        table.rows.push_back({ finding.kind, finding.table, finding.index, finding.twin, finding.size });
    }
    std::string worst;
    if (!findings.empty()) {
        const auto &first = findings.front();
        worst = first.table + ": "
            + (first.kind == "invalid"      ? "invalid index " + first.index
                   : first.kind == "unused" ? first.index + " is never read"
                                            : first.index + (first.kind == "prefix" ? " is a part of " : " repeats ") + first.twin);
    }
    facts.add("indexes_invalid", static_cast<double>(std::ranges::count(findings, "invalid", &IndexFinding::kind)));
    facts.add("indexes_duplicate", static_cast<double>(std::ranges::count(findings, "duplicate", &IndexFinding::kind)));
    facts.add("indexes_unused", static_cast<double>(std::ranges::count(findings, "unused", &IndexFinding::kind)));
    facts.add("index_worst", worst);
    facts.add("index_findings", table);
}

IndexBlocks parseIndexBlocks(const Rows &rows)
{
    return { rows.number(0, "fetched").value_or(0), rows.number(0, "hit").value_or(0) };
}

void addIndexHits(const std::optional<IndexBlocks> &before, const IndexBlocks &now, FactWriter &facts)
{
    constexpr double kEnough = 1000;
    const double fetched = before ? now.fetched - before->fetched : 0;
    if (!before || fetched < 0)
        facts.unknown("index_hit_ratio", "a rate needs two samples of the same server life");
    else if (fetched < kEnough)
        facts.unknown("index_hit_ratio", "no traffic: " + std::to_string(static_cast<long long>(fetched)) + " blocks of indexes");
    else
        facts.add("index_hit_ratio", (now.hit - before->hit) / fetched);
}

namespace {

/// "2040109465 of 2147483647; integer public.events.id, about 5000 rows": a purged table hides how far its key has come.
std::string detailOfSequence(const Rows &rows)
{
    std::string words = rows.text(0, "worst_last") + " of " + rows.text(0, "worst_top");
    if (const auto column = rows.text(0, "column_name"); !column.empty())
        words += "; " + (rows.text(0, "type").empty() ? "table" : rows.text(0, "type")) + " " + column;
    if (const auto count = rows.number(0, "table_rows"))
        words += ", about " + std::to_string(static_cast<long long>(*count)) + " rows";
    return words;
}

} // namespace

std::string sequencesSql(int)
{
    return std::string(kSequencesSql);
}

void addSequenceFacts(const Rows &rows, const Context &context, FactWriter &facts)
{
    const double hidden = rows.number(0, "hidden").value_or(0);
    const double used = rows.number(0, "used").value_or(0);
    constexpr double kAlarming = 0.8; // a visible one that is nearly used up is news, whatever is hidden
    if (hidden > 0 && used < kAlarming) {
        const std::string reason = std::to_string(static_cast<long>(hidden)) + " of " + rows.text(0, "checked")
            + " sequences hide their last value from this role";
        const auto hint =
            context.version() >= 140000 ? context.grant("pg_read_all_data") : context.grant("SELECT ON ALL SEQUENCES IN SCHEMA public");
        for (const auto *name : { "sequence_used_ratio", "sequence_worst", "sequence_detail" })
            facts.unknown(name, reason, hint);
        return;
    }
    const auto worst = rows.text(0, "worst");
    facts.add("sequence_used_ratio", used,
              worst.empty() ? "no sequence was used yet"
                            : worst + ": " + rows.text(0, "worst_last") + " of " + rows.text(0, "worst_top") + "; "
                      + rows.text(0, "checked") + " of " + rows.text(0, "all_sequences") + " sequences read");
    facts.add("sequence_worst", worst);
    facts.add("sequence_detail", worst.empty() ? std::string() : detailOfSequence(rows));
}

std::string sizeSql(int)
{
    return "/* muster size */ select pg_database_size(current_database()) as size";
}

std::string walSql(int)
{
    return "/* muster wal */ select sum(size) as size, sum(size) / (pg_size_bytes(current_setting('max_wal_size')) + "
           "pg_size_bytes(current_setting('wal_keep_size'))) as ratio "
           "from pg_ls_waldir()";
}

void addWalFacts(const Rows &rows, FactWriter &facts)
{
    facts.addNumber("wal_size", rows.number(0, "size"), "the server listed no WAL");
    facts.addNumber("wal_size_ratio", rows.number(0, "ratio"), "the server listed no WAL");
}

} // namespace muster::postgres
