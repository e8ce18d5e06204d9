// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"
#include "models/facts/fault.h"
#include "models/ports/action.h"

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

namespace muster {

/// One line of the audit log, read back.
struct AuditEntry {
    std::string id;          ///< the action's id; intent and outcome share it
    std::string phase;       ///< "intent" | "outcome"
    WallTime at{};
    std::string operatorName; ///< "user@host"
    std::string environment;
    std::string action;
    std::string target;
    std::string summary;     ///< the plan's title, or the outcome in words
    std::string outcome;     ///< "" for an intent
    std::string reason;      ///< what the operator typed
    double duration = 0;     ///< seconds, outcome lines
};

struct AuditVerdict {
    bool isIntact = true;
    std::size_t lines = 0;
    std::size_t firstBroken = 0; ///< 1-based; 0 when intact
    std::string why;
};

/// Append-only, hash-chained, fsync per line. Calls block on the disk: not for the GUI thread. Thread-safe.
class AuditLog {
public:
    virtual ~AuditLog() = default;
    /// Written before anything is done. An error means that the action must not run.
    [[nodiscard]] virtual std::expected<void, Fault> intent(const std::string &id, const std::string &environment, const Plan &plan, const std::string &reason) = 0;
    [[nodiscard]] virtual std::expected<void, Fault> outcome(const std::string &id, const std::string &environment, const Plan &plan, const Outcome &outcome, Millis took) = 0;
    /// Newest last; at most `limit` from the end.
    [[nodiscard]] virtual std::expected<std::vector<AuditEntry>, Fault> read(std::size_t limit) const = 0;
    [[nodiscard]] virtual std::expected<AuditVerdict, Fault> verify() const = 0;
};

} // namespace muster
