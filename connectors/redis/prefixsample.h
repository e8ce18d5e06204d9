// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fact.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::redis {

/// An estimate from a sample: share of keys and how far the truth may be from it (95 %).
struct ShareEstimate {
    double share = 0;
    double margin = 0; ///< half width, as a share; 0 when every key was seen
    double keys = 0;   ///< share × keys in the database
    double keysMargin = 0;
};

/// Keys by what they are, over a sample of SCAN pages. SCAN walks hash buckets, whose order does not depend on names, so the first pages
/// are a fair sample. No TYPE, TTL or EXISTS: these would count as keyspace hits and falsify the hit rate.
class PrefixSample {
public:
    using Predicate = std::function<bool(std::string_view)>;
    struct Group {
        std::string name;
        Predicate isMember;
        std::size_t hits = 0;
        std::vector<std::string> examples; ///< raw keys, at most `exampleLimit`, each of at most kExampleBytes
    };

    static constexpr std::size_t kExampleBytes = 16384; ///< a key may have 512 MB; longer ones are cut and never asked about

    explicit PrefixSample(std::size_t exampleLimit = 0) : m_exampleLimit(exampleLimit) {}

    void addGroup(std::string name, Predicate isMember);
    void addPrefixes(const std::vector<std::string> &prefixes);
    void take(std::string_view key);
    /// Every key of the database was seen.
    void setComplete() { m_isComplete = true; }

    [[nodiscard]] std::size_t sampled() const { return m_sampled; }
    [[nodiscard]] bool isComplete() const { return m_isComplete; }
    [[nodiscard]] const std::vector<Group> &groups() const { return m_groups; }
    [[nodiscard]] ShareEstimate estimate(std::size_t group, double keysInDatabase) const;
    /// prefix, sampled, share, margin, keys_estimate: one row a group.
    [[nodiscard]] Table table(double keysInDatabase) const;

private:
    std::vector<Group> m_groups;
    std::size_t m_exampleLimit;
    std::size_t m_sampled = 0;
    bool m_isComplete = false;
};

} // namespace muster::redis
