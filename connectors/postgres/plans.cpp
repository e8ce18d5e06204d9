// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/plans.h"

#include "connectors/postgres/activity.h"
#include "connectors/postgres/statements.h"
#include "models/format/format.h"

#include <array>

namespace muster::postgres {

namespace {

constexpr std::array<std::string_view, 2> kFacts{ "statements_slowed", "statement_slowed_worst" };

/// Who waits for a lock or for its client is slow for another reason. Nothing but the list of sessions is read while no statement takes a second.
/// Which tables it reads is told by the locks that it holds. "believed": columns of which the last ANALYZE saw nothing but NULL.
constexpr std::string_view kSql = R"sql(/* muster plans */
with a as materialized (
  select pid, query_id, datid, usesysid, extract(epoch from clock_timestamp() - query_start) as ran from pg_stat_get_activity(null)
  where state = 'active' and backend_type = 'client backend' and pid <> pg_backend_pid() and query_id is not null
    and coalesce(wait_event_type, '') not in ('Lock', 'Client', 'Timeout') and query_start < clock_timestamp() - interval '1 second'),
g as materialized (select query_id, datid, usesysid, count(*) as sessions, max(ran) as ran, (array_agg(pid))[1:3] as pids from a group by 1, 2, 3 order by 4 desc, 5 desc limit 5),
s as materialized (
  select g.*, p.query, p.calls, p.mean from g join lateral (
    select left(query, 2000) as query, calls, $MEAN / 1000 as mean from $SCHEMA.pg_stat_statements where queryid = g.query_id and dbid = g.datid and userid = g.usesysid and calls >= 20
    order by calls desc limit 1) p on g.ran > 20 * p.mean
  order by sessions desc, ran desc limit 1),
t as materialized (
  select distinct n.nspname, c.relname, greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) as analyzed
  from s cross join lateral (select relation, database from pg_lock_status() where pid = any (s.pids) and locktype = 'relation' and granted offset 0) l
    join pg_class c on c.oid = l.relation and c.relkind in ('r', 'm', 'p') and c.oid >= 16384 join pg_namespace n on n.oid = c.relnamespace
  where l.database = (select oid from pg_database where datname = current_database()))
select s.sessions, s.ran, s.calls, s.mean, s.query,
  (select string_agg(format('%s.%s %s min ago', nspname, relname, round(extract(epoch from now() - analyzed) / 60)), ', ') from
    (select * from t where analyzed > now() - interval '1 hour' order by analyzed desc limit 3) l) as analyzed,
  (select string_agg(format('%s.%s', p.tablename, p.attname), ', ') from
    (select p.* from t join pg_stats p on p.schemaname = t.nspname and p.tablename = t.relname where p.null_frac = 1 and position(p.attname in s.query) > 0 limit 3) p) as believed
from s)sql";

void replace(std::string &text, std::string_view mark, const std::string &by)
{
    text.replace(text.find(mark), mark.size(), by);
}

/// "“select …” for up to 8 s, on average 41 ms (200 calls); the planner takes events.note for nothing but NULL; analyzed: public.events 2 min ago"
std::string wordsOf(const Rows &rows)
{
    constexpr std::size_t kShown = 100; // bytes: what follows is worth more than a statement's end
    auto query = withoutPasswords(rows.text(0, "query"));
    if (query.size() > kShown)
        query = clamp(query, kShown);
    std::string words = "“" + query + "” for up to " + format::duration(rows.number(0, "ran").value_or(0)) + ", on average "
        + format::duration(rows.number(0, "mean").value_or(0)) + " (" + rows.text(0, "calls") + " calls)";
    if (const auto believed = rows.text(0, "believed"); !believed.empty())
        words += "; the planner takes " + believed + " for nothing but NULL";
    if (const auto analyzed = rows.text(0, "analyzed"); !analyzed.empty())
        words += "; analyzed: " + analyzed;
    return words;
}

} // namespace

std::span<const std::string_view> factsOfPlans()
{
    return kFacts;
}

std::string plansSql(const Rights &rights)
{
    std::string sql(kSql);
    replace(sql, "$MEAN", meanColumn(rights));
    replace(sql, "$SCHEMA", rights.statementsSchema);
    return sql;
}

void addPlanFacts(const Rows &rows, FactWriter &facts)
{
    facts.add("statements_slowed", rows.isEmpty() ? 0.0 : rows.number(0, "sessions").value_or(0));
    facts.add("statement_slowed_worst", rows.isEmpty() ? std::string() : wordsOf(rows));
}

} // namespace muster::postgres
