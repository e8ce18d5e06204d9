// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/promjson.h"

#include "models/facts/fact.h"

namespace muster::prometheus {

using http::arrayAt;
using http::numberAt;
using http::objectAt;
using http::parseJson;
using http::parseNumber;
using http::textAt;
using http::truthAt;
using nlohmann::json;

namespace {

constexpr std::size_t kWarnings = 20;

Fault failureOf(const json &root)
{
    // {"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": …"}
    const auto type = textAt(root, "errorType");
    const auto words = type + ": " + textAt(root, "error");
    const auto kind = type == "timeout" || type == "canceled" ? FaultKind::Timeout : type == "unavailable" ? FaultKind::Unavailable : FaultKind::Protocol;
    return {kind, "query", clamp(words, 512), kind == FaultKind::Timeout ? "Ask for less, or raise the server's query timeout." : ""};
}

/// The envelope's whole object once its status is "success" and data is there.
std::expected<json, Fault> opened(std::string_view bytes, std::string_view what)
{
    auto root = parseJson(bytes, kDepth);
    if (!root || !root->is_object())
        return std::unexpected(malformed(what));
    if (textAt(*root, "status") == "error")
        return std::unexpected(failureOf(*root));
    if (textAt(*root, "status") != "success" || !root->contains("data"))
        return std::unexpected(malformed(what));
    return std::move(*root);
}

std::vector<std::string> warningsOf(const json &root)
{
    std::vector<std::string> words;
    for (const auto *key : {"warnings", "infos"}) {
        for (const auto &entry : arrayAt(root, key)) {
            if (entry.is_string() && words.size() < kWarnings)
                words.push_back(clamp(entry.get<std::string>(), 512));
        }
    }
    return words;
}

/// [1700000000.123, "0.5"]
std::optional<Point> pointOf(const json &pair)
{
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number() || !pair[1].is_string())
        return std::nullopt;
    const auto value = parseNumber(pair[1].get_ref<const std::string &>());
    return value ? std::optional(Point{pair[0].get<double>(), *value}) : std::nullopt;
}

std::string kept(const json &object, const char *key)
{
    return clamp(textAt(object, key), kLabelText);
}

constexpr std::size_t kQueryText = 4096;

Rule ruleOf(const json &group, const json &entry)
{
    Rule rule;
    rule.group = kept(group, "name");
    rule.interval = numberAt(group, "interval").value_or(0);
    rule.groupTime = numberAt(group, "evaluationTime").value_or(0);
    rule.labels = labelsOf(objectAt(entry, "labels"));
    rule.name = kept(entry, "name");
    rule.type = kept(entry, "type");
    rule.query = clamp(textAt(entry, "query"), kQueryText);
    rule.isWhole = textAt(entry, "query").size() <= kQueryText;
    rule.state = kept(entry, "state");
    rule.health = kept(entry, "health");
    rule.error = kept(entry, "lastError");
    rule.lastEvaluation = parseTime(textAt(entry, "lastEvaluation"));
    return rule;
}

} // namespace

Fault malformed(std::string_view what)
{
    return {FaultKind::Protocol, "protocol", "the answer to " + std::string(what) + " is not what the API describes", "Check that the address is the server's own (and its path prefix right)."};
}

Labels labelsOf(const json &object)
{
    Labels labels;
    if (!object.is_object())
        return labels;
    for (const auto &[name, value] : object.items()) {
        if (value.is_string() && labels.size() < 64)
            labels[clamp(name, 256)] = clamp(value.get_ref<const std::string &>(), kLabelText);
    }
    return labels;
}

std::string Alert::label(const std::string &name) const
{
    const auto it = labels.find(name);
    return it == labels.end() ? std::string() : it->second;
}

std::string Alert::annotation(const std::string &name) const
{
    const auto it = annotations.find(name);
    return it == annotations.end() ? std::string() : it->second;
}

std::expected<std::string, Fault> parseBuildVersion(std::string_view bytes)
{
    const auto root = opened(bytes, "status/buildinfo");
    if (!root)
        return std::unexpected(root.error());
    return kept((*root)["data"], "version");
}

std::expected<RuntimeInfo, Fault> parseRuntimeInfo(std::string_view bytes)
{
    // {"status":"success","data":{"startTime":"2026-01-31T12:00:00.1Z","reloadConfigSuccess":true,"lastConfigTime":"…"}}
    const auto root = opened(bytes, "status/runtimeinfo");
    if (!root)
        return std::unexpected(root.error());
    const auto &data = objectAt(*root, "data");
    return RuntimeInfo{parseTime(textAt(data, "startTime")), parseTime(textAt(data, "lastConfigTime")), truthAt(data, "reloadConfigSuccess")};
}

std::expected<std::vector<ScrapeTarget>, Fault> parseTargets(std::string_view bytes)
{
    // {"activeTargets":[{"labels":{"job":"node","instance":"a:9100"},"health":"up","lastScrape":"…","scrapeInterval":"15s"}]}
    const auto root = opened(bytes, "targets");
    if (!root)
        return std::unexpected(root.error());
    std::vector<ScrapeTarget> targets;
    for (const auto &entry : arrayAt(objectAt(*root, "data"), "activeTargets")) {
        const auto &labels = objectAt(entry, "labels");
        ScrapeTarget target{kept(labels, "job"), kept(labels, "instance"), kept(entry, "health"), kept(entry, "lastError"), 0, 0, 0, 0};
        target.lastScrape = parseTime(textAt(entry, "lastScrape"));
        target.interval = parseDuration(textAt(entry, "scrapeInterval"));
        target.timeout = parseDuration(textAt(entry, "scrapeTimeout"));
        target.duration = numberAt(entry, "lastScrapeDuration").value_or(0);
        targets.push_back(std::move(target));
    }
    return targets;
}

std::expected<std::vector<Rule>, Fault> parseRules(std::string_view bytes)
{
    const auto root = opened(bytes, "rules");
    if (!root)
        return std::unexpected(root.error());
    std::vector<Rule> rules;
    for (const auto &group : arrayAt(objectAt(*root, "data"), "groups")) {
        for (const auto &entry : arrayAt(group, "rules"))
            rules.push_back(ruleOf(group, entry));
    }
    return rules;
}

std::expected<std::vector<Alert>, Fault> parseAlerts(std::string_view bytes)
{
    const auto root = opened(bytes, "alerts");
    if (!root)
        return std::unexpected(root.error());
    std::vector<Alert> alerts;
    for (const auto &entry : arrayAt(objectAt(*root, "data"), "alerts"))
        alerts.push_back({labelsOf(objectAt(entry, "labels")), labelsOf(objectAt(entry, "annotations")), kept(entry, "state"), parseTime(textAt(entry, "activeAt")), {}});
    return alerts;
}

std::expected<std::vector<std::string>, Fault> parseNames(std::string_view bytes)
{
    // {"status":"success","data":["pg_up","up"]}
    const auto root = opened(bytes, "label values");
    if (!root)
        return std::unexpected(root.error());
    std::vector<std::string> names;
    for (const auto &entry : arrayAt(*root, "data")) {
        if (entry.is_string())
            names.push_back(entry.get_ref<const std::string &>());
    }
    return names;
}

std::expected<QueryResult, Fault> parseQuery(std::string_view bytes)
{
    // {"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000.1,"NaN"]}]}}
    const auto root = opened(bytes, "query");
    if (!root)
        return std::unexpected(root.error());
    const auto &data = objectAt(*root, "data");
    const auto type = textAt(data, "resultType");
    const auto &result = arrayAt(data, "result");
    QueryResult out{{}, warningsOf(*root)};
    if (type == "scalar") {
        const auto point = pointOf(result);
        if (!point)
            return std::unexpected(malformed("query"));
        out.samples.push_back({{}, point->time, point->value});
        return out;
    }
    if (type != "vector")
        return std::unexpected(malformed("query"));
    for (const auto &entry : result) {
        // A native histogram carries "histogram" instead of "value"; no query of ours asks for one.
        if (!entry.is_object() || !entry.contains("value"))
            continue;
        const auto point = pointOf(entry["value"]);
        if (!point)
            return std::unexpected(malformed("query"));
        out.samples.push_back({labelsOf(objectAt(entry, "metric")), point->time, point->value});
    }
    return out;
}

std::expected<RangeResult, Fault> parseRange(std::string_view bytes)
{
    const auto root = opened(bytes, "query_range");
    if (!root)
        return std::unexpected(root.error());
    const auto &data = objectAt(*root, "data");
    if (textAt(data, "resultType") != "matrix")
        return std::unexpected(malformed("query_range"));
    RangeResult out{{}, warningsOf(*root)};
    for (const auto &entry : arrayAt(data, "result")) {
        Series series{labelsOf(objectAt(entry, "metric")), {}};
        for (const auto &pair : arrayAt(entry, "values")) {
            const auto point = pointOf(pair);
            if (!point)
                return std::unexpected(malformed("query_range"));
            series.points.push_back(*point);
        }
        out.series.push_back(std::move(series));
    }
    return out;
}

Fault parseFailure(int status, std::string_view bytes)
{
    if (status == 401)
        return {FaultKind::Auth, "auth", "the server answers 401", "Check \"bearer\" in the environment file."};
    if (status == 403)
        return {FaultKind::Denied, "auth", "the server answers 403", "The token is known but may not read this API."};
    if (const auto root = parseJson(bytes, kDepth); root && root->is_object() && textAt(*root, "status") == "error")
        return failureOf(*root);
    const auto kind = status == 503 || status == 502 || status == 504 ? FaultKind::Unavailable : FaultKind::Protocol;
    return {kind, "protocol", "the server answers " + std::to_string(status) + ": " + clamp(bytes, 200), "Look at the server's log."};
}

} // namespace muster::prometheus
