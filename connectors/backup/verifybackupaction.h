// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/catalogue.h"
#include "connectors/backup/server.h"
#include "connectors/backup/tools.h"
#include "models/ports/action.h"

#include <memory>
#include <optional>

namespace muster::backup {

/// Reads one finished backup back in full: hashes and archives of Muster's own, the archive of anybody else's. Writes only its verdict.
class VerifyBackupAction : public Action {
public:
    /// `id` "" = the newest.
    VerifyBackupAction(Set set, std::string id);

    [[nodiscard]] std::string name() const override { return "backup-verify"; }
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override;

private:
    [[nodiscard]] std::string liveIdentity(Deadline deadline);
    [[nodiscard]] std::expected<void, Fault> read(const RunControl &control);
    [[nodiscard]] std::expected<void, Fault> record(const std::string &problem) const;

    const Set m_set;
    const std::string m_id;
    std::unique_ptr<Server> m_server; ///< null without a declared server
    std::stop_source m_stop;
    std::optional<Backup> m_backup;
    std::optional<Tools> m_tools;
};

} // namespace muster::backup
