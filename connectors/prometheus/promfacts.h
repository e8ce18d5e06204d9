// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/alertrouting.h"
#include "connectors/prometheus/promclient.h"
#include "connectors/prometheus/rates.h"
#include "models/facts/factbatch.h"

#include <vector>

namespace muster::prometheus {

inline constexpr Millis kBudget{30000}; ///< every fact here is asked for every 10 s
inline constexpr Millis kPathBudget{150000}; ///< every minute

[[nodiscard]] Table tableOf(std::vector<Column> columns);
void addRow(Table &table, std::vector<Cell> row); ///< rows over the limit are cut, and the table says so
[[nodiscard]] Cell epochCell(double at);

// Pure: structs to facts.
/// `now` is the server's own clock in epoch seconds, so that its ages do not depend on ours.
void addTargetFacts(FactBatch &batch, const std::vector<ScrapeTarget> &targets, double now);
/// `settled`: when the configuration that runs was loaded, in epoch seconds.
void addRuleFacts(FactBatch &batch, const std::vector<Rule> &rules, double now, double settled);
/// prometheus.alert_covers_*: does a healthy alerting rule watch for this class of trouble?
void addCoverageFacts(FactBatch &batch, const std::vector<Rule> &rules, const Target &target);
void addAlertFacts(FactBatch &batch, const std::vector<Alert> &alerts);

/// One Alertmanager as this round found it; the fault where it could not be asked.
struct AlertmanagerView {
    std::string url;
    std::optional<Fault> fault;
    AlertmanagerStatus status;
    std::expected<Routing, Fault> routing;
    std::vector<Alert> alerts;
    std::vector<Silence> silences;
};
/// `now` in epoch seconds, for what is left of silences.
void addAlertmanagerFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, const std::string &watchdog, double now);
/// Where the alerts of these rules would go.
void addRoutingFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, const std::vector<Rule> &rules, const std::string &watchdog);

// With queries.
[[nodiscard]] AlertmanagerView viewAlertmanager(PromClient &client, const std::string &url, Deadline deadline);
/// "between 0.25 and 0.5 s": the bucket that the quantile lies in.
[[nodiscard]] std::string boundsText(const Quantile &quantile);
/// The label that carries the HTTP status, "" when the counter has none.
[[nodiscard]] std::string errorLabel(PromClient &client, const std::string &count, Deadline deadline);
/// Histogram, rate, errors and quantiles of the declared latency histogram. Returns the label of the HTTP status, "" for none.
/// `freshness`: s, up to which age of its last sample a series is collected now.
std::string addLatencyFacts(FactBatch &batch, PromClient &client, const Target &target, double freshness, Deadline deadline);
/// prometheus.paths_undocumented: of the histogram's paths, those that no document of `target.documented` has. False: try again soon.
bool addPathFacts(FactBatch &batch, PromClient &client, const Target &target, Deadline deadline);
/// prometheus.filesystem*: free space of the declared filesystems and how long it lasts; n/a where none is declared.
void addFilesystemFacts(FactBatch &batch, PromClient &client, const Target &target, Deadline deadline);
void addExporterFacts(FactBatch &batch, PromClient &client, const std::vector<ScrapeTarget> &targets, Deadline deadline);

} // namespace muster::prometheus
