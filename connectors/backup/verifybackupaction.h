// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"

#include <memory>
#include <optional>

namespace muster::backup {

/// What verify and drill share: one backup of a set, and the live server to compare with (if it answers).
class OneBackup {
public:
    OneBackup(const Set &set, std::string id);

    /// Finds the backup; the newest that is not being made for id "". Adds what it says about its server.
    [[nodiscard]] std::expected<Backup, Fault> find(Deadline deadline, const std::stop_token &stop);
    [[nodiscard]] std::expected<Backup, Fault> again(const std::stop_token &stop);
    /// Checks that every use of it needs.
    void check(const Backup &backup, Plan &plan) const;
    [[nodiscard]] Server *server() const { return m_hasAnswered ? m_server.get() : nullptr; }
    [[nodiscard]] Driver &driver() const { return *m_driver; }
    [[nodiscard]] const Live &live() const { return m_live; }
    void interrupt() noexcept;

private:
    const Set &m_set;
    const std::string m_id;
    std::unique_ptr<Driver> m_driver;
    std::unique_ptr<Server> m_server; ///< null without a declared server
    Live m_live;
    bool m_hasAnswered = false;
};

/// Reads one finished backup back in full. Writes only its verdict.
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
    const Set m_set;
    OneBackup m_one;
    std::stop_source m_stop;
    std::optional<Backup> m_backup;
};

} // namespace muster::backup
