// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/loadtest/loadresult.h"

#include "models/format/format.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace muster::loadtest {

Pace paceOf(double rate, Millis duration)
{
    Pace pace;
    pace.rate = rate;
    pace.duration = duration;
    pace.requests = std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(rate * toSeconds(duration))));
    // Twice as many connections as requests a second: each of them then has two seconds for an answer.
    const auto wanted = std::min(std::ceil(2 * rate), static_cast<double>(pace.requests));
    pace.clients = std::clamp(static_cast<int>(wanted), 1, kInFlight);
    return pace;
}

std::size_t Result::due() const
{
    if (stopped.empty())
        return pace.requests;
    const auto byTime = static_cast<std::size_t>(std::max(0.0, toSeconds(ended - begun) * pace.rate));
    return std::clamp(byTime, log.answers(), std::max(pace.requests, log.answers()));
}

double Result::success() const
{
    return due() == 0 ? 0 : static_cast<double>(log.answers() - log.failures()) / static_cast<double>(due());
}

double Result::rate() const
{
    const auto good = static_cast<double>(log.answers() - log.failures());
    // The last of n arrivals comes n-1 steps after the first.
    const double span = std::max(log.span() + 1 / pace.rate, toSeconds(stopped.empty() ? WallTime::duration(pace.duration) : ended - begun));
    return span > 0 ? good / span : 0;
}

std::string figures(const LoadLog &log)
{
    if (log.answers() == 0)
        return "no answer yet";
    return "p50 " + format::duration(log.percentile(0.5)) + ", p95 " + format::duration(log.percentile(0.95)) + ", p99 " + format::duration(log.percentile(0.99)) + ", "
        + std::to_string(log.failures()) + " of " + std::to_string(log.answers()) + " failed";
}

std::string reportText(const Target &target, const Result &result)
{
    nlohmann::ordered_json report;
    report["tool"] = "muster";
    report["schema"] = 1;
    report["test"] = target.id;
    report["target"] = target.endpoint.url;
    report["paths"] = target.endpoint.api;
    report["started"] = format::iso(result.begun);
    report["ended"] = format::iso(result.ended);
    report["model"] = result.isOpen() ? "open" : "limited";
    report["in_flight_limit"] = result.pace.clients;
    report["asked_rate"] = result.pace.rate;
    report["asked_duration"] = toSeconds(result.pace.duration);
    report["rate"] = result.rate();
    report["requests"] = result.due();
    report["answers"] = result.log.answers();
    report["failed"] = result.log.failures();
    report["success"] = result.success();
    if (result.log.answers() > 0) {
        report["latency"] = {{"mean", result.log.mean()}, {"p50", result.log.percentile(0.5)}, {"p90", result.log.percentile(0.9)},
                             {"p95", result.log.percentile(0.95)}, {"p99", result.log.percentile(0.99)}, {"max", result.log.percentile(1)}};
    }
    report["statuses"] = nlohmann::ordered_json::object();
    for (const auto &[status, count] : result.log.statuses())
        report["statuses"][status < 0 ? std::string("none") : std::to_string(status)] = count;
    report["stopped"] = result.stopped;
    return report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace muster::loadtest
