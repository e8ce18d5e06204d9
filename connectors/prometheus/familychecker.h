// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/samplelexer.h"

#include <optional>
#include <set>
#include <string>

namespace muster::prometheus {

/// The suffixes that samples of a family of this type may have ("" = the bare name).
[[nodiscard]] const std::vector<std::string> &suffixesOf(const std::string &type);

/// OpenMetrics 1.0's rules inside one family: values, labels and exemplars by type, grouping, order of times, complete histograms.
/// Each call says what is wrong, or nothing.
class FamilyChecker {
public:
    FamilyChecker(std::string name, std::string type) : m_name(std::move(name)), m_type(std::move(type)) {}
    [[nodiscard]] std::optional<std::string> add(const SampleText &sample);
    /// At the end of the family.
    [[nodiscard]] std::optional<std::string> finish();

private:
    /// The histogram of one label set at one time.
    struct HistogramPoint {
        std::optional<double> bound;
        double buckets = 0;
        bool isOpenEnded = false;
        bool hasNegative = false;
        std::optional<double> count;
        std::optional<double> sum;
        bool isStarted = false;
    };
    std::string m_name;
    std::string m_type;
    std::set<std::string> m_groups;
    std::set<std::string> m_lines; ///< names with labels of the running group, where it has no times
    std::optional<std::string> m_group;
    std::optional<double> m_time;
    HistogramPoint m_point;

    [[nodiscard]] bool isHistogram() const { return m_type == "histogram" || m_type == "gaugehistogram"; }
    [[nodiscard]] std::string groupOf(const SampleText &sample) const;
    [[nodiscard]] std::optional<std::string> enter(const SampleText &sample);
    [[nodiscard]] std::optional<std::string> checkValue(const SampleText &sample, const std::string &suffix) const;
    [[nodiscard]] std::optional<std::string> checkExemplar(const SampleText &sample, const std::string &suffix) const;
    [[nodiscard]] std::optional<std::string> addToPoint(const SampleText &sample, const std::string &suffix);
};

} // namespace muster::prometheus
