// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/factwriter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>
#include <utility>

namespace muster::postgres {

namespace {

struct UnitRow {
    std::string_view name;
    std::string_view unit;
};

/// As resources/readiness/facts.md; what is not here is text, truth or a table.
constexpr std::array kUnits{
    UnitRow{ "connect_time", "s" },
    UnitRow{ "rtt", "s" },
    UnitRow{ "version_num", "count" },
    UnitRow{ "uptime", "s" },
    UnitRow{ "plaintext_clients", "count" },
    UnitRow{ "clock_skew", "s" },
    UnitRow{ "connections_used", "count" },
    UnitRow{ "connections_limit", "count" },
    UnitRow{ "connections_used_ratio", "ratio" },
    UnitRow{ "cache_hit_ratio", "ratio" },
    UnitRow{ "commits_rate", "1/s" },
    UnitRow{ "rollback_ratio", "ratio" },
    UnitRow{ "rollbacks_rate", "1/s" },
    UnitRow{ "deadlocks_rate", "1/s" },
    UnitRow{ "temp_bytes_rate", "B/s" },
    UnitRow{ "idle_in_transaction_count", "count" },
    UnitRow{ "idle_in_transaction_longest", "s" },
    UnitRow{ "transaction_longest", "s" },
    UnitRow{ "query_longest", "s" },
    UnitRow{ "blocked_count", "count" },
    UnitRow{ "blocked_longest", "s" },
    UnitRow{ "xid_used_ratio", "ratio" },
    UnitRow{ "multixact_used_ratio", "ratio" },
    UnitRow{ "archive_age", "s" },
    UnitRow{ "slots_bad", "count" },
    UnitRow{ "slots_waiting", "count" },
    UnitRow{ "slot_retained_max", "B" },
    UnitRow{ "standbys_connected", "count" },
    UnitRow{ "standbys_missing", "count" },
    UnitRow{ "replication_lag_bytes", "B" },
    UnitRow{ "replication_lag", "s" },
    UnitRow{ "dead_tuple_ratio", "ratio" },
    UnitRow{ "checksum_failures", "count" },
    UnitRow{ "checkpoints_requested_ratio", "ratio" },
    UnitRow{ "sequence_used_ratio", "ratio" },
    UnitRow{ "pending_restart", "count" },
    UnitRow{ "config_errors", "count" },
    UnitRow{ "log_min_duration", "s" },
    UnitRow{ "statement_mean_worst", "s" },
    UnitRow{ "indexes_invalid", "count" },
    UnitRow{ "indexes_duplicate", "count" },
    UnitRow{ "database_size", "B" },
    UnitRow{ "timeline", "count" },
    UnitRow{ "conf_load_age", "s" },
    UnitRow{ "stats_age", "s" },
    UnitRow{ "prepared_count", "count" },
    UnitRow{ "prepared_longest", "s" },
    UnitRow{ "freeze_overdue_ratio", "ratio" },
    UnitRow{ "checkpoint_overdue_ratio", "ratio" },
    UnitRow{ "sync_standbys_missing", "count" },
    UnitRow{ "autovacuum_busy_ratio", "ratio" },
    UnitRow{ "autovacuum_busy_for", "s" },
    UnitRow{ "freeze_workers", "count" },
    UnitRow{ "subscriptions_down", "count" },
    UnitRow{ "locks_used_ratio", "ratio" },
    UnitRow{ "archive_waiting", "count" },
    UnitRow{ "archive_waiting_longest", "s" },
    UnitRow{ "hba_errors", "count" },
    UnitRow{ "hba_trust", "count" },
    UnitRow{ "hba_weak", "count" },
    UnitRow{ "md5_passwords", "count" },
    UnitRow{ "constraints_not_valid", "count" },
    UnitRow{ "extensions_outdated", "count" },
    UnitRow{ "database_collations_drifted", "count" },
    UnitRow{ "collations_drifted", "count" },
    UnitRow{ "wal_rate", "B/s" },
    UnitRow{ "io_read_time_mean", "s" },
    UnitRow{ "io_evictions_rate", "1/s" },
    UnitRow{ "conflicts_rate", "1/s" },
    UnitRow{ "subscription_errors_rate", "1/s" },
    UnitRow{ "statements_evicted_rate", "1/s" },
    UnitRow{ "xmin_age", "count" },
    UnitRow{ "xmin_longest", "s" },
    UnitRow{ "tables_overdue", "count" },
    UnitRow{ "tables_autovacuum_off", "count" },
    UnitRow{ "tables_read_in_full", "count" },
    UnitRow{ "vacuums_kept_away", "count" },
    UnitRow{ "bloat_ratio", "ratio" },
    UnitRow{ "bloat_bytes", "B" },
    UnitRow{ "indexes_unused", "count" },
    UnitRow{ "index_hit_ratio", "ratio" },
    UnitRow{ "version_minors_behind", "count" },
    UnitRow{ "certificate_expires_in", "s" },
    UnitRow{ "durability_risks", "count" },
    UnitRow{ "logging_gaps", "count" },
    UnitRow{ "idle_in_transaction_timeout", "s" },
    UnitRow{ "database_growth", "B/s" },
    UnitRow{ "wal_size", "B" },
    UnitRow{ "wal_size_ratio", "ratio" },
    UnitRow{ "checkpoint_write_time", "s" },
    UnitRow{ "checkpoint_sync_time", "s" },
    UnitRow{ "databases_unseen", "count" },
    UnitRow{ "multixact_members_ratio", "ratio" },
    UnitRow{ "statements_slowed", "count" },
    UnitRow{ "xid_full_in", "s" },
    UnitRow{ "indexes_damaged", "count" },
    UnitRow{ "indexes_verified", "count" },
};

} // namespace

std::string grantTo(std::string_view what, std::string_view role)
{
    std::string quoted = "\"";
    for (const char c : role) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    return "GRANT " + std::string(what) + " TO " + quoted + "\";";
}

std::string Context::grant(std::string_view what) const
{
    return grantTo(what, info.user);
}

std::string_view unitOf(std::string_view name)
{
    const auto *found = std::ranges::find(kUnits, name, &UnitRow::name);
    return found == kUnits.end() ? std::string_view() : found->unit;
}

void FactWriter::add(std::string_view name, Value value, std::string raw)
{
    m_batch.add("postgres." + std::string(name), std::move(value), std::string(unitOf(name)), m_budget, clamp(raw));
}

void FactWriter::addNumber(std::string_view name, std::optional<double> value, std::string_view reason)
{
    if (value)
        add(name, *value);
    else
        unknown(name, std::string(reason));
}

void FactWriter::unknown(std::string_view name, std::string reason, std::string hint)
{
    add(name, Unknown{ std::move(reason), std::move(hint) });
}

void FactWriter::unknownAll(std::span<const std::string_view> names, const std::string &reason, const std::string &hint)
{
    for (const auto name : names)
        unknown(name, reason, hint);
}

void FactWriter::overrule(std::string_view name, std::string reason, std::string hint)
{
    std::erase_if(m_batch.facts, [full = "postgres." + std::string(name)](const Fact &fact) { return fact.name == full; });
    unknown(name, std::move(reason), std::move(hint));
}

void FactWriter::notApplicable(std::string_view name, std::string reason)
{
    add(name, NotApplicable{ std::move(reason) });
}

std::string wholeSeconds(double seconds)
{
    return std::to_string(std::llround(seconds)) + " s";
}

} // namespace muster::postgres
