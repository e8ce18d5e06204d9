// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/report/report.h"
#include "models/facts/clock.h"
#include "models/ports/actionfactory.h"

#include <expected>
#include <string>
#include <vector>

namespace muster::ctl {

/// What the user asked for.
struct Options {
    std::string command;              ///< "check", "backup", ...
    std::string verb;                 ///< "list", "run", "flush", ...
    std::vector<std::string> arguments; ///< what follows
    std::string environment;          ///< -e
    std::string profile;              ///< --profile
    report::Format format = report::Format::Table;
    Millis watchFor{0};               ///< --for
    Millis interval{2000};            ///< --interval
    bool isYes = false;               ///< --yes
    std::string confirm;              ///< --confirm
    std::string reason;               ///< --reason
    std::vector<std::string> to;      ///< --to
    FlushRequest flush;               ///< --instance, --pattern, --db, --all, --max-latency, --stage, --min-hit-rate
    bool hasFlushScope = false;
    SessionEndRequest session;        ///< --instance, PID
    std::string owner;                ///< --owner
    std::string until;                ///< --until, "2027-03-31"
    Millis since{std::chrono::days(30)}; ///< --since
    std::string reportFormat;         ///< --format
    std::string outputFile;           ///< -o; "-" = standard output
    LoadTestRequest load;             ///< --rate, --duration
};

/// Either options, or text for the user: help (exit 0) or what is wrong (exit 3).
struct Usage {
    std::string text;
    bool isError = true;
};

[[nodiscard]] std::expected<Options, Usage> parseCommandLine(const std::vector<std::string> &arguments);

} // namespace muster::ctl
