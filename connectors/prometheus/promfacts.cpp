// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/promfacts.h"

#include <algorithm>
#include <map>

namespace muster::prometheus {

Table tableOf(std::vector<Column> columns)
{
    constexpr std::size_t kRows = 500;
    return {std::move(columns), {}, kRows, false};
}

void addRow(Table &table, std::vector<Cell> row)
{
    if (table.rows.size() < table.limit)
        table.rows.push_back(std::move(row));
    else
        table.isTruncated = true;
}

Cell epochCell(double at)
{
    return at > 0 ? Cell(at) : Cell();
}

namespace {

Cell ageCell(double at, double now)
{
    return at > 0 ? Cell(std::max(0.0, now - at)) : Cell();
}

bool isStale(const ScrapeTarget &target, double now)
{
    return target.lastScrape > 0 && target.interval > 0 && now - target.lastScrape > 2 * target.interval + 1;
}

} // namespace

void addTargetFacts(FactBatch &batch, const std::vector<ScrapeTarget> &targets, double now)
{
    double up = 0;
    double down = 0;
    double stale = 0;
    std::string worst;
    auto sorted = targets;
    std::ranges::stable_sort(sorted, {}, [](const ScrapeTarget &t) { return t.health == "down" ? 0 : t.health == "up" ? 2 : 1; });
    double share = 0; // of its timeout that the slowest scrape takes
    std::string slowest;
    std::map<std::string, bool> jobs; // is one of its targets not down?
    auto table = tableOf({{"job", ""}, {"instance", ""}, {"health", ""}, {"last_scrape_age", "s"}, {"scrape_interval", "s"}, {"scrape_duration", "s"}, {"error", ""}});
    for (const auto &target : sorted) {
        up += target.health == "up" ? 1 : 0;
        down += target.health == "down" ? 1 : 0;
        stale += isStale(target, now) ? 1 : 0;
        if (worst.empty() && (target.health == "down" || isStale(target, now)))
            worst = target.job + " " + target.instance + ": " + (target.health == "down" ? target.error : "last scraped " + std::to_string(static_cast<long long>(now - target.lastScrape)) + " s ago");
        jobs[target.job] = jobs[target.job] || target.health != "down";
        const double limit = target.timeout > 0 ? target.timeout : target.interval;
        if (target.health == "up" && limit > 0 && target.duration / limit > share) {
            share = target.duration / limit;
            slowest = target.job + " " + target.instance;
        }
        addRow(table, {target.job, target.instance, target.health, ageCell(target.lastScrape, now), target.interval, target.duration, target.error});
    }
    batch.add("prometheus.targets_up", up, "count", kBudget);
    batch.add("prometheus.targets_down", down, "count", kBudget);
    const auto lost = std::ranges::find_if(sorted, [&](const ScrapeTarget &t) { return !jobs[t.job]; });
    batch.add("prometheus.jobs_down", static_cast<double>(std::ranges::count(jobs, false, &std::pair<const std::string, bool>::second)), "count", kBudget);
    batch.add("prometheus.job_worst", lost == sorted.end() ? std::string() : clamp(lost->job + " " + lost->instance + ": " + lost->error, 512), "", kBudget);
    batch.add("prometheus.targets_total", static_cast<double>(targets.size()), "count", kBudget);
    batch.add("prometheus.targets_stale", stale, "count", kBudget);
    batch.add("prometheus.target_worst", clamp(worst, 512), "", kBudget);
    batch.add("prometheus.scrape_duration_ratio", up > 0 ? Value(share) : Value(NotApplicable{"no target is up"}), "ratio", kBudget, clamp(slowest, 512));
    batch.add("prometheus.scrape_slowest", clamp(slowest, 512), "", kBudget);
    batch.add("prometheus.targets", std::move(table), "", kBudget);
}

namespace {

/// Why the rule cannot be relied on, or nothing. `settled`: from then on every rule must have been evaluated.
std::string troubleOf(const Rule &rule, double now, double settled)
{
    if (rule.health == "err")
        return rule.error;
    if (rule.lastEvaluation <= 0)
        return now > settled + 2 * rule.interval + 5 ? "never evaluated" : "";
    if (rule.interval > 0 && now - rule.lastEvaluation > 2 * rule.interval + rule.groupTime + 2)
        return "last evaluated " + std::to_string(static_cast<long long>(now - rule.lastEvaluation)) + " s ago, every " + std::to_string(static_cast<long long>(rule.interval)) + " s asked for";
    if (rule.interval > 0 && rule.groupTime > rule.interval)
        return "its group takes " + std::to_string(rule.groupTime) + " s, longer than its interval";
    return {};
}

} // namespace

void addRuleFacts(FactBatch &batch, const std::vector<Rule> &rules, double now, double settled)
{
    double alerting = 0;
    double failing = 0;
    double late = 0;
    double database = 0;
    std::string worst;
    auto table = tableOf({{"group", ""}, {"name", ""}, {"type", ""}, {"severity", ""}, {"state", ""}, {"health", ""}, {"last_evaluation_age", "s"}, {"error", ""}, {"query", ""}});
    for (const auto &rule : rules) {
        const auto trouble = troubleOf(rule, now, settled);
        const bool isFailing = rule.health == "err";
        alerting += rule.isAlerting() ? 1 : 0;
        failing += isFailing ? 1 : 0;
        late += !isFailing && !trouble.empty() ? 1 : 0;
        database += rule.isAlerting() && rule.query.contains("pg_") ? 1 : 0;
        if (worst.empty() && !trouble.empty())
            worst = rule.group + "/" + rule.name + ": " + trouble;
        const auto severity = rule.labels.find("severity");
        addRow(table, {rule.group, rule.name, rule.type, severity == rule.labels.end() ? std::string() : severity->second, rule.state, rule.health,
                       ageCell(rule.lastEvaluation, now), trouble, clamp(rule.query, 500)});
    }
    batch.add("prometheus.rules_total", static_cast<double>(rules.size()), "count", kBudget);
    batch.add("prometheus.rules_alerting", alerting, "count", kBudget);
    batch.add("prometheus.rules_failing", failing, "count", kBudget);
    batch.add("prometheus.rules_late", late, "count", kBudget);
    batch.add("prometheus.rule_worst", clamp(worst, 512), "", kBudget);
    batch.add("prometheus.rules", std::move(table), "", kBudget);
    batch.add("prometheus.database_alert_rules", database, "count", kBudget);
}

void addAlertFacts(FactBatch &batch, const std::vector<Alert> &alerts)
{
    double firing = 0;
    auto table = tableOf({{"name", ""}, {"severity", ""}, {"state", ""}, {"since", "epoch"}, {"instance", ""}, {"summary", ""}});
    for (const auto &alert : alerts) {
        firing += alert.state == "firing" ? 1 : 0;
        const auto summary = alert.annotation("summary").empty() ? alert.annotation("description") : alert.annotation("summary");
        addRow(table, {alert.label("alertname"), alert.label("severity"), alert.state, epochCell(alert.activeAt), alert.label("instance"), clamp(summary, 500)});
    }
    batch.add("prometheus.alerts_firing", firing, "count", kBudget);
    batch.add("prometheus.alerts", std::move(table), "", kBudget);
}

} // namespace muster::prometheus
