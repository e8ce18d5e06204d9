// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/actionrun.h"
#include "models/engine/environmentinfo.h"
#include "models/ports/auditlog.h"

#include <QObject>
#include <QTimer>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace muster {

/// Runs every action the same way: preflight → plan → confirm → audit intent → run → verify → outcome → audit outcome.
/// Read-only unless armed; disarms itself after 15 minutes without a run. One run a target at a time.
class ActionRunner : public QObject
{
    Q_OBJECT
public:
    ActionRunner(const EnvironmentInfo &environment, std::shared_ptr<AuditLog> audit, QObject *parent = nullptr);
    ~ActionRunner() override;

    [[nodiscard]] bool isArmed() const { return m_isArmed; }
    /// Until disarmed or 15 minutes passed.
    void arm();
    void disarm();
    [[nodiscard]] Millis armedFor() const; ///< what is left

    /// Starts the preflight off-thread. The run belongs to the runner.
    ActionRun *prepare(std::unique_ptr<Action> action);
    [[nodiscard]] std::vector<ActionRun *> runs() const;
    /// Drops a run that is not active.
    void forget(ActionRun *run);
    [[nodiscard]] const EnvironmentInfo &environment() const { return m_environment; }
    /// The last run of an action ("mail-test") that ended, forgotten or not; null when none did.
    struct Ended {
        Plan plan;
        Outcome outcome;
        WallTime at{};
    };
    [[nodiscard]] const Ended *lastEnded(const std::string &action) const;
    /// Cancels what runs and waits at most two seconds.
    void shutdown();

Q_SIGNALS:
    void armedChanged(bool isArmed);
    void runAdded(muster::ActionRun *run);
    void runFinished(muster::ActionRun *run);
    void runsChanged();

private:
    friend class ActionRun;
    [[nodiscard]] std::expected<void, std::string> mayRun(const ActionRun &run, const std::string &typedName) const;

    EnvironmentInfo m_environment;
    std::shared_ptr<AuditLog> m_audit; ///< shared with the threads of runs, which may outlive us by a moment
    std::vector<std::unique_ptr<ActionRun>> m_runs;
    std::map<std::string, Ended> m_ended; ///< by action
    QTimer m_disarmTimer;
    BootTime m_armedUntil{};
    bool m_isArmed = false;
    int m_counter = 0;
};

} // namespace muster
