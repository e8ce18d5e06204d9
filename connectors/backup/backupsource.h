// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/catalogue.h"
#include "connectors/backup/server.h"
#include "models/ports/source.h"

#include <memory>
#include <string>
#include <vector>

namespace muster::backup {

/// Facts backup.* of one set: the directory, and (through the declared server) whose backups they are and who makes one now.
/// A server that does not answer costs only backup.holder.
class BackupSource : public Source {
public:
    explicit BackupSource(Set set);

    [[nodiscard]] const std::string &id() const override { return m_id; }
    [[nodiscard]] Cadence cadence() const override { return {Millis(5000), Millis(30000), Millis(8000)}; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override;

private:
    [[nodiscard]] Value holder(Deadline deadline);

    const Set m_set;
    const std::string m_id;
    std::unique_ptr<Server> m_server;
    std::string m_systemIdentifier; ///< last known
};

/// At least two good ones at a regular distance inside two windows, or one inside the window while less than two windows of history exist.
[[nodiscard]] bool isScheduleSeen(const std::vector<Backup> &newestFirst, Millis window, WallTime now);

} // namespace muster::backup
