// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/promfacts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

namespace muster::prometheus {

namespace {

bool isQueryName(const std::string &name)
{
    const auto isFirst = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; };
    return !name.empty() && name.size() <= 200 && isFirst(name.front())
        && std::ranges::all_of(name, [&](char c) { return isFirst(c) || (c >= '0' && c <= '9'); });
}

std::string shown(double value)
{
    char text[40]{};
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

/// The one number of a query that yields at most one; NaN and nothing say that there is no traffic.
Value single(const std::expected<QueryResult, Fault> &result)
{
    if (!result)
        return Unknown{result.error().detail, result.error().hint};
    if (result->samples.empty() || std::isnan(result->samples.front().value))
        return Unknown{"no traffic", {}};
    return result->samples.front().value;
}

std::string warningsOf(const std::expected<QueryResult, Fault> &result)
{
    std::string words;
    if (result) {
        for (const auto &warning : result->warnings)
            words += "\nPrometheus warns: " + warning;
    }
    return words;
}

/// "le=0.1: 3.2/s" lines, in order of the bounds: a quantile is an interval between two of them.
std::string bucketWords(const std::expected<QueryResult, Fault> &buckets)
{
    if (!buckets)
        return {};
    std::vector<std::pair<double, double>> bounds;
    for (const auto &sample : buckets->samples) {
        const auto it = sample.labels.find("le");
        if (it != sample.labels.end())
            bounds.emplace_back(it->second == "+Inf" ? INFINITY : std::strtod(it->second.c_str(), nullptr), sample.value);
    }
    std::ranges::sort(bounds);
    std::string words;
    for (const auto &[bound, rate] : bounds)
        words += "\nle=" + (std::isinf(bound) ? "+Inf" : shown(bound)) + ": " + shown(rate) + "/s";
    return words;
}

void addQuantile(FactBatch &batch, PromClient &client, const Target &target, const char *name, const char *q, const std::string &buckets, bool isIdle, Deadline deadline)
{
    const auto promql = std::string("histogram_quantile(") + q + ", sum by (le) (rate(" + target.histogram + "_bucket[5m])))";
    if (isIdle) {
        batch.add(name, Unknown{"no traffic", {}}, "s", kBudget, promql);
        return;
    }
    const auto result = client.query(promql, deadline);
    batch.add(name, single(result), "s", kBudget, clamp(promql + buckets + warningsOf(result)));
}

/// The label that carries the HTTP status, "" when the histogram has none.
std::string statusLabel(PromClient &client, const std::string &count, Deadline deadline)
{
    const auto result = client.query("count by (code, status, status_code) (" + count + ")", deadline);
    if (!result)
        return {};
    for (const auto *label : {"code", "status", "status_code"}) {
        if (std::ranges::any_of(result->samples, [&](const Sample &s) { return s.labels.contains(label) && !s.labels.at(label).empty(); }))
            return label;
    }
    return {};
}

void addErrors(FactBatch &batch, PromClient &client, const std::string &count, bool isIdle, Deadline deadline)
{
    const auto label = statusLabel(client, count, deadline);
    if (label.empty() || isIdle) {
        batch.add("prometheus.error_ratio", Unknown{isIdle ? "no traffic" : "the histogram has no label code, status or status_code", {}}, "ratio", kBudget);
        return;
    }
    const auto promql = "(sum(rate(" + count + "{" + label + "=~\"5..\"}[5m])) or vector(0)) / sum(rate(" + count + "[5m]))";
    const auto result = client.query(promql, deadline);
    batch.add("prometheus.error_ratio", single(result), "ratio", kBudget, clamp(promql + warningsOf(result)));
}

void addNothing(FactBatch &batch, const Value &seen, const std::string &reason)
{
    batch.add("prometheus.latency_histogram_seen", seen, "", kBudget, reason);
    for (const auto &[name, unit] : {std::pair{"prometheus.latency_p95", "s"}, std::pair{"prometheus.latency_p99", "s"},
                                     std::pair{"prometheus.request_rate", "1/s"}, std::pair{"prometheus.error_ratio", "ratio"}})
        batch.add(name, Unknown{reason, {}}, unit, kBudget);
}

} // namespace

void addLatencyFacts(FactBatch &batch, PromClient &client, const Target &target, Deadline deadline)
{
    if (!isQueryName(target.histogram))
        return addNothing(batch, false, target.histogram.empty() ? "no latency histogram is declared" : "\"" + clamp(target.histogram, 80) + "\" is no metric name");
    // What is collected now: the rate below goes on for five minutes after the application has stopped to expose it.
    const auto seen = client.query("count(" + target.histogram + "_bucket)", deadline);
    if (!seen)
        return addNothing(batch, Unknown{seen.error().detail, seen.error().hint}, seen.error().detail);
    if (seen->samples.empty())
        return addNothing(batch, false, target.histogram + "_bucket has no series");
    const auto buckets = client.query("sum by (le) (rate(" + target.histogram + "_bucket[5m]))", deadline);
    if (!buckets || buckets->samples.empty())
        return addNothing(batch, true, buckets ? "no traffic" : buckets.error().detail); // a young series has one sample yet
    const auto count = target.histogram + "_count";
    const auto rate = client.query("sum(rate(" + count + "[5m]))", deadline);
    const auto rateValue = single(rate);
    const auto *perSecond = asNumber(rateValue);
    const bool isIdle = perSecond && *perSecond <= 0;
    batch.add("prometheus.latency_histogram_seen", true, "", kBudget, target.histogram);
    batch.add("prometheus.request_rate", rateValue, "1/s", kBudget, clamp("sum(rate(" + count + "[5m]))" + warningsOf(rate)));
    addQuantile(batch, client, target, "prometheus.latency_p95", "0.95", bucketWords(buckets), isIdle, deadline);
    addQuantile(batch, client, target, "prometheus.latency_p99", "0.99", bucketWords(buckets), isIdle, deadline);
    addErrors(batch, client, count, isIdle, deadline);
}

void addExporterFacts(FactBatch &batch, PromClient &client, const std::vector<ScrapeTarget> &targets, Deadline deadline)
{
    std::set<std::string> jobs;
    for (const auto &target : targets) {
        if (target.health == "up" && jobs.size() < 50)
            jobs.insert(target.job);
    }
    std::string words;
    for (const auto &job : jobs)
        words += (words.empty() ? "" : ", ") + job;
    batch.add("prometheus.exporters_up", words, "", kBudget);

    const auto result = client.query("pg_up == 1", deadline);
    const auto names = [](const Sample &sample, const char *label) {
        const auto it = sample.labels.find(label);
        const auto text = it == sample.labels.end() ? std::string() : http::lowered(it->second);
        return text.contains("postgres") || text.contains("pg");
    };
    const bool isUp = result && std::ranges::any_of(result->samples, [&](const Sample &s) { return names(s, "job") || names(s, "instance"); });
    batch.add("prometheus.database_exporter_up", result ? Value(isUp) : Value(Unknown{result.error().detail, {}}), "", kBudget, "pg_up == 1");
}

AlertmanagerView viewAlertmanager(PromClient &client, const std::string &url, Deadline deadline)
{
    AlertmanagerView view;
    view.url = url;
    const auto take = [&](const char *path, auto parse, auto &into) {
        if (view.fault)
            return;
        const auto bytes = client.getFrom(url, path, deadline);
        auto parsed = bytes ? parse(*bytes) : std::unexpected(bytes.error());
        if (parsed)
            into = std::move(*parsed);
        else
            view.fault = parsed.error();
    };
    take("/api/v2/status", parseAlertmanagerStatus, view.status);
    take("/api/v2/alerts?silenced=true&inhibited=true&active=true", parseAlertmanagerAlerts, view.alerts);
    take("/api/v2/silences", parseSilences, view.silences);
    take("/api/v2/receivers", parseReceivers, view.receivers);
    return view;
}

} // namespace muster::prometheus
