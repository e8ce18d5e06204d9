// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/promparser.h"
#include "models/facts/factbatch.h"

#include <deque>
#include <optional>
#include <string_view>

namespace muster::prometheus {

/// What Prometheus exposes of its own way to Alertmanager, summed over the Alertmanagers.
struct DeliveryCounters {
    double time = 0; ///< seconds
    bool isSettling = false; ///< the configuration was loaded moments ago: for some 5 s Prometheus knows no Alertmanager, and drops what it will send again
    double sent = 0;
    double errors = 0;
    double dropped = 0;
    std::optional<double> discovered;
    std::optional<double> queued;
    std::optional<double> capacity;
};
/// From its /metrics (text or OpenMetrics, by Content-Type); nothing where it is no Prometheus server's.
[[nodiscard]] std::optional<DeliveryCounters> parseDelivery(std::string_view body, std::string_view contentType, double time);

/// Deltas over the last ten minutes that were watched. Not thread-safe.
class DeliveryWatch {
public:
    void add(const DeliveryCounters &counters);
    /// prometheus.alertmanagers_discovered, notifications_*.
    void addFacts(FactBatch &batch) const;
    void clear() { m_seen.clear(); }

private:
    std::deque<DeliveryCounters> m_seen; ///< at most 600 s, at least one
};

} // namespace muster::prometheus
