// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/httpclient.h"
#include "connectors/prometheus/authguard.h"
#include "connectors/prometheus/target.h"
#include "models/ports/source.h"

#include <optional>
#include <string>

namespace muster::prometheus {

/// The facts metrics.* of one exposition, read as a Prometheus would. One thread, the Poller's; interrupt() from any.
class MetricsSource : public Source {
public:
    explicit MetricsSource(MetricsTarget target);

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override;
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override { m_interrupter.interrupt(); }

private:
    MetricsTarget m_target;
    net::Interrupter m_interrupter;
    http::HttpClient m_client;
    AuthGuard m_guard;

    [[nodiscard]] std::expected<http::Response, Fault> scrape(Deadline deadline);
};

} // namespace muster::prometheus
