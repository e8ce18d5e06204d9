// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace muster::samples {

/// What a load test's report says; nullopt where it does not.
struct LoadReport {
    std::string tool;                  ///< "vegeta", "k6", "wrk", "h2load", "muster"
    std::optional<double> requests;    ///< that were asked for
    std::optional<double> success;     ///< share of the requests that succeeded
    std::optional<double> p95;         ///< seconds
    std::optional<double> p95AtMost;   ///< seconds; where the report has no 95th percentile, a higher one bounds it
    std::optional<double> p99;         ///< seconds
    std::optional<double> rate;        ///< successful answers a second
    std::optional<double> askedRate;   ///< requests a second that were asked for
    std::optional<bool> isOpen;        ///< requests began at their own times, whether or not earlier ones were answered
    std::string stopped;               ///< why the test ended itself; "" = it came to its end
    double endedAt = 0;                ///< Unix time, seconds; 0 = the report does not say

    /// "success, 95th percentile": what a judgement needs and the report does not say; "" for nothing.
    [[nodiscard]] std::string missing() const;
};

/// vegeta's JSON report, Muster's own, k6's summary (--summary-export or handleSummary), the text of wrk and of h2load. The error says what was found instead.
[[nodiscard]] std::expected<LoadReport, std::string> parseLoadReport(std::string_view text);

/// The text reports, by their own words; nullopt when it is neither.
///   Running 30s test @ http://127.0.0.1:8080/
///   finished in 1.05s, 9523.81 req/s, 5.12MB/s
[[nodiscard]] std::optional<LoadReport> parseLoadText(std::string_view text);

} // namespace muster::samples
