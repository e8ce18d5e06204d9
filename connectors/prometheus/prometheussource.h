// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/authguard.h"
#include "connectors/prometheus/blindrules.h"
#include "connectors/prometheus/delivery.h"
#include "connectors/prometheus/promclient.h"
#include "connectors/prometheus/promfacts.h"
#include "models/facts/customfact.h"
#include "models/ports/source.h"

#include <string>
#include <vector>

namespace muster::prometheus {

/// The facts prometheus.* of one server and its Alertmanagers. One thread, the Poller's; interrupt() from any.
class PrometheusSource : public Source {
public:
    explicit PrometheusSource(Target target, std::vector<CustomFact> custom = {});

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override;
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override { m_interrupter.interrupt(); }
    void wantAll() noexcept override { m_custom.wantAll(); }

private:
    Target m_target;
    net::Interrupter m_interrupter;
    PromClient m_client;
    AuthGuard m_guard;
    DeliveryWatch m_delivery;
    CustomFacts m_custom;
    BlindRules m_blind;
    std::optional<BootTime> m_burnAt;
    std::string m_burnLabel;
    std::optional<BootTime> m_pathsAt;
    double m_configLoaded = 0; ///< epoch seconds, by the server's clock
    double m_freshness = 0; ///< s; the age up to which a series is collected now

    [[nodiscard]] std::expected<FactBatch, Fault> observe(Deadline deadline);
    /// runtimeinfo, buildinfo, targets, rules, alerts; the fault of the first that failed.
    [[nodiscard]] std::expected<void, Fault> addServerFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, double now, Deadline deadline);
    void watchDelivery(FactBatch &batch, double now, Deadline deadline);
    void watchPaths(FactBatch &batch, Deadline deadline);
};

} // namespace muster::prometheus
