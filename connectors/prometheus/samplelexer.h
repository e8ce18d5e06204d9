// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/exposition.h"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::prometheus {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

struct ExemplarText {
    LabelPairs labels;
    double value = 0;
    std::optional<double> timestamp;
};

/// One sample line taken apart. The timestamp is in the format's own unit: milliseconds (Text) or seconds (OpenMetrics).
struct SampleText {
    std::string name;
    LabelPairs labels;
    double value = 0;
    std::optional<double> timestamp;
    std::optional<ExemplarText> exemplar;
    [[nodiscard]] const std::string *label(std::string_view wanted) const;
};

/// `line` without its end. The problem's line number is left at 0.
[[nodiscard]] std::expected<SampleText, Problem> lexSample(std::string_view line, Format format);

[[nodiscard]] bool isMetricName(std::string_view name);

} // namespace muster::prometheus
