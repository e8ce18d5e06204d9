// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::prometheus {

/// What an exposition is written in. Told by Content-Type only: the same bytes may parse as both, with times a thousand times apart.
enum class Format : std::uint8_t { Text, OpenMetrics };
/// text/plain → Text 0.0.4, application/openmetrics-text → OpenMetrics 1.0, anything else (protobuf, html, nothing) → nullopt.
[[nodiscard]] std::optional<Format> formatOf(std::string_view contentType);

enum class Mode : std::uint8_t {
    Strict,  ///< stops at the first deviation
    Lenient, ///< leaves out the line that deviates and goes on
};

/// Where the bytes leave the format. Line and column count from 1; the column is in bytes.
struct Problem {
    std::size_t line = 0;
    std::size_t column = 0;
    std::string words;
    [[nodiscard]] std::string text() const;
};

struct Family {
    std::string type = "unknown"; ///< counter, gauge, histogram, summary, info, stateset, gaugehistogram, unknown
    std::size_t samples = 0;
};

struct Exposition {
    std::map<std::string, Family, std::less<>> families; ///< with at least one sample; at most 100 000
    std::size_t series = 0;        ///< samples that were read
    std::vector<Problem> problems; ///< at most 20
    [[nodiscard]] bool isGood() const { return problems.empty(); }
};

struct SampleView;
/// Sees each good sample; the view is valid during the call.
using SampleVisitor = std::function<void(const SampleView &)>;

/// The bytes were capped by the client. Keeps no sample, so that its memory follows the number of families
/// (and in OpenMetrics of label sets of the running family).
[[nodiscard]] Exposition parseExposition(std::string_view bytes, Format format, Mode mode, const SampleVisitor &visit = {});

} // namespace muster::prometheus
