// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"
#include "connectors/backup/schedule.h"
#include "models/ports/source.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace muster::backup {

/// Facts backup.* of one set: what its driver shows, and (through the declared server) whose backups they are and who makes one now.
/// A server that does not answer costs only what it alone knows.
class BackupSource : public Source {
public:
    explicit BackupSource(Set set);

    [[nodiscard]] const std::string &id() const override { return m_id; }
    [[nodiscard]] Cadence cadence() const override;
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    void wantAll() noexcept override { m_wantsAll = true; }
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override;

private:
    /// What only the server knows.
    struct Seen {
        Value holder;
        std::vector<Running> activity;
    };
    [[nodiscard]] Seen askServer(Deadline deadline);
    void addSchedules(FactBatch &batch, Deadline deadline, const std::stop_token &stop);

    const Set m_set;
    const std::string m_id;
    std::unique_ptr<Driver> m_driver;
    std::unique_ptr<Server> m_server;
    Live m_live; ///< last known
    std::atomic<bool> m_wantsAll{false};
    std::optional<Schedules> m_schedules;
    BootTime m_schedulesAt{};
};

/// At least two good ones at a regular distance inside two windows, or one inside the window while less than two windows of history exist.
[[nodiscard]] bool isScheduleSeen(const std::vector<Backup> &newestFirst, Millis window, WallTime now);
/// The newest usable backup; with several declared databases, of dumps: the oldest of each one's newest. nullptr when one of them has none.
[[nodiscard]] const Backup *newestUsable(const std::vector<Backup> &newestFirst, const std::vector<std::string> &databases);

} // namespace muster::backup
