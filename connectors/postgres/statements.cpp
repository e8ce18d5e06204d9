// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/statements.h"

#include "connectors/postgres/activity.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace muster::postgres {

namespace {

constexpr std::size_t kShown = 20;

// "1.10" → 110 for comparison
int extensionNumber(const std::string &version)
{
    int major = 0;
    int minor = 0;
    const char *end = version.data() + version.size();
    const auto [dot, error] = std::from_chars(version.data(), end, major);
    if (error == std::errc() && dot != end)
        std::from_chars(dot + 1, end, minor);
    return major * 100 + minor;
}

Table statementTable(const std::vector<Statement> &statements)
{
    Table table;
    table.columns = { { "query", "" }, { "user", "" },   { "database", "" }, { "calls", "count" },
                      { "mean", "s" }, { "total", "s" }, { "rows", "count" } };
    table.limit = kShown;
    table.isTruncated = statements.size() > kShown;
    for (const auto &s : statements) {
        if (table.rows.size() == kShown)
            break;
        table.rows.push_back({ s.query, s.user, s.database, s.calls, s.calls > 0 ? s.total / s.calls : 0.0, s.total, s.rows });
    }
    return table;
}

} // namespace

std::string meanColumn(const Rights &rights)
{
    return extensionNumber(rights.statementsVersion) >= 108 ? "mean_exec_time" : "mean_time";
}

std::string statementsSql(int, const Rights &rights)
{
    const bool hasPlanTimes = extensionNumber(rights.statementsVersion) >= 108;
    const std::string total = hasPlanTimes ? "total_exec_time" : "total_time";
    const std::string mean = meanColumn(rights);
    // The slowest and the most expensive ones: what is neither cannot be the worst of the window.
    return "/* muster statements */ with s as materialized (select userid, dbid, queryid, query, calls, " + total + " as total, " + mean
        + " as mean, rows from " + rights.statementsSchema
        + ".pg_stat_statements where queryid is not null and query not like '/* muster%'), "
          "p as (select * from (select * from s where calls >= 50 order by mean desc limit 100) a union select * from (select * from s "
          "order by total desc limit 100) b) "
          "select userid || '/' || dbid || '/' || queryid as key, pg_get_userbyid(userid) as usr, (select datname from pg_database d where "
          "d.oid = dbid) as database, "
          "left(query, 500) as query, calls, total / 1000 as total, rows from p";
}

StatementSample parseStatements(const Rows &rows, std::string life)
{
    StatementSample sample;
    sample.life = std::move(life);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto key = rows.text(row, "key");
        Statement &entry = sample.statements[key];
        entry.key = key;
        entry.user = rows.text(row, "usr");
        entry.database = rows.text(row, "database");
        entry.query = withoutPasswords(rows.text(row, "query"));
        entry.calls += rows.number(row, "calls").value_or(0); // one entry nested and one at top level share the key
        entry.total += rows.number(row, "total").value_or(0);
        entry.rows += rows.number(row, "rows").value_or(0);
    }
    return sample;
}

std::vector<Statement> statementsBetween(const StatementSample &before, const StatementSample &now)
{
    std::vector<Statement> result;
    for (const auto &[key, entry] : now.statements) {
        Statement delta = entry;
        const auto then = before.statements.find(key);
        if (before.life == now.life && then != before.statements.end() && then->second.calls <= entry.calls
            && then->second.total <= entry.total) {
            delta.calls -= then->second.calls;
            delta.total -= then->second.total;
            delta.rows -= then->second.rows;
        }
        if (delta.calls > 0)
            result.push_back(std::move(delta));
    }
    std::ranges::sort(result, std::greater(), &Statement::total);
    return result;
}

void addStatementFacts(const std::vector<Statement> &window, const std::string &windowText, FactWriter &facts)
{
    const Statement *worst = nullptr;
    for (const auto &s : window) {
        if (s.calls >= kMinCalls && (!worst || s.total / s.calls > worst->total / worst->calls))
            worst = &s;
    }
    facts.add("statements_available", true);
    facts.add("slow_statements", statementTable(window), windowText);
    if (worst)
        facts.add("statement_mean_worst", worst->total / worst->calls, windowText + ": " + worst->query);
    else
        facts.unknown("statement_mean_worst",
                      "no traffic: no statement ran " + std::to_string(static_cast<int>(kMinCalls)) + " times " + windowText);
}

} // namespace muster::postgres
