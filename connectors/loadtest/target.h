// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/target.h"
#include "models/facts/clock.h"

#include <string>

namespace muster::loadtest {

/// One declared load test that this console may run: only against a declared endpoint.
struct Target {
    std::string id;          ///< "loadtest/nightly"
    http::Target endpoint;   ///< its declared api paths are asked for, with GET and without credentials
    std::string report;      ///< path of the file that the result replaces
    double rate = 0;         ///< requests a second
    Millis duration{0};
    Millis p95{0};           ///< the declared limit
    double peakRate = 0;     ///< declared; goes into the report
    bool isProduction = false;
    std::string sender;      ///< "operator@host", said in User-Agent
};

// On production nothing goes beyond these, whatever is declared or asked for.
inline constexpr double kProductionRate = 50;        ///< requests a second
inline constexpr Millis kProductionDuration{60000};
inline constexpr double kRateLimit = 1000;           ///< elsewhere
inline constexpr Millis kDurationLimit{600000};

// When a run ends itself.
inline constexpr double kErrorShare = 0.05;
inline constexpr std::size_t kJudgedFrom = 20; ///< answers; fewer say nothing

/// Requests that may wait for their answer at one time.
inline constexpr int kInFlight = 64;

} // namespace muster::loadtest
