// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/action.h"

#include <QObject>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster {

class ActionRunner;
class ActionWorker;

/// One intended run of one action, from preflight to outcome. Owned by the runner, kept until forgotten, so that a sheet sent to the
/// background can be found again. Lives on the GUI thread; signals arrive there.
class ActionRun : public QObject
{
    Q_OBJECT
public:
    enum class State { Preflight, Planned, PreflightFailed, Running, Verifying, Finished };

    ~ActionRun() override;

    [[nodiscard]] const std::string &id() const { return m_id; }         ///< also the audit id
    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] const Plan &plan() const { return m_plan; }             ///< from Planned on
    [[nodiscard]] const std::optional<Fault> &fault() const { return m_fault; } ///< PreflightFailed
    [[nodiscard]] const Progress &progress() const { return m_progress; }
    [[nodiscard]] const std::vector<std::string> &log() const { return m_log; } ///< progress messages, at most 500
    [[nodiscard]] const Outcome &outcome() const { return m_outcome; }    ///< Finished
    [[nodiscard]] bool isActive() const;
    [[nodiscard]] bool canPause() const;
    [[nodiscard]] bool isPaused() const;
    [[nodiscard]] Millis elapsed() const; ///< since run started

    /// Makes the plan anew (after it expired).
    void replan();
    /// Runs exactly the plan that was shown. `typedName` must equal the environment's name on production.
    /// Refused with a sentence when the plan expired or has a failed check, the console is not armed, or the name is wrong; nothing was done then.
    [[nodiscard]] std::expected<void, std::string> confirm(const std::string &typedName, const std::string &reason);
    /// The action ends between two steps; after 900 ms it is interrupted, so that the outcome follows within a second.
    void cancel();
    [[nodiscard]] bool isCancelling() const { return m_isCancelling; }
    void setPaused(bool isPaused);

Q_SIGNALS:
    void changed();               ///< state, plan, fault
    void progressed();            ///< at most 4 a second
    void finished();

private:
    friend class ActionRunner;
    ActionRun(ActionRunner &runner, std::unique_ptr<Action> action, std::string id);

    void setState(State state);
    void onPlanned(std::expected<Plan, Fault> plan);
    void onProgress(std::vector<Progress> steps);
    void onFinished(Outcome outcome);

    ActionRunner &m_runner;
    std::string m_id;
    State m_state = State::Preflight;
    Plan m_plan;
    std::optional<Fault> m_fault;
    Progress m_progress;
    std::vector<std::string> m_log;
    Outcome m_outcome;
    BootTime m_startedAt{};
    BootTime m_endedAt{};
    bool m_isCancelling = false;
    std::shared_ptr<ActionWorker> m_worker;
};

} // namespace muster
