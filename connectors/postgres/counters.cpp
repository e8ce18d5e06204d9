// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/counters.h"

#include "models/format/format.h"

#include <algorithm>
#include <array>
#include <utility>

namespace muster::postgres {

namespace {

/// On a standby the position is that of replay.
constexpr std::array kItems{
    Item{ "wal", "pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, '0/0')" },
    Item{ "io_reads", "(select sum(reads) from pg_stat_io)", 160000 },
    Item{ "io_read_time", "(select sum(read_time) / 1000 from pg_stat_io)", 160000 },
    Item{ "io_evictions", "(select sum(evictions) from pg_stat_io)", 160000 },
    Item{ "conflicts",
          "(select sum(pg_stat_get_db_conflict_tablespace(oid) + pg_stat_get_db_conflict_lock(oid) + pg_stat_get_db_conflict_snapshot(oid) + "
          "pg_stat_get_db_conflict_bufferpin(oid) + pg_stat_get_db_conflict_startup_deadlock(oid)) from pg_database)" },
    Item{ "subscription_errors", "(select coalesce(sum(apply_error_count + sync_error_count), 0) from pg_stat_subscription_stats)", 150000 },
};

constexpr std::array<std::string_view, 6> kFacts{ "wal_rate",       "io_read_time_mean",          "io_evictions_rate",
                                                  "conflicts_rate", "subscription_errors_rate", "statements_evicted_rate" };

/// What a fact is made of.
struct RateRow {
    std::string_view fact;
    std::string_view counter;
};

constexpr std::array kRates{ RateRow{ "wal_rate", "wal" }, RateRow{ "io_evictions_rate", "io_evictions" },
                             RateRow{ "subscription_errors_rate", "subscription_errors" }, RateRow{ "statements_evicted_rate", "dealloc" },
                             RateRow{ "conflicts_rate", "conflicts" } };

std::optional<double> deltaOf(const CounterWindow &window, std::string_view counter)
{
    const auto &before = window.oldest().sample.values;
    const auto &now = window.newest().sample.values;
    const auto a = before.find(counter);
    const auto b = now.find(counter);
    return a == before.end() || b == now.end() ? std::nullopt : std::optional(b->second - a->second);
}

void addRate(const RateRow &row, const CounterWindow &window, FactWriter &facts)
{
    if (!window.hasTwo() || window.seconds() <= 0) {
        facts.unknown(row.fact, "a rate needs two samples of the same server life");
        return;
    }
    if (const auto delta = deltaOf(window, row.counter))
        facts.add(row.fact, *delta / window.seconds(), std::to_string(static_cast<long long>(*delta)) + " in " + wholeSeconds(window.seconds()));
    else
        facts.unknown(row.fact, "the server said nothing");
}

void addReadTime(const CounterWindow &window, bool hasIoTiming, FactWriter &facts)
{
    if (!hasIoTiming) {
        facts.notApplicable("io_read_time_mean", "track_io_timing is off");
        return;
    }
    const auto reads = window.hasTwo() ? deltaOf(window, "io_reads") : std::nullopt;
    const auto time = window.hasTwo() ? deltaOf(window, "io_read_time") : std::nullopt;
    constexpr double kEnough = 20;
    if (!reads || !time)
        facts.unknown("io_read_time_mean", "a rate needs two samples of the same server life");
    else if (*reads < kEnough)
        facts.unknown("io_read_time_mean", "no traffic: " + format::counted(*reads, "read", "reads") + " in " + wholeSeconds(window.seconds()));
    else
        facts.add("io_read_time_mean", *time / *reads);
}

/// Why the counter of a fact is not asked here; "" when it is.
std::string absenceOf(std::string_view counter, const Rights &rights, const Context &context)
{
    if (counter == "conflicts" && !context.isStandby)
        return "this server is a primary: nothing conflicts with replay";
    if (counter == "dealloc" && (rights.statementsVersion.empty() || context.version() < 140000))
        return context.version() < 140000 ? "PostgreSQL 14 and later" : "pg_stat_statements is not created in this database";
    if (counter != "dealloc" && !hasItem(kItems, counter, context.version()))
        return counter.starts_with("io_") ? "PostgreSQL 16 and later" : "PostgreSQL 15 and later";
    return {};
}

} // namespace

std::vector<Item> counterItems(const Rights &rights)
{
    std::vector<Item> items(kItems.begin(), kItems.end());
    if (!rights.statementsVersion.empty())
        items.push_back({ "dealloc", rights.evictionsSql, 140000 });
    return items;
}

std::span<const std::string_view> factsOfCounters()
{
    return kFacts;
}

CounterSample parseCounters(const Rows &rows, std::string life)
{
    CounterSample sample;
    sample.life = std::move(life);
    for (const auto &name : rows.columns) {
        if (const auto value = rows.number(0, name))
            sample.values.emplace(name, *value);
    }
    return sample;
}

void pushCounters(CounterWindow &window, BootTime at, CounterSample sample)
{
    const auto isBack = [&](const auto &entry) {
        const auto &before = window.newest().sample.values;
        const auto then = before.find(entry.first);
        return then != before.end() && entry.second < then->second;
    };
    if (window.hasAny() && (window.newest().sample.life != sample.life || std::ranges::any_of(sample.values, isBack)))
        window.clear();
    window.push(at, std::move(sample));
}

void addCounterFacts(const CounterWindow &window, const std::map<std::string_view, Fault> &problems, bool hasIoTiming, const Rights &rights,
                     const Context &context, FactWriter &facts)
{
    for (const auto &row : kRates) {
        const auto problem = problems.find(row.counter);
        if (const auto absence = absenceOf(row.counter, rights, context); !absence.empty())
            facts.notApplicable(row.fact, absence);
        else if (problem != problems.end())
            facts.unknown(row.fact, problem->second.detail,
                          problem->second.kind == FaultKind::Denied ? context.grant("pg_monitor") : problem->second.hint);
        else
            addRate(row, window, facts);
    }
    if (const auto absence = absenceOf("io_reads", rights, context); !absence.empty())
        facts.notApplicable("io_read_time_mean", absence);
    else
        addReadTime(window, hasIoTiming, facts);
}

} // namespace muster::postgres
