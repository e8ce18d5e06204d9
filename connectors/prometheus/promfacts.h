// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/promclient.h"
#include "models/facts/factbatch.h"

#include <vector>

namespace muster::prometheus {

inline constexpr Millis kBudget{30000}; ///< every fact here is asked for every 10 s

// Pure: structs to facts.
/// `now` is the server's own clock in epoch seconds, so that its ages do not depend on ours.
void addTargetFacts(FactBatch &batch, const std::vector<ScrapeTarget> &targets, double now);
void addRuleFacts(FactBatch &batch, const std::vector<Rule> &rules, double now);
void addAlertFacts(FactBatch &batch, const std::vector<Alert> &alerts);

/// One Alertmanager as this round found it; the fault where it could not be asked.
struct AlertmanagerView {
    std::string url;
    std::optional<Fault> fault;
    AlertmanagerStatus status;
    std::vector<Alert> alerts;
    std::vector<Silence> silences;
    std::vector<std::string> receivers;
};
void addAlertmanagerFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, const std::string &watchdog);

// With queries.
[[nodiscard]] AlertmanagerView viewAlertmanager(PromClient &client, const std::string &url, Deadline deadline);
/// Histogram, rate, errors and quantiles of the declared latency histogram.
void addLatencyFacts(FactBatch &batch, PromClient &client, const Target &target, Deadline deadline);
void addExporterFacts(FactBatch &batch, PromClient &client, const std::vector<ScrapeTarget> &targets, Deadline deadline);

} // namespace muster::prometheus
