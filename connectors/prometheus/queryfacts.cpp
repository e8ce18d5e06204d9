// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/headers.h"
#include "connectors/http/json.h"
#include "connectors/prometheus/burnrate.h"
#include "connectors/prometheus/promfacts.h"
#include "connectors/prometheus/rates.h"

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

std::vector<Bucket> bucketsOf(const QueryResult &result)
{
    std::vector<Bucket> buckets;
    for (const auto &sample : result.samples) {
        const auto it = sample.labels.find("le");
        const auto bound = it == sample.labels.end() ? std::nullopt : http::parseNumber(it->second);
        if (bound)
            buckets.push_back({*bound, sample.value});
    }
    std::ranges::sort(buckets, {}, &Bucket::bound);
    return buckets;
}

/// "le=0.1: 3.2/s" lines.
std::string bucketWords(const std::vector<Bucket> &buckets)
{
    std::string words;
    for (const auto &[bound, rate] : buckets)
        words += "\nle=" + (std::isinf(bound) ? "+Inf" : shown(bound)) + ": " + shown(rate) + "/s";
    return words;
}

void addSlo(FactBatch &batch, const std::vector<Bucket> &buckets, double slo)
{
    batch.add("prometheus.latency_slo", slo > 0 ? Value(slo) : Value(NotApplicable{"no target (\"slo\") is declared"}), "s", kBudget);
    if (slo <= 0) {
        batch.add("prometheus.latency_within_slo", NotApplicable{"no target (\"slo\") is declared"}, "ratio", kBudget);
        return;
    }
    const auto at = std::ranges::find_if(buckets, [&](const Bucket &bucket) { return std::abs(bucket.bound - slo) <= 1e-9 * slo; });
    const bool isExact = at != buckets.end();
    const double total = buckets.empty() ? 0 : buckets.back().count;
    Value value = Unknown{"no bucket at " + shown(slo) + " s: the share within the target cannot be told", "Add the target to the histogram's buckets."};
    if (isExact)
        value = total > 0 ? Value(at->count / total) : Value(Unknown{"no traffic", {}});
    batch.add("prometheus.latency_within_slo", value, "ratio", kBudget, "bucket le=" + shown(slo) + " over le=+Inf");
}

void addErrors(FactBatch &batch, PromClient &client, const std::string &count, const std::string &label, bool isIdle, Deadline deadline)
{
    batch.add("prometheus.errors_measurable", !label.empty(), "", kBudget, "a label code, status or status_code on " + count);
    if (label.empty() || isIdle) {
        batch.add("prometheus.error_ratio", Unknown{isIdle ? "no traffic" : "the histogram has no label code, status or status_code", {}}, "ratio", kBudget);
        return;
    }
    const auto promql = errorRatioQuery(count, label, "5m");
    const auto result = client.query(promql, deadline);
    batch.add("prometheus.error_ratio", single(result), "ratio", kBudget, clamp(promql + warningsOf(result)));
}

void addNothing(FactBatch &batch, const Value &seen, const std::string &reason)
{
    batch.add("prometheus.latency_histogram_seen", seen, "", kBudget, reason);
    batch.add("prometheus.errors_measurable", Unknown{reason, {}}, "", kBudget);
    for (const auto &[name, unit] : {std::pair{"prometheus.latency_p95", "s"}, std::pair{"prometheus.latency_p99", "s"}, std::pair{"prometheus.latency_p95_bounds", ""},
                                     std::pair{"prometheus.latency_p99_bounds", ""}, std::pair{"prometheus.latency_within_slo", "ratio"},
                                     std::pair{"prometheus.request_rate", "1/s"}, std::pair{"prometheus.error_ratio", "ratio"}})
        batch.add(name, Unknown{reason, {}}, unit, kBudget);
}

/// Prometheus would compute the same from the same buckets (histogram_quantile), and would not say between which two bounds it guesses.
void addQuantile(FactBatch &batch, const std::string &name, double q, const std::vector<Bucket> &buckets, const std::string &raw)
{
    const auto found = histogramQuantile(q, buckets);
    const bool isKnown = std::isfinite(found.value);
    batch.add(name, isKnown ? Value(found.value) : Value(Unknown{"no traffic", {}}), "s", kBudget, raw);
    batch.add(name + "_bounds", isKnown ? Value(boundsText(found)) : Value(Unknown{"no traffic", {}}), "", kBudget);
}

} // namespace

std::string boundsText(const Quantile &quantile)
{
    if (std::isinf(quantile.upper))
        return "above " + shown(quantile.lower) + " s, the last bound";
    return "between " + shown(quantile.lower) + " and " + shown(quantile.upper) + " s";
}

std::string errorLabel(PromClient &client, const std::string &count, Deadline deadline)
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

std::string addLatencyFacts(FactBatch &batch, PromClient &client, const Target &target, double freshness, Deadline deadline)
{
    const auto nothing = [&](const Value &seen, const std::string &reason) {
        addNothing(batch, seen, reason);
        return std::string();
    };
    if (!isQueryName(target.histogram))
        return nothing(false, target.histogram.empty() ? "no latency histogram is declared" : '"' + clamp(target.histogram, 80) + "\" is no metric name");
    // What is collected now: the rate below goes on for five minutes after the application has stopped to expose it, and so does the series
    // itself when Prometheus was killed in between and could not mark its end.
    const auto seen = client.query("count(time() - timestamp(" + target.histogram + "_bucket) < " + shown(freshness) + ")", deadline);
    if (!seen)
        return nothing(Unknown{seen.error().detail, seen.error().hint}, seen.error().detail);
    if (seen->samples.empty())
        return nothing(false, target.histogram + "_bucket has no series of the last " + shown(freshness) + " s");
    const auto count = target.histogram + "_count";
    const auto promql = "sum by (le) (rate(" + target.histogram + "_bucket[5m]))";
    const auto rates = client.query(promql, deadline);
    const auto buckets = rates ? bucketsOf(*rates) : std::vector<Bucket>();
    const auto label = errorLabel(client, count, deadline);
    if (buckets.empty()) {
        addNothing(batch, true, rates ? "no traffic" : rates.error().detail); // a young series has one sample yet
        return label;
    }
    const auto rate = client.query("sum(rate(" + count + "[5m]))", deadline);
    const auto perSecond = single(rate);
    const bool isIdle = asNumber(perSecond) && *asNumber(perSecond) <= 0;
    const auto raw = clamp(promql + bucketWords(buckets) + warningsOf(rates));
    batch.add("prometheus.latency_histogram_seen", true, "", kBudget, target.histogram);
    batch.add("prometheus.request_rate", perSecond, "1/s", kBudget, clamp("sum(rate(" + count + "[5m]))" + warningsOf(rate)));
    addQuantile(batch, "prometheus.latency_p95", 0.95, buckets, raw);
    addQuantile(batch, "prometheus.latency_p99", 0.99, buckets, raw);
    addSlo(batch, buckets, target.slo);
    addErrors(batch, client, count, label, isIdle, deadline);
    return label;
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
    if (!view.fault)
        view.routing = parseRouting(view.status.config);
    take("/api/v2/alerts?silenced=true&inhibited=true&active=true", parseAlertmanagerAlerts, view.alerts);
    take("/api/v2/silences", parseSilences, view.silences);
    return view;
}

} // namespace muster::prometheus
