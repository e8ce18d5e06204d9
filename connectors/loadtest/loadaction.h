// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/loadtest/loadresult.h"
#include "connectors/loadtest/target.h"
#include "connectors/net/interrupter.h"
#include "models/ports/action.h"

#include <atomic>
#include <expected>
#include <optional>
#include <stop_token>
#include <string>

namespace muster::loadtest {

/// A bounded load test of a declared endpoint at a steady rate, through h2load. GET only, without credentials, at the one address
/// that was looked at before. Ends itself on errors or slow answers, and writes the report that the check “load test” judges.
class LoadAction : public Action {
public:
    explicit LoadAction(Target target) : m_target(std::move(target)) {}

    [[nodiscard]] std::string name() const override { return "load-test"; }
    /// Asks once for each path. What is in the way is a failed check of the plan.
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    /// Reads the report back, as the source will.
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override;

private:
    /// The endpoint as it answers now.
    struct Seen {
        std::string address;  ///< "192.0.2.1:443"
        std::string identity; ///< origin, address and certificate: compared again before the run
    };
    Target m_target;
    net::Interrupter m_interrupter;
    std::stop_source m_stop;
    std::optional<std::string> m_written; ///< the report of the last run

    void addLimits(Plan &plan) const;
    void addPeak(Plan &plan) const;
    void addReport(Plan &plan) const;
    void addAnswers(Plan &plan, const Seen &seen, Deadline deadline);
    [[nodiscard]] std::expected<Seen, Fault> look(Deadline deadline);
    [[nodiscard]] Outcome outcomeOf(const Result &result) const;
};

} // namespace muster::loadtest
