// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace muster::backup {

/// Makes a backup of a set, whatever its driver, and has it read back in full before it is called verified. Holds the set's advisory lock from run
/// to the end of verify.
class BackupAction : public Action {
public:
    explicit BackupAction(Set set);

    [[nodiscard]] std::string name() const override { return "backup"; }
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override;

private:
    [[nodiscard]] std::optional<Outcome> obstacle(const Plan &plan);
    [[nodiscard]] std::expected<Backup, Fault> made();
    [[nodiscard]] std::expected<void, Fault> prove(Work &work);
    [[nodiscard]] Outcome discarded();

    const Set m_set;
    Server m_server;
    std::unique_ptr<Driver> m_driver;
    std::stop_source m_stop; ///< ends whatever runs
    std::string m_identity;
    std::string m_id;        ///< of the finished backup
};

/// The end of a job that failed, or that was cancelled with nothing left behind.
[[nodiscard]] Outcome failedOutcome(const Fault &fault, const std::string &whatFailed, const std::string &transcript);
[[nodiscard]] Outcome refusedOutcome(const std::string &why);

} // namespace muster::backup
