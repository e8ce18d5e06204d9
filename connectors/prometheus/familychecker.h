// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/samplelexer.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace muster::prometheus {

/// The suffixes that samples of a family of this type may have ("" = the bare name).
[[nodiscard]] const std::vector<std::string> &suffixesOf(const std::string &type);

/// OpenMetrics 1.0's rules inside one family: values, labels and exemplars by type, grouping, order of times, complete histograms.
/// Each call says what is wrong, or nothing. Keeps views into the parsed bytes.
class FamilyChecker {
public:
    FamilyChecker(std::string name, const std::string &type);
    [[nodiscard]] std::optional<std::string> add(const SampleView &sample);
    /// At the end of the family.
    [[nodiscard]] std::optional<std::string> finish();

private:
    enum class Type : std::uint8_t { Unknown, Gauge, Counter, StateSet, Info, Histogram, GaugeHistogram, Summary };
    enum class Suffix : std::uint8_t { None, Total, Created, Bucket, Count, Sum, GCount, GSum, Info };
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
    Type m_type;
    std::set<std::string> m_groups;
    std::string m_group;                ///< the running one's labels, in order of their names
    std::string m_next;
    bool m_isGrouped = false;
    std::set<std::string_view> m_parts; ///< quantiles or states of the running group, where it has no times
    unsigned m_suffixes = 0;            ///< likewise, a bit each
    std::optional<double> m_time;
    HistogramPoint m_point;
    std::vector<const LabelView *> m_sorted;

    [[nodiscard]] static Type typeOf(const std::string &type);
    [[nodiscard]] Suffix suffixOf(const SampleView &sample) const;
    [[nodiscard]] bool isHistogram() const { return m_type == Type::Histogram || m_type == Type::GaugeHistogram; }
    [[nodiscard]] bool isOwnLabel(std::string_view name) const;
    void nameGroup(const SampleView &sample);
    [[nodiscard]] const char *enter(const SampleView &sample, std::optional<std::string> &finished);
    [[nodiscard]] bool isRepeated(const SampleView &sample, Suffix suffix);
    [[nodiscard]] const char *checkValue(const SampleView &sample, Suffix suffix) const;
    [[nodiscard]] const char *checkExemplar(const SampleView &sample, Suffix suffix) const;
    [[nodiscard]] const char *addToPoint(const SampleView &sample, Suffix suffix);
};

} // namespace muster::prometheus
