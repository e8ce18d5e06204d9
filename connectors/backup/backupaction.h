// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/dumpjob.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace muster::backup {

/// Makes a backup of a set and reads it back in full before it is called verified. Holds the set's advisory lock from run to the end of verify.
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
    [[nodiscard]] std::expected<void, Fault> proveFinal(const std::string &path, Manifest &manifest, const RunControl &control);
    void removeOutdated(Outcome &outcome) const;
    [[nodiscard]] Outcome discard(const std::string &path);

    const Set m_set;
    Server m_server;
    std::stop_source m_stop; ///< ends whatever runs
    Prepared m_prepared;
    std::string m_path;      ///< of the finished backup
};

} // namespace muster::backup
