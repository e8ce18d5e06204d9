// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/source.h"

#include <string>

namespace muster::samples {

struct LoadTestTarget {
    std::string id; ///< "loadtest/nightly"
    std::string report; ///< path
    Millis maxAge{0};
    Millis p95{0};
    double peakRate = 0; ///< requests a second that must be reached; 0 = not declared: what the test itself asked for
};

/// Reads a stored load test report; never makes load. Facts: section "audit, logs, …" of the catalogue.
class LoadTestSource : public Source
{
public:
    explicit LoadTestSource(LoadTestTarget target) : m_target(std::move(target)) {}

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override { return {Millis{30000}, Millis{120000}, Millis{5000}}; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override {} // a regular file's read cannot be woken

private:
    LoadTestTarget m_target;
};

} // namespace muster::samples
