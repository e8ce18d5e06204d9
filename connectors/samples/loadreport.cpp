// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/loadreport.h"

#include "connectors/prometheus/promparser.h"
#include "models/facts/fact.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <initializer_list>

namespace muster::samples {

namespace {

using Json = nlohmann::json;

/// The finite, non-negative number at a path of keys.
std::optional<double> numberAt(const Json &json, std::initializer_list<const char *> path)
{
    const Json *at = &json;
    for (const auto *key : path) {
        if (!at->is_object() || !at->contains(key))
            return std::nullopt;
        at = &(*at)[key];
    }
    if (!at->is_number())
        return std::nullopt;
    const auto value = at->get<double>();
    return std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

std::string textAt(const Json &json, const char *key)
{
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
}

/// {"latencies":{"95th":41000000},"end":"2026-01-31T12:00:00Z","rate":100.1,"throughput":99.8,"success":1}: times in nanoseconds.
LoadReport vegeta(const Json &json)
{
    LoadReport report;
    report.tool = "vegeta";
    report.isOpen = true; // arrivals at a rate; the report does not tell -rate=0 apart
    report.requests = numberAt(json, {"requests"});
    report.success = numberAt(json, {"success"});
    if (const auto p95 = numberAt(json, {"latencies", "95th"}))
        report.p95 = *p95 / 1e9;
    if (const auto p99 = numberAt(json, {"latencies", "99th"}))
        report.p99 = *p99 / 1e9;
    report.rate = numberAt(json, {"throughput"});
    report.askedRate = numberAt(json, {"rate"});
    report.endedAt = prometheus::parseTime(textAt(json, "end"));
    return report;
}

/// {"tool":"muster","model":"open","asked_rate":50,"rate":49.9,"success":1,"latency":{"p95":0.012},"ended":"…"}: times in seconds.
LoadReport muster(const Json &json)
{
    LoadReport report;
    report.tool = "muster";
    report.requests = numberAt(json, {"requests"});
    report.success = numberAt(json, {"success"});
    report.p95 = numberAt(json, {"latency", "p95"});
    report.p99 = numberAt(json, {"latency", "p99"});
    report.rate = numberAt(json, {"rate"});
    report.askedRate = numberAt(json, {"asked_rate"});
    if (const auto model = textAt(json, "model"); !model.empty())
        report.isOpen = model == "open";
    report.stopped = clamp(textAt(json, "stopped"), 300);
    report.endedAt = prometheus::parseTime(textAt(json, "ended"));
    return report;
}

/// {"metrics":{"http_req_duration":{"p(95)":41.2},"http_reqs":{"rate":99.8},"http_req_failed":{"value":0}}}: times in milliseconds; inside
/// handleSummary the figures of a metric stand under "values", and a rate's is called "rate".
LoadReport k6(const Json &metrics)
{
    const auto figure = [&](const char *metric, const char *name) {
        const auto nested = numberAt(metrics, {metric, "values", name});
        return nested ? nested : numberAt(metrics, {metric, name});
    };
    LoadReport report;
    report.tool = "k6";
    if (const auto p95 = figure("http_req_duration", "p(95)"))
        report.p95 = *p95 / 1e3;
    if (const auto p99 = figure("http_req_duration", "p(99)"))
        report.p99 = *p99 / 1e3;
    report.requests = figure("http_reqs", "count");
    // Only the arrival-rate executors can drop iterations; without that metric the summary does not tell which executor ran.
    if (metrics.contains("dropped_iterations"))
        report.isOpen = true;
    auto failed = numberAt(metrics, {"http_req_failed", "values", "rate"});
    if (!failed)
        failed = numberAt(metrics, {"http_req_failed", "value"});
    if (failed)
        report.success = 1 - std::fmin(*failed, 1);
    const auto rate = figure("http_reqs", "rate");
    if (rate)
        report.rate = *rate * report.success.value_or(1);
    // An iteration is dropped when the asked arrival rate is not met.
    const auto done = figure("iterations", "count");
    if (rate && done && *done > 0)
        report.askedRate = *rate * (1 + figure("dropped_iterations", "count").value_or(0) / *done);
    return report;
}

} // namespace

std::string LoadReport::missing() const
{
    std::string words;
    const auto add = [&](bool isThere, const char *word) { words += isThere ? "" : (words.empty() ? "" : ", ") + std::string(word); };
    add(success.has_value(), "share of successes");
    add(p95 || p95AtMost, "95th percentile");
    add(rate.has_value(), "rate");
    return words;
}

std::expected<LoadReport, std::string> parseLoadReport(std::string_view text)
{
    const auto json = Json::parse(text, nullptr, false);
    if (json.is_object()) {
        if (textAt(json, "tool") == "muster")
            return muster(json);
        if (json.contains("latencies"))
            return vegeta(json);
        if (json.contains("metrics") && json["metrics"].is_object() && json["metrics"].contains("http_req_duration"))
            return k6(json["metrics"]);
        return std::unexpected("it is JSON, but neither vegeta's report nor k6's summary nor Muster's own");
    }
    if (auto report = parseLoadText(text))
        return std::move(*report);
    return std::unexpected("it is neither JSON nor the text of wrk or h2load");
}

} // namespace muster::samples
