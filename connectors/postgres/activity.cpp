// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/activity.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <set>

namespace muster::postgres {

namespace {

/// pg_blocking_pids() stops the whole lock table for a moment, so that only the 300 longest waiters are asked about.
/// One call of pg_stat_get_activity() gives sessions, TLS and totals; the views would call it once each. pg_locks is read only while
/// somebody waits.
constexpr std::string_view kSql = R"sql(/* muster activity */
with a as materialized (
  select pid, datid, usesysid, left(application_name, 64) as application, state, backend_type, wait_event_type, wait_event,
         xact_start, query_start, state_change, client_addr, ssl, query,
         backend_type = 'client backend' as is_client,
         application_name in ('pg_dump', 'pg_dumpall', 'pg_restore', 'pg_basebackup') or application_name like 'pgBackRest%'
           or application_name like 'barman%' or application_name like 'muster %' as is_tool
  from pg_stat_get_activity(null)),
l as materialized (select pid, pg_blocking_pids(pid) as by from (select * from a where wait_event_type = 'Lock' order by query_start limit 300) w),
b as materialized (select distinct unnest(by) as pid from l),
$WAITS
t as (select
  count(*) filter (where backend_type is null) as hidden,
  count(*) filter (where is_client or (backend_type is null and datid is not null and usesysid is not null)) as clients,
  count(*) filter (where is_client and state = 'active') as active,
  count(*) filter (where is_client and state = 'idle') as idle,
  count(*) filter (where is_client and state = 'idle in transaction') as idle_in_transaction,
  count(*) filter (where is_client and state = 'idle in transaction (aborted)') as idle_in_transaction_aborted,
  count(*) filter (where is_client and state not in ('active', 'idle', 'idle in transaction', 'idle in transaction (aborted)')) as other,
  count(*) filter (where (is_client or backend_type = 'walsender') and ssl is false and client_addr is not null
                   and not client_addr <<= '127.0.0.0/8'::inet and client_addr <> '::1'::inet) as plaintext,
  coalesce(max(extract(epoch from now() - state_change)) filter (where is_client and state like 'idle in transaction%'), 0) as idle_longest,
  coalesce(max(extract(epoch from now() - xact_start)) filter (where is_client and not is_tool), 0) as transaction_longest,
  coalesce(max(extract(epoch from now() - query_start)) filter (where is_client and not is_tool and state = 'active'), 0) as query_longest,
  count(*) filter (where wait_event_type = 'Lock') - (select count(*) from l where cardinality(by) = 0) as blocked,
  coalesce(max(extract(epoch from clock_timestamp() - query_start)) filter (where wait_event_type = 'Lock'), 0) as blocked_longest,
  case when exists (select from b where b.pid = 0) then (select gid || ' of ' || pg_get_userbyid(ownerid) from pg_prepared_xact() order by prepared limit 1) end as oldest_prepared
  from a)
select t.*, s.*
from t left join lateral (
  select a.pid, pg_get_userbyid(a.usesysid) as usr, (select datname from pg_database d where d.oid = a.datid) as database, a.application,
    host(a.client_addr) as client, a.backend_type as type, a.state, nullif(concat_ws(': ', a.wait_event_type, a.wait_event), '') as wait,
    extract(epoch from now() - a.xact_start) as transaction_age,
    case when a.state = 'active' then extract(epoch from now() - a.query_start) end as query_age,
    extract(epoch from now() - a.state_change) as state_age,
    case when l.pid is not null then extract(epoch from clock_timestamp() - $SINCE) end as wait_age,
    array_to_string(l.by, ',') as blocked_by, left(a.query, case when a.state = 'idle' then 120 else 500 end) as query
  from a left join l on l.pid = a.pid
  where a.is_client or a.pid in (select pid from b)
  order by (a.pid in (select pid from b)) desc, (l.pid is not null) desc, a.xact_start nulls last, a.state_change desc nulls last
  limit 5001) s on true
)sql";

void replaceAll(std::string &text, std::string_view from, std::string_view to)
{
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// "4711,4712" and "0" for a prepared transaction
std::vector<int> parsePids(std::string_view text)
{
    std::vector<int> pids;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const auto part = text.substr(0, comma);
        int pid = 0;
        if (const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), pid); error == std::errc())
            pids.push_back(pid);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return pids;
}

ActivitySession parseSession(const Rows &rows, std::size_t row)
{
    ActivitySession session;
    session.pid = static_cast<int>(rows.number(row, "pid").value_or(0));
    session.user = rows.text(row, "usr");
    session.database = rows.text(row, "database");
    session.application = rows.text(row, "application");
    session.client = rows.text(row, "client");
    session.type = rows.text(row, "type");
    session.state = rows.text(row, "state");
    session.wait = rows.text(row, "wait");
    session.transactionAge = rows.number(row, "transaction_age");
    session.queryAge = rows.number(row, "query_age");
    session.stateAge = rows.number(row, "state_age");
    session.waitAge = rows.number(row, "wait_age");
    session.blockedBy = parsePids(rows.text(row, "blocked_by"));
    session.query = withoutPasswords(rows.text(row, "query"));
    return session;
}

void markRoots(std::vector<ActivitySession> &sessions)
{
    std::set<int> blockers;
    for (const auto &session : sessions)
        blockers.insert(session.blockedBy.begin(), session.blockedBy.end());
    for (auto &session : sessions)
        session.isRoot = blockers.contains(session.pid) && session.blockedBy.empty();
}

/// How many wait for `pid`, directly or through others.
std::size_t waitersOf(int pid, const std::vector<ActivitySession> &sessions)
{
    std::set<int> reached{ pid };
    for (bool isGrowing = true; isGrowing;) {
        isGrowing = false;
        for (const auto &session : sessions) {
            if (!reached.contains(session.pid) && std::ranges::any_of(session.blockedBy, [&](int by) { return reached.contains(by); }))
                isGrowing = reached.insert(session.pid).second;
        }
    }
    return reached.size() - 1;
}

std::string describeRoot(const ActivitySession &root, std::size_t waiters)
{
    // The server's own processes have no user and no state.
    const bool isClient = root.type.empty() || root.type == "client backend";
    std::string text = "pid " + std::to_string(root.pid) + " (" + (isClient ? root.user : root.type)
        + (root.application.empty() ? "" : ", " + root.application) + ")" + (root.state.empty() ? "" : " " + root.state);
    if (const auto age = root.state == "active" ? root.queryAge : root.stateAge)
        text += " for " + wholeSeconds(*age);
    return text + " blocks " + std::to_string(waiters) + (waiters == 1 ? " session: " : " sessions: ") + root.query;
}

std::string worstBlocker(const Activity &activity)
{
    const auto &sessions = activity.sessions;
    std::string worst;
    std::size_t most = 0;
    for (const auto &session : sessions) {
        if (!session.isRoot)
            continue;
        if (const auto waiters = waitersOf(session.pid, sessions); waiters > most) {
            most = waiters;
            worst = describeRoot(session, waiters);
        }
    }
    if (const auto waiters = waitersOf(0, sessions); waiters > most)
        worst = "a prepared transaction" + (activity.oldestPrepared.empty() ? std::string() : " (the oldest: " + activity.oldestPrepared + ")")
            + " blocks " + std::to_string(waiters) + (waiters == 1 ? " session: " : " sessions: ")
            + "see pg_prepared_xacts, then COMMIT PREPARED or ROLLBACK PREPARED";
    return worst;
}

Cell cellOf(std::optional<double> number)
{
    return number ? Cell(*number) : Cell();
}

Table sessionTable(const Activity &activity)
{
    Table table;
    table.columns = { { "pid", "" },        { "user", "" },       { "database", "" }, { "application", "" },
                      { "client", "" },     { "state", "" },      { "wait", "" },     { "transaction_age", "s" },
                      { "query_age", "s" }, { "blocked_by", "" }, { "is_root", "" },  { "query", "" },
                      { "type", "" },       { "wait_age", "s" } };
    table.limit = Activity::kSessionLimit;
    table.isTruncated = activity.isTruncated;
    for (const auto &s : activity.sessions) {
        std::string by;
        for (const int pid : s.blockedBy)
            by += (by.empty() ? "" : ", ") + std::to_string(pid);
        table.rows.push_back({ static_cast<double>(s.pid), s.user, s.database, s.application, s.client, s.state, s.wait,
                               cellOf(s.transactionAge), cellOf(s.queryAge), by, s.isRoot, s.query, s.type,
                               cellOf(s.waitAge) });
    }
    return table;
}

void addBlockedFacts(const Activity &activity, FactWriter &facts)
{
    // The list knows since when exactly; beyond its limit the start of the statement has to do.
    double listed = 0;
    double longest = 0;
    for (const auto &session : activity.sessions) {
        if (session.blockedBy.empty())
            continue;
        ++listed;
        longest = std::max(longest, session.waitAge.value_or(0));
    }
    facts.add("blocked_count", std::max(listed, activity.blocked));
    facts.add("blocked_longest", activity.blocked > 0 && longest == 0 ? activity.blockedLongest : longest);
    facts.add("blocker_worst", worstBlocker(activity));
}

} // namespace

std::string withoutPasswords(std::string query)
{
    std::string lower = query;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool hasPassword = lower.find("password") != std::string::npos && lower.find('\'') != std::string::npos;
    return hasPassword ? "(not shown: it carries a password)" : query;
}

std::string activitySql(int version)
{
    std::string sql(kSql);
    const bool hasWaitStart = version >= 140000;
    replaceAll(sql, "$WAITS",
               hasWaitStart ? "w as materialized (select pid, min(waitstart) as since from pg_locks where not granted group by pid)," : "");
    replaceAll(sql, "$SINCE", hasWaitStart ? "coalesce((select since from w where w.pid = a.pid), a.query_start)" : "a.query_start");
    return sql;
}

Activity parseActivity(const Rows &rows)
{
    Activity activity;
    const auto total = [&rows](std::string_view name) { return rows.number(0, name).value_or(0); };
    activity.hidden = total("hidden");
    activity.clients = total("clients");
    for (const auto *state : { "active", "idle", "idle_in_transaction", "idle_in_transaction_aborted", "other" })
        activity.states.emplace_back(state, total(state));
    activity.plaintextClients = total("plaintext");
    activity.idleInTransaction = total("idle_in_transaction") + total("idle_in_transaction_aborted");
    activity.idleInTransactionLongest = total("idle_longest");
    activity.transactionLongest = total("transaction_longest");
    activity.queryLongest = total("query_longest");
    activity.blocked = total("blocked");
    activity.blockedLongest = total("blocked_longest");
    activity.oldestPrepared = rows.text(0, "oldest_prepared");
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!rows.cell(row, "pid"))
            continue;
        if (activity.sessions.size() == Activity::kSessionLimit) {
            activity.isTruncated = true;
            break;
        }
        activity.sessions.push_back(parseSession(rows, row));
    }
    markRoots(activity.sessions);
    return activity;
}

void addActivityFacts(const Activity &activity, const Context &context, FactWriter &facts)
{
    // The database and user columns of foreign rows stay visible, so that the number of connections is known to every role.
    facts.add("connections_used", activity.clients);
    static constexpr std::array<std::string_view, 9> kNeedsMonitor{ "connections_table",
                                                                    "sessions",
                                                                    "plaintext_clients",
                                                                    "idle_in_transaction_count",
                                                                    "idle_in_transaction_longest",
                                                                    "transaction_longest",
                                                                    "query_longest",
                                                                    "blocked_count",
                                                                    "blocked_longest" };
    if (activity.hidden > 0) {
        const std::string reason = "this role may not see other users' sessions";
        facts.unknownAll(kNeedsMonitor, reason, context.grant("pg_monitor"));
        facts.unknown("blocker_worst", reason, context.grant("pg_monitor"));
        return;
    }
    Table states;
    states.columns = { { "state", "" }, { "count", "count" } };
    for (const auto &[state, count] : activity.states)
        states.rows.push_back({ state, count });
    states.limit = states.rows.size();
    facts.add("connections_table", states);
    facts.add("sessions", sessionTable(activity));
    facts.add("plaintext_clients", activity.plaintextClients);
    facts.add("idle_in_transaction_count", activity.idleInTransaction);
    facts.add("idle_in_transaction_longest", activity.idleInTransactionLongest);
    facts.add("transaction_longest", activity.transactionLongest);
    facts.add("query_longest", activity.queryLongest);
    addBlockedFacts(activity, facts);
}

} // namespace muster::postgres
