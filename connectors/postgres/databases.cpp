// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/databases.h"

#include "models/format/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace muster::postgres {

namespace {

constexpr std::string_view kSql = R"sql(/* muster databases */
select s.datid, s.datname, s.xact_commit, s.xact_rollback, s.blks_read, s.blks_hit, s.temp_bytes, s.deadlocks, s.checksum_failures,
  to_char(s.checksum_last_failure at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' as checksum_last,
  d.datallowconn and not d.datistemplate and d.datname not in (current_database(), 'postgres') and has_database_privilege(d.oid, 'connect') as is_other,
  extract(epoch from s.stats_reset) as reset, age(d.datfrozenxid) as xid_age, mxid_age(d.datminmxid) as mxid_age
from pg_stat_database s left join pg_database d on d.oid = s.datid)sql";

constexpr double kXidSpan = 2147483648.0; // 2^31: half the circle of transaction ids

bool isSameLife(const DatabaseCounters &before, const DatabaseCounters &after)
{
    return before.reset == after.reset && after.commits >= before.commits && after.rollbacks >= before.rollbacks
        && after.blocksHit >= before.blocksHit && after.blocksRead >= before.blocksRead && after.tempBytes >= before.tempBytes
        && after.deadlocks >= before.deadlocks;
}

std::string countText(double number)
{
    return std::to_string(std::llround(number));
}

/// "crm, orders and 3 more"
std::string firstOf(const std::vector<std::string> &names)
{
    constexpr std::size_t kNamed = 3;
    std::string words;
    for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i)
        words += (i > 0 ? ", " : "") + names[i];
    return names.size() > kNamed ? words + " and " + std::to_string(names.size() - kNamed) + " more" : words;
}

void addRates(const DatabaseDelta &delta, FactWriter &facts)
{
    const std::string window = "in " + wholeSeconds(delta.seconds);
    const double blocks = delta.blocksHit + delta.blocksRead;
    if (blocks < kMinBlocks)
        facts.unknown("cache_hit_ratio", "no traffic: " + format::counted(std::round(blocks), "block", "blocks") + ' ' + window);
    else
        facts.add("cache_hit_ratio", delta.blocksHit / blocks,
                  countText(delta.blocksHit) + " hits, " + countText(delta.blocksRead) + " reads " + window + ", all databases");
    const double transactions = delta.commits + delta.rollbacks;
    if (transactions < kMinTransactions)
        facts.notApplicable("rollback_ratio", "too few for a share: " + countText(delta.rollbacks) + " of " + countText(transactions) + " transactions " + window);
    else
        facts.add("rollback_ratio", delta.rollbacks / transactions,
                  countText(delta.rollbacks) + " of " + countText(transactions) + " transactions " + window);
    facts.add("commits_rate", delta.commits / delta.seconds);
    facts.add("rollbacks_rate", delta.rollbacks / delta.seconds, format::counted(std::round(delta.rollbacks), "rollback", "rollbacks") + ' ' + window);
    facts.add("deadlocks_rate", delta.deadlocks / delta.seconds, format::counted(std::round(delta.deadlocks), "deadlock", "deadlocks") + ' ' + window);
    facts.add("temp_bytes_rate", delta.tempBytes / delta.seconds);
}

} // namespace

std::string databasesSql(int)
{
    return std::string(kSql);
}

Databases parseDatabases(const Rows &rows, const std::vector<std::string> &seen)
{
    Databases result;
    double mostFailures = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto number = [&](std::string_view column) { return rows.number(row, column).value_or(0); };
        result.counters[rows.text(row, "datid")] = { rows.text(row, "reset"), number("xact_commit"), number("xact_rollback"),
                                                     number("blks_read"),     number("blks_hit"),    number("temp_bytes"),
                                                     number("deadlocks") };
        const auto name = rows.text(row, "datname");
        const double failures = number("checksum_failures");
        result.checksumFailures += failures;
        if (failures > mostFailures) {
            mostFailures = failures;
            result.checksumWorst = (name.empty() ? "the shared catalogs" : name) + ", the last one at " + rows.text(row, "checksum_last");
        }
        if (rows.truth(row, "is_other").value_or(false) && std::ranges::find(seen, name) == seen.end())
            result.unseen.push_back(name);
        if (const double age = number("xid_age"); age > result.xidAge) {
            result.xidAge = age;
            result.oldestDatabase = rows.text(row, "datname");
        }
        result.multixactAge = std::max(result.multixactAge, number("mxid_age"));
    }
    return result;
}

DatabaseDelta deltaOf(const std::map<std::string, DatabaseCounters> &before, const std::map<std::string, DatabaseCounters> &after,
                      double seconds)
{
    DatabaseDelta delta;
    delta.seconds = seconds;
    for (const auto &[oid, now] : after) {
        const auto then = before.find(oid);
        if (then == before.end() || !isSameLife(then->second, now))
            continue;
        delta.commits += now.commits - then->second.commits;
        delta.rollbacks += now.rollbacks - then->second.rollbacks;
        delta.blocksRead += now.blocksRead - then->second.blocksRead;
        delta.blocksHit += now.blocksHit - then->second.blocksHit;
        delta.tempBytes += now.tempBytes - then->second.tempBytes;
        delta.deadlocks += now.deadlocks - then->second.deadlocks;
    }
    return delta;
}

DatabaseDelta deltaOf(const DatabaseWindow &window)
{
    DatabaseDelta sum;
    const auto &entries = window.entries();
    for (std::size_t i = 1; i < entries.size(); ++i) {
        const auto step = deltaOf(entries[i - 1].sample.counters, entries[i].sample.counters, toSeconds(entries[i].at - entries[i - 1].at));
        sum.seconds += step.seconds;
        sum.commits += step.commits;
        sum.rollbacks += step.rollbacks;
        sum.blocksRead += step.blocksRead;
        sum.blocksHit += step.blocksHit;
        sum.tempBytes += step.tempBytes;
        sum.deadlocks += step.deadlocks;
    }
    return sum;
}

void pushSample(DatabaseWindow &window, BootTime at, DatabaseSample sample)
{
    if (window.hasAny() && window.newest().sample.started != sample.started)
        window.clear();
    window.push(at, std::move(sample));
}

void addUnseenFacts(const Databases &databases, bool isStandby, FactWriter &facts)
{
    if (isStandby) {
        facts.notApplicable("databases_unseen", "asked on the primary");
        facts.notApplicable("databases_unseen_names", "asked on the primary");
        return;
    }
    facts.add("databases_unseen", static_cast<double>(databases.unseen.size()));
    facts.add("databases_unseen_names", firstOf(databases.unseen));
}

void addDatabaseFacts(const Databases &databases, const DatabaseWindow &window, FactWriter &facts)
{
    facts.add("xid_used_ratio", databases.xidAge / kXidSpan, countText(databases.xidAge) + " transactions old");
    facts.add("multixact_used_ratio", databases.multixactAge / kXidSpan);
    facts.add("xid_oldest_database", databases.oldestDatabase);
    if (window.hasTwo() && window.seconds() > 0) {
        addRates(deltaOf(window), facts);
        return;
    }
    static constexpr std::array<std::string_view, 6> kRates{ "cache_hit_ratio", "rollback_ratio", "commits_rate",
                                                             "rollbacks_rate",  "deadlocks_rate", "temp_bytes_rate" };
    facts.unknownAll(kRates, "a rate needs two samples of the same server life", "");
}

} // namespace muster::postgres
