// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/headers.h"
#include "connectors/prometheus/promfacts.h"

#include <algorithm>
#include <array>
#include <string_view>

/// Which classes of trouble the alerting rules watch for. The profile says which of them a production must have.
namespace muster::prometheus {

namespace {

/// All of its words stand in the expression (or the rule's name); "=up" is a whole identifier.
using Words = std::array<std::string_view, 2>;

struct AlertClass {
    const char *fact;
    std::array<Words, 6> alternatives;
};

constexpr std::array<AlertClass, 12> kClasses = {{
    {"prometheus.alert_covers_instance_down", {{{"=up"}}}},
    {"prometheus.alert_covers_database_down", {{{"=pg_up"}, {"=mysql_up"}, {"=up", "postgres"}, {"=up", "database"}, {"probe_success", "postgres"}}}},
    {"prometheus.alert_covers_cache_down", {{{"=redis_up"}, {"=up", "redis"}, {"=up", "valkey"}}}},
    {"prometheus.alert_covers_error_ratio", {{{"=~\"5"}, {"errors_total"}, {"_failed_total"}, {"error_ratio"}, {"error_rate"}}}},
    {"prometheus.alert_covers_latency", {{{"_bucket"}, {"latency"}, {"duration_seconds"}, {"response_time"}}}},
    {"prometheus.alert_covers_disk", {{{"filesystem_avail"}, {"filesystem_free"}, {"volume_stats"}, {"disk"}}}},
    {"prometheus.alert_covers_memory", {{{"memory"}, {"=process_resident_memory_bytes"}}}},
    {"prometheus.alert_covers_certificate", {{{"cert_expiry"}, {"cert_not_after"}, {"certificate"}, {"tls_not_after"}, {"cert", "expir"}}}},
    {"prometheus.alert_covers_backup", {{{"backup"}, {"barman"}, {"wal_archive"}}}},
    {"prometheus.alert_covers_replication", {{{"replication"}, {"replica"}, {"standby"}, {"wal_receiver"}}}},
    {"prometheus.alert_covers_connections", {{{"stat_activity"}, {"max_connections"}, {"connected_clients"}, {"pool"}}}},
    {"prometheus.alert_covers_target_absent", {{{"absent("}, {"absent_over_time("}}}},
}};

bool isWordChar(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

bool holds(std::string_view text, std::string_view word)
{
    if (!word.starts_with('='))
        return text.find(word) != std::string_view::npos;
    if (word.starts_with("=~"))
        return text.find(word) != std::string_view::npos;
    word.remove_prefix(1);
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const bool isBegun = at == 0 || !isWordChar(text[at - 1]);
        const auto end = at + word.size();
        if (isBegun && (end == text.size() || !isWordChar(text[end])))
            return true;
    }
    return false;
}

bool isCoveredBy(const AlertClass &wanted, std::string_view text)
{
    return std::ranges::any_of(wanted.alternatives, [&](const Words &words) {
        return !words[0].empty() && std::ranges::all_of(words, [&](std::string_view word) { return word.empty() || holds(text, word); });
    });
}

/// What is not there needs no watch.
bool isNeeded(std::string_view fact, const Target &target)
{
    return !(fact == "prometheus.alert_covers_cache_down" && !target.hasCache) && !(fact == "prometheus.alert_covers_replication" && !target.hasStandby)
        && !(fact == "prometheus.alert_covers_backup" && !target.hasBackup);
}

} // namespace

void addCoverageFacts(FactBatch &batch, const std::vector<Rule> &rules, const Target &target)
{
    for (const auto &wanted : kClasses) {
        std::string by;
        for (const auto &rule : rules) {
            if (!rule.isAlerting() || rule.health == "err" || rule.isBlind || rule.name == target.watchdog)
                continue;
            if (isCoveredBy(wanted, http::lowered(rule.query)))
                by += rule.group + "/" + rule.name + ": " + clamp(rule.query, 300) + "\n";
        }
        const auto value = by.empty() && !isNeeded(wanted.fact, target) ? Value(NotApplicable{"the environment declares none"}) : Value(!by.empty());
        batch.add(wanted.fact, value, "", kBudget, clamp(by));
    }
}

} // namespace muster::prometheus
