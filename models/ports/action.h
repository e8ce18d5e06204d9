// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"
#include "models/ports/deadline.h"

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

enum class PlanCheckState : std::uint8_t { Passed, Warned, Failed };

/// One thing that was looked at before the action. A failed one disables Run and says why.
struct PlanCheck {
    std::string title; ///< "pg_dump 15.18 matches server 15.18"
    PlanCheckState state = PlanCheckState::Passed;
    std::string detail;
};

/// One line of "what changes" or of the result: label and value, both plain text.
struct PlanLine {
    std::string label;
    std::string value;
};

/// What exactly would be done. Made by preflight, shown as it is, and run as it is or not at all.
struct Plan {
    std::string action;  ///< "backup", "flush", "mail-test"
    std::string title;   ///< "Back up “nightly” from primary"
    std::string target;  ///< the source id: "postgres/primary"
    std::string identity; ///< the server's own identity: system identifier, run_id, host and port; compared again before run
    std::vector<PlanLine> changes; ///< with counts, bytes, sample
    std::vector<PlanCheck> checks;
    std::string command; ///< what runs, in words
    bool isDestructive = false;
    Stamp made;          ///< set by the runner
    Millis validFor{60000};

    [[nodiscard]] bool isAllowed() const;
    /// The title of the first failed check, or "".
    [[nodiscard]] std::string firstObstacle() const;
    [[nodiscard]] bool isExpired(BootTime now) const { return now - made.boot > validFor; }
};

/// Progress that is true: `total` only where it is known.
struct Progress {
    std::string phase;          ///< "counting", "deleting", "copying orders", "verifying"
    double done = 0;
    std::optional<double> total;
    std::string unit;           ///< "keys", "B", "tables"
    std::string message;        ///< one line for the log of the sheet
};

enum class OutcomeKind : std::uint8_t {
    Succeeded, ///< done AND verified
    Failed,
    Cancelled,
    Refused,   ///< nothing was done
    Unknown,   ///< a reply was lost; never retried by itself
};

/// "succeeded", "refused", ...
[[nodiscard]] std::string_view toString(OutcomeKind kind);

struct Outcome {
    OutcomeKind kind = OutcomeKind::Failed;
    std::string summary;           ///< one sentence
    std::vector<PlanLine> details; ///< counts, durations, ids, paths, replies
    std::string howToFindOut;      ///< for Unknown
    std::string transcript;        ///< full protocol or tool output, secrets masked; may be empty
};

/// Handed to a running action. Everything in it is thread-safe.
class RunControl {
public:
    RunControl(std::stop_token stop, std::function<void(const Progress &)> report) : m_stop(std::move(stop)), m_report(std::move(report)) {}

    [[nodiscard]] bool isCancelled() const { return m_stop.stop_requested(); }
    [[nodiscard]] std::stop_token stopToken() const { return m_stop; }
    /// The operator may pause a run; actions that can (flush) wait between two steps.
    [[nodiscard]] bool isPaused() const { return m_isPaused.load(); }
    void setPaused(bool isPaused) { m_isPaused.store(isPaused); }
    /// At most 4 a second reach the window; call as often as is handy.
    void report(const Progress &progress) const { m_report(progress); }

private:
    std::stop_token m_stop;
    std::function<void(const Progress &)> m_report;
    std::atomic<bool> m_isPaused{false};
};

/// Something that the operator lets the console do to production. One object per intended run; all calls come on the runner's worker thread.
class Action {
public:
    virtual ~Action() = default;

    [[nodiscard]] virtual std::string name() const = 0; ///< "backup"
    [[nodiscard]] virtual bool canPause() const { return false; }
    /// Read-only. A Fault means that not even a plan could be made.
    [[nodiscard]] virtual std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) = 0;
    /// Does it. Must compare the server's identity with plan.identity first and return Refused when it differs.
    [[nodiscard]] virtual Outcome run(const Plan &plan, RunControl &control) = 0;
    /// Reads the target again. Gets run()'s outcome when that was Succeeded, returns the final one.
    [[nodiscard]] virtual Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) = 0;
    /// Shuts sockets and ends children under a blocked run; thread-safe, never blocks.
    virtual void interrupt() noexcept = 0;
};

} // namespace muster
