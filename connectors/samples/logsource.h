// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/samples/logsample.h"
#include "models/ports/source.h"

#include <string>

namespace muster::samples {

struct LogTarget {
    std::string id; ///< "log/api"
    std::string path;
    LogFormat format = LogFormat::Json;
};

/// Reads the last 64 KiB of one log file. Facts: section "audit, logs, …" of the catalogue.
class LogSource : public Source
{
public:
    explicit LogSource(LogTarget target) : m_target(std::move(target)) {}

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override { return {Millis{10000}, Millis{30000}, Millis{5000}}; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override {} // a regular file's read cannot be woken

private:
    LogTarget m_target;
};

} // namespace muster::samples
