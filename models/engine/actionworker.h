// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/mailbox.h"
#include "models/ports/action.h"
#include "models/ports/auditlog.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace muster {

/// The thread side of one ActionRun: preflight, then (once confirmed) audit intent, run, verify, audit outcome.
/// Shared with its threads, so that one that does not come back can be left alone.
class ActionWorker : public std::enable_shared_from_this<ActionWorker>
{
public:
    struct Events { ///< all run on the receiver's thread
        std::function<void(std::expected<Plan, Fault>)> planned;
        std::function<void(std::vector<Progress>)> progressed;
        std::function<void()> verifying;
        std::function<void(Outcome)> finished;
    };

    ActionWorker(std::unique_ptr<Action> action, std::shared_ptr<AuditLog> audit, QObject *receiver, Events events);

    void startPreflight();
    void startRun(const std::string &id, const std::string &environment, Plan plan, const std::string &reason);
    void requestStop();
    void interrupt();
    void setPaused(bool isPaused);
    [[nodiscard]] bool isPaused() const;
    [[nodiscard]] bool canPause() const { return m_action->canPause(); }
    [[nodiscard]] std::string actionName() const { return m_action->name(); }
    /// Nobody listens any more.
    void close() { m_mailbox.close(); }
    /// True when no thread of ours runs within `left`.
    [[nodiscard]] bool waitIdle(Millis left);

private:
    void work(std::function<void()> job);
    [[nodiscard]] Outcome perform(const std::string &id, const std::string &environment, const Plan &plan, const std::string &reason);
    void report(const Progress &progress);
    void flushProgress();

    std::unique_ptr<Action> m_action;
    std::shared_ptr<AuditLog> m_audit;
    Mailbox m_mailbox;
    Events m_events;
    std::stop_source m_stop;
    std::unique_ptr<RunControl> m_control;

    mutable std::mutex m_mutex; ///< guards all below
    std::condition_variable m_idle;
    int m_running = 0;
    std::vector<Progress> m_pending;
    BootTime m_lastFlush{};
};

} // namespace muster
