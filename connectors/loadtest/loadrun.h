// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/loadtest/loadresult.h"
#include "models/facts/fault.h"
#include "models/ports/action.h"

#include <expected>
#include <stop_token>
#include <string>
#include <vector>

namespace muster::loadtest {

/// The absolute path of h2load, or a fault that says which package has it.
[[nodiscard]] std::expected<std::string, Fault> findTool();

/// h2load's arguments: a steady rate, every request at its own time, at one address.
[[nodiscard]] std::vector<std::string> toolArguments(const Target &target, const Pace &pace, const std::string &address, const std::string &logFile);

/// Why a run should end now; "" = it may go on. `elapsed` in seconds.
[[nodiscard]] std::string reasonToStop(const LoadLog &log, const Pace &pace, double p95Limit, double elapsed);

/// Runs h2load to its end, to its own stop or to the operator's; blocks the calling thread. `address` is "192.0.2.1:443".
/// A Fault of kind Cancelled when `stop` was asked for.
[[nodiscard]] std::expected<Result, Fault> runLoad(const std::string &tool, const Target &target, const Pace &pace, const std::string &address,
                                                   const RunControl &control, const std::stop_token &stop);

} // namespace muster::loadtest
