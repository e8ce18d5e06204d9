// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/promfacts.h"

#include <algorithm>

namespace muster::prometheus {

namespace {

constexpr std::size_t kRows = 500;

Table tableOf(std::vector<Column> columns)
{
    return {std::move(columns), {}, kRows, false};
}

void addRow(Table &table, std::vector<Cell> row)
{
    if (table.rows.size() < table.limit)
        table.rows.push_back(std::move(row));
    else
        table.isTruncated = true;
}

Cell ageCell(double at, double now)
{
    return at > 0 ? Cell(std::max(0.0, now - at)) : Cell();
}

bool isStale(const ScrapeTarget &target, double now)
{
    return target.lastScrape > 0 && target.interval > 0 && now - target.lastScrape > 2 * target.interval + 1;
}

Cell epochCell(double at)
{
    return at > 0 ? Cell(at) : Cell();
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
    auto table = tableOf({{"job", ""}, {"instance", ""}, {"health", ""}, {"last_scrape_age", "s"}, {"scrape_interval", "s"}, {"error", ""}});
    for (const auto &target : sorted) {
        up += target.health == "up" ? 1 : 0;
        down += target.health == "down" ? 1 : 0;
        stale += isStale(target, now) ? 1 : 0;
        if (worst.empty() && (target.health == "down" || isStale(target, now)))
            worst = target.job + " " + target.instance + ": " + (target.health == "down" ? target.error : "last scraped " + std::to_string(static_cast<long long>(now - target.lastScrape)) + " s ago");
        addRow(table, {target.job, target.instance, target.health, ageCell(target.lastScrape, now), target.interval, target.error});
    }
    batch.add("prometheus.targets_up", up, "count", kBudget);
    batch.add("prometheus.targets_down", down, "count", kBudget);
    batch.add("prometheus.targets_total", static_cast<double>(targets.size()), "count", kBudget);
    batch.add("prometheus.targets_stale", stale, "count", kBudget);
    batch.add("prometheus.target_worst", clamp(worst, 512), "", kBudget);
    batch.add("prometheus.targets", std::move(table), "", kBudget);
}

void addRuleFacts(FactBatch &batch, const std::vector<Rule> &rules, double now)
{
    double alerting = 0;
    double failing = 0;
    double database = 0;
    std::string worst;
    auto table = tableOf({{"group", ""}, {"name", ""}, {"type", ""}, {"state", ""}, {"health", ""}, {"last_evaluation_age", "s"}, {"error", ""}, {"query", ""}});
    for (const auto &rule : rules) {
        const bool isFailing = rule.health == "err";
        alerting += rule.isAlerting() ? 1 : 0;
        failing += isFailing ? 1 : 0;
        database += rule.isAlerting() && rule.query.contains("pg_") ? 1 : 0;
        if (worst.empty() && isFailing)
            worst = rule.group + "/" + rule.name + ": " + rule.error;
        addRow(table, {rule.group, rule.name, rule.type, rule.state, rule.health, ageCell(rule.lastEvaluation, now), rule.error, clamp(rule.query, 500)});
    }
    batch.add("prometheus.rules_total", static_cast<double>(rules.size()), "count", kBudget);
    batch.add("prometheus.rules_alerting", alerting, "count", kBudget);
    batch.add("prometheus.rules_failing", failing, "count", kBudget);
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

namespace {

Value watchdogValue(const std::vector<AlertmanagerView> &views, const std::string &watchdog, double up)
{
    if (views.empty())
        return Unknown{"no Alertmanager is declared", "Name it under \"alertmanagers\" in the environment file."};
    const bool isFiring = std::ranges::any_of(views, [&](const AlertmanagerView &view) {
        return std::ranges::any_of(view.alerts, [&](const Alert &alert) { return alert.label("alertname") == watchdog; });
    });
    if (!isFiring && up < static_cast<double>(views.size()))
        return Unknown{"not every Alertmanager answers", {}};
    return isFiring;
}

Value receiversValue(const std::vector<AlertmanagerView> &views, double up)
{
    if (views.empty())
        return Unknown{"no Alertmanager is declared", "Name it under \"alertmanagers\" in the environment file."};
    if (up == 0)
        return Unknown{"no Alertmanager answers", {}};
    return std::ranges::all_of(views, [](const AlertmanagerView &view) { return view.fault || (view.status.hasIntegration && !view.receivers.empty()); });
}

} // namespace

void addAlertmanagerFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, const std::string &watchdog)
{
    double up = 0;
    std::string raw;
    auto table = tableOf({{"id", ""}, {"matchers", ""}, {"created_by", ""}, {"comment", ""}, {"ends_at", "epoch"}});
    for (const auto &view : views) {
        up += view.fault ? 0 : 1;
        raw += view.url + ": " + (view.fault ? view.fault->detail : "version " + view.status.version + ", cluster " + view.status.cluster) + "\n";
        for (const auto &receiver : view.receivers)
            raw += "  receiver " + receiver + "\n";
        for (const auto &silence : view.silences) {
            if (silence.state == "active")
                addRow(table, {silence.id, silence.matchers, silence.createdBy, clamp(silence.comment, 500), epochCell(silence.endsAt)});
        }
    }
    raw = clamp(raw);
    batch.add("prometheus.alertmanagers_declared", static_cast<double>(views.size()), "count", kBudget, raw);
    batch.add("prometheus.alertmanagers_up", up, "count", kBudget, raw);
    batch.add("prometheus.watchdog_firing", watchdogValue(views, watchdog, up), "", kBudget, raw);
    batch.add("prometheus.alert_receivers_ok", receiversValue(views, up), "", kBudget, raw);
    batch.add("prometheus.silences", std::move(table), "", kBudget);
}

} // namespace muster::prometheus
