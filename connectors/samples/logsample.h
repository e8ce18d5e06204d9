// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// What other programs leave behind: logs, load test reports, audit tables; and the neighbour environments.
namespace muster::samples {

enum class LogFormat : std::uint8_t { Json, Logfmt };

/// The end of a log. Carries no text of its lines: what is shown of a log must not be what nobody should read.
struct LogSample {
    std::size_t lines = 0;      ///< whole lines, empty ones left out
    std::size_t structured = 0; ///< those with a time as in RFC 3339 (with zone), a level and a message
    std::string firstProblem;   ///< "line 3 of the sample has no level"; "" when all are structured
    std::string secret;         ///< "a password in line 7 of the sample"; "" when none was seen
    double newest = 0;          ///< Unix time of the newest line that says one, seconds; 0 = none does

    [[nodiscard]] double structuredRatio() const { return lines == 0 ? 0 : static_cast<double>(structured) / static_cast<double>(lines); }
};

/// Lines like
///   {"time":"2026-01-31T12:00:00.123Z","level":"info","message":"GET /items 200"}
///   time=2026-01-31T12:00:00.123Z level=info msg="GET /items 200"
/// `isCut`: the text does not begin at the beginning of a line. A last line without its line feed is still being written and does not count.
[[nodiscard]] LogSample parseLog(std::string_view text, LogFormat format, bool isCut);

/// "a password", "a private key", ... that the line seems to carry in clear; "" for none. Masked values (***, [redacted]) are none.
[[nodiscard]] std::string secretIn(std::string_view line);

} // namespace muster::samples
