// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Pure parsers of the HTTP API v1 (JSON bytes in, structs out). The bytes were capped by the client; the depth is capped here.
/// Every text came from a server. Faults: kind Protocol for a form that the API does not have, else what errorType says.
namespace muster::prometheus {

using Labels = std::map<std::string, std::string>;

/// A sample of an instant vector or a scalar. `value` may be NaN or infinite.
struct Sample {
    Labels labels;
    double time = 0; ///< epoch seconds
    double value = 0;
};
struct QueryResult {
    std::vector<Sample> samples;
    std::vector<std::string> warnings; ///< warnings and infos; must be shown
};

struct Point {
    double time = 0;
    double value = 0;
};
/// One line of a range query.
struct Series {
    Labels labels;
    std::vector<Point> points;
};
struct RangeResult {
    std::vector<Series> series;
    std::vector<std::string> warnings;
};

struct RuntimeInfo {
    double startTime = 0;      ///< epoch seconds
    double lastConfigTime = 0; ///< epoch seconds
    bool isReloadGood = false;
};

struct ScrapeTarget {
    std::string job;
    std::string instance;
    std::string health;    ///< up, down, unknown
    std::string error;
    double lastScrape = 0; ///< epoch seconds; 0 = never
    double interval = 0;   ///< seconds
    double duration = 0;   ///< of the last scrape, seconds
    double timeout = 0;    ///< seconds, never over the interval; what takes longer is lost
};

struct Rule {
    std::string group;
    std::string name;
    std::string type;   ///< alerting, recording
    std::string query;
    std::string state;  ///< inactive, pending, firing; "" for recording rules
    std::string health; ///< ok, err, unknown
    std::string error;
    double lastEvaluation = 0; ///< epoch seconds; 0 = never
    double interval = 0;       ///< of the group, seconds
    double groupTime = 0;      ///< how long the group's last evaluation took, seconds
    Labels labels;             ///< those that the rule adds
    bool isWhole = true;       ///< `query` was not cut
    bool isBlind = false;      ///< reads a metric that does not exist: see blindrules.h
    [[nodiscard]] bool isAlerting() const { return type == "alerting"; }
};

struct Alert {
    Labels labels;
    Labels annotations;
    std::string state;   ///< pending, firing; for Alertmanager active, suppressed, unprocessed
    double activeAt = 0; ///< epoch seconds
    std::vector<std::string> receivers; ///< Alertmanager only
    [[nodiscard]] std::string label(const std::string &name) const;
    [[nodiscard]] std::string annotation(const std::string &name) const;
};

[[nodiscard]] std::expected<std::string, Fault> parseBuildVersion(std::string_view bytes);
[[nodiscard]] std::expected<RuntimeInfo, Fault> parseRuntimeInfo(std::string_view bytes);
[[nodiscard]] std::expected<std::vector<ScrapeTarget>, Fault> parseTargets(std::string_view bytes);
[[nodiscard]] std::expected<std::vector<Rule>, Fault> parseRules(std::string_view bytes);
[[nodiscard]] std::expected<std::vector<Alert>, Fault> parseAlerts(std::string_view bytes);
/// The values of a label.
[[nodiscard]] std::expected<std::vector<std::string>, Fault> parseNames(std::string_view bytes);
[[nodiscard]] std::expected<QueryResult, Fault> parseQuery(std::string_view bytes);
[[nodiscard]] std::expected<RangeResult, Fault> parseRange(std::string_view bytes);
/// The fault of an answer that is no success: its errorType and error where it is an envelope, else its status.
[[nodiscard]] Fault parseFailure(int status, std::string_view bytes);

/// "1m30s", "15s", "500ms", "1d" as seconds; 0 when malformed.
[[nodiscard]] double parseDuration(std::string_view text);
/// "2023-02-20T12:34:56.789+01:00", "…Z" as epoch seconds; 0 when malformed or Go's zero time.
[[nodiscard]] double parseTime(std::string_view text);

// Alertmanager API v2.

struct AlertmanagerStatus {
    std::string version;
    std::string cluster;         ///< ready, settling, disabled
    std::string config;          ///< as it runs, YAML, secrets masked by Alertmanager; at most 1 MiB
};
struct Silence {
    std::string id;
    std::string matchers; ///< as amtool writes them: a="b", c=~"d"
    std::string createdBy;
    std::string comment;
    std::string state;    ///< active, pending, expired
    double endsAt = 0;    ///< epoch seconds
    bool isOverEverything = false; ///< no matcher leaves an alert out that has its label (alertname=~".+")
};
[[nodiscard]] std::expected<AlertmanagerStatus, Fault> parseAlertmanagerStatus(std::string_view bytes);
[[nodiscard]] std::expected<std::vector<Alert>, Fault> parseAlertmanagerAlerts(std::string_view bytes);
[[nodiscard]] std::expected<std::vector<Silence>, Fault> parseSilences(std::string_view bytes);

} // namespace muster::prometheus
