// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/tools.h"
#include "connectors/backup/verifybackupaction.h"

#include <memory>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster::backup {

class Scratch;

/// Proof that a backup restores: into a scratch server of its major (see Scratch), where the declared queries are asked and tables and rows are
/// counted and compared with the live server's. The date and the duration are noted; nothing of the scratch server stays.
class DrillAction : public Action {
public:
    /// `id` "" = the newest.
    DrillAction(Set set, std::string id);

    [[nodiscard]] std::string name() const override { return "backup-drill"; }
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override;

private:
    /// What was found in one restored database.
    struct Counted {
        double tables = 0;
        double rows = 0;
        std::vector<std::string> names;
        std::map<std::string, double> rowsOf; ///< by quoted name
    };
    [[nodiscard]] std::expected<void, Fault> restore(Scratch &scratch, Work &work);
    [[nodiscard]] std::expected<void, Fault> examine(Scratch &scratch, Work &work, Drill &drill, Outcome &outcome);
    [[nodiscard]] std::expected<Counted, Fault> count(postgres::PgClient &client, const std::string &database, Work &work);
    [[nodiscard]] std::expected<void, Fault> ask(postgres::PgClient &client, Outcome &outcome);
    [[nodiscard]] std::expected<void, Fault> compareRows(const Counted &counted, Outcome &outcome);
    [[nodiscard]] std::expected<void, Fault> compare(const std::string &database, const Counted &counted, Outcome &outcome);

    const Set m_set;
    OneBackup m_one;
    std::stop_source m_stop;
    std::optional<Backup> m_backup;
    std::optional<Tools> m_tools;
    std::string m_superuser; ///< of the live cluster: a physical copy has the same
};

} // namespace muster::backup
