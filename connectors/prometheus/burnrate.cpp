// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/burnrate.h"

#include "connectors/prometheus/promfacts.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>

namespace muster::prometheus {

namespace {

constexpr double kRequests = 100; // fewer in the window say nothing

struct Window {
    const char *text;
    double seconds;
};
constexpr std::array<Window, 5> kWindows = {{{"5m", 300}, {"30m", 1800}, {"1h", 3600}, {"6h", 21600}, {"3d", 259200}}};

struct Alarm {
    bool isPage;
    double factor;
    const char *window;
    const char *shorter;
};
constexpr std::array<Alarm, 3> kAlarms = {{{true, 14.4, "1h", "5m"}, {true, 6, "6h", "30m"}, {false, 1, "3d", "6h"}}};

struct Burn {
    double errors = 0;   ///< ratio
    double requests = 0; ///< in the window
    double rate = 0;     ///< times the budget
};

std::string labelled(const std::string &promql, const std::string &kind, const char *window)
{
    return "label_replace(label_replace(" + promql + ", \"kind\", \"" + kind + "\", \"\", \"\"), \"window\", \"" + window + "\", \"\", \"\")";
}

std::string allWindows(const std::string &count, const std::string &label)
{
    std::string query;
    for (const auto &window : kWindows) {
        query += (query.empty() ? "" : " or ") + labelled(errorRatioQuery(count, label, window.text), "errors", window.text) + " or "
            + labelled("sum(increase(" + count + "[" + window.text + "]))", "requests", window.text);
    }
    return query;
}

std::map<std::string, Burn> burnsOf(const QueryResult &result, double objective)
{
    std::map<std::string, Burn> burns;
    for (const auto &sample : result.samples) {
        const auto window = sample.labels.find("window");
        const auto kind = sample.labels.find("kind");
        if (window == sample.labels.end() || kind == sample.labels.end() || std::isnan(sample.value))
            continue;
        auto &burn = burns[window->second];
        if (kind->second == "requests")
            burn.requests = sample.value;
        else
            burn.errors = sample.value;
        burn.rate = burn.errors / (1 - objective);
    }
    return burns;
}

std::string described(const Alarm &alarm, double rate)
{
    char text[120]{};
    std::snprintf(text, sizeof text, "errors use up the budget %.1f times as fast as it lasts, over %s and %s", rate, alarm.window, alarm.shorter);
    return text;
}

void addUnknown(FactBatch &batch, const Value &value)
{
    for (const auto *name : {"prometheus.burn_page", "prometheus.burn_ticket", "prometheus.burn_worst", "prometheus.burn_rates"})
        batch.add(name, value, "", kBurnBudget);
}

} // namespace

std::string errorRatioQuery(const std::string &count, const std::string &label, const std::string &window)
{
    return "(sum(rate(" + count + "{" + label + "=~\"5..\"}[" + window + "])) or vector(0)) / sum(rate(" + count + "[" + window + "]))";
}

void addBurnFacts(FactBatch &batch, PromClient &client, const Target &target, const std::string &label, Deadline deadline)
{
    if (target.objective <= 0)
        return addUnknown(batch, NotApplicable{"no objective is declared (\"latency\": {\"objective\": 0.999})"});
    if (label.empty())
        return addUnknown(batch, Unknown{"errors cannot be told: no histogram with a label code, status or status_code is collected", {}});
    const auto result = client.query(allWindows(target.histogram + "_count", label), deadline);
    if (!result)
        return addUnknown(batch, Unknown{result.error().detail, result.error().hint});
    const auto burns = burnsOf(*result, target.objective);
    auto table = tableOf({{"window", ""}, {"error_ratio", "ratio"}, {"requests", "count"}, {"budget_factor", ""}});
    for (const auto &window : kWindows) {
        const auto it = burns.find(window.text);
        if (it != burns.end())
            addRow(table, {std::string(window.text), it->second.errors, it->second.requests, it->second.rate});
    }
    bool isPage = false;
    bool isTicket = false;
    std::string worst;
    for (const auto &alarm : kAlarms) {
        const auto longer = burns.find(alarm.window);
        const auto shorter = burns.find(alarm.shorter);
        if (longer == burns.end() || shorter == burns.end() || shorter->second.requests < kRequests)
            continue;
        if (longer->second.rate <= alarm.factor || shorter->second.rate <= alarm.factor)
            continue;
        (alarm.isPage ? isPage : isTicket) = true;
        if (worst.empty())
            worst = described(alarm, longer->second.rate);
    }
    batch.add("prometheus.burn_page", isPage, "", kBurnBudget, worst);
    batch.add("prometheus.burn_ticket", isTicket, "", kBurnBudget, worst);
    batch.add("prometheus.burn_worst", worst, "", kBurnBudget);
    batch.add("prometheus.burn_rates", std::move(table), "", kBurnBudget);
}

} // namespace muster::prometheus
