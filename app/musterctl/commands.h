// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "app/musterctl/commandline.h"
#include "models/engine/session.h"

#include <expected>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

/// One function a command; each returns the exit code of the contract.
namespace muster::ctl {

inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;
inline constexpr int kFailed = 2;
inline constexpr int kCouldNotJudge = 3;
inline constexpr int kOutcomeUnknown = 4;

[[nodiscard]] int runCheck(const Options &options);
[[nodiscard]] int runFacts(const Options &options);
[[nodiscard]] int runWatch(const Options &options);
[[nodiscard]] int runDoctor(const Options &options);
[[nodiscard]] int runBackup(const Options &options);
[[nodiscard]] int runCache(const Options &options);
[[nodiscard]] int runSession(const Options &options);
[[nodiscard]] int runLoad(const Options &options);
[[nodiscard]] int runMail(const Options &options);
[[nodiscard]] int runReport(const Options &options);
[[nodiscard]] int runRecompute(const Options &options);
[[nodiscard]] int runHistory(const Options &options);
[[nodiscard]] int runWaiver(const Options &options);
[[nodiscard]] int runAudit(const Options &options);
[[nodiscard]] int runEnv(const Options &options);
[[nodiscard]] int runImport(const Options &options);

/// Loads the file, or says on standard error what is wrong with it.
[[nodiscard]] std::expected<environment::Environment, int> loadEnvironment(const Options &options);
/// Loads the file and wires a session that is not started yet; nothing is recorded in the history.
[[nodiscard]] std::expected<std::unique_ptr<Session>, int> openSession(const Options &options);
/// Runs the session until there is enough to judge; false when Ctrl-C or SIGTERM came first.
[[nodiscard]] bool sample(Session &session, const Options &options);
/// Runs blocking work beside the event loop, so that Ctrl-C can end it: `interrupt` is called then, and the work is waited for.
void runInterruptibly(const std::function<void(std::stop_token)> &work, const std::function<void()> &interrupt);
/// Shows the plan, asks (or wants --yes), runs, reports. `make` gives null when the environment does not declare the target.
[[nodiscard]] int runAction(const Options &options, const std::function<std::unique_ptr<Action>(const Session &)> &make, const std::string &missing);

void print(std::string_view text);   ///< standard output
void message(std::string_view text); ///< standard error
[[nodiscard]] bool hasColour();      ///< standard output is a terminal and NO_COLOR is not set

} // namespace muster::ctl
