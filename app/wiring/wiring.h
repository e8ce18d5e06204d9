// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "models/engine/session.h"

#include <expected>
#include <memory>
#include <string>
#include <vector>

/// Turns a checked environment file into sources, actions and stores: the only place that knows both sides.
namespace muster::wiring {

struct OpenOptions {
    std::string profile;     ///< path; "" = what the environment says
    bool hasHistory = true;  ///< record scores and facts in SQLite
};

/// Everything that a Session needs. Problems: an unreadable profile, a waiver for a check that the profile does not have.
[[nodiscard]] std::expected<Session::Parts, environment::Problems> open(const environment::Environment &environment, const OpenOptions &options);

[[nodiscard]] std::vector<std::unique_ptr<Source>> makeSources(const environment::Environment &environment);
[[nodiscard]] std::unique_ptr<ActionFactory> makeActions(const environment::Environment &environment);
[[nodiscard]] std::shared_ptr<AuditLog> makeAudit();
/// What the window and the engine may know of it.
[[nodiscard]] EnvironmentInfo describe(const environment::Environment &environment);
/// ACL lines that give the declared Redis users what the checks need.
[[nodiscard]] std::string grants(const environment::Environment &environment);

} // namespace muster::wiring
