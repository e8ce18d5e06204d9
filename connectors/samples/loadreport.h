// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace muster::samples {

/// What a load test's report says; nullopt where it does not.
struct LoadReport {
    std::string tool;                  ///< "vegeta", "k6", "wrk", "h2load"
    std::optional<double> success;     ///< share of the requests that succeeded
    std::optional<double> p95;         ///< seconds
    std::optional<double> p95AtMost;   ///< seconds; where the report has no 95th percentile, a higher one bounds it
    std::optional<double> rate;        ///< successful answers a second
    std::optional<double> askedRate;   ///< requests a second that were asked for
    double endedAt = 0;                ///< Unix time, seconds; 0 = the report does not say
};

/// vegeta's JSON report, k6's summary (--summary-export or handleSummary), the text of wrk and of h2load. The error says what was found instead.
[[nodiscard]] std::expected<LoadReport, std::string> parseLoadReport(std::string_view text);

/// The text reports, by their own words; nullopt when it is neither.
///   Running 30s test @ http://127.0.0.1:8080/
///   finished in 1.05s, 9523.81 req/s, 5.12MB/s
[[nodiscard]] std::optional<LoadReport> parseLoadText(std::string_view text);

} // namespace muster::samples
