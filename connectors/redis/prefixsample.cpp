// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/prefixsample.h"

#include "connectors/redis/keypattern.h"

#include <algorithm>
#include <cmath>

namespace muster::redis {

void PrefixSample::addGroup(std::string name, Predicate isMember)
{
    m_groups.push_back({std::move(name), std::move(isMember), 0, {}});
}

void PrefixSample::addPrefixes(const std::vector<std::string> &prefixes)
{
    for (const auto &prefix : prefixes)
        addGroup(prefix, [prefix](std::string_view key) { return key.starts_with(prefix); });
}

void PrefixSample::take(std::string_view key)
{
    ++m_sampled;
    for (auto &group : m_groups) {
        if (!group.isMember(key))
            continue;
        ++group.hits;
        if (group.examples.size() < m_exampleLimit)
            group.examples.emplace_back(key.substr(0, kExampleBytes));
    }
}

ShareEstimate PrefixSample::estimate(std::size_t group, double keysInDatabase) const
{
    ShareEstimate estimate;
    if (m_sampled == 0)
        return estimate;
    const auto n = static_cast<double>(m_sampled);
    estimate.share = static_cast<double>(m_groups[group].hits) / n;
    if (!m_isComplete) {
        // Normal approximation; where it degenerates (none or all) the rule of three. Sampling without replacement narrows both.
        const auto spread = std::max(1.96 * std::sqrt(estimate.share * (1 - estimate.share) / n), 3 / n);
        const auto unseen = keysInDatabase > n ? std::sqrt(1 - n / keysInDatabase) : 1.0;
        estimate.margin = std::min(1.0, spread * unseen);
    }
    const auto base = m_isComplete ? n : keysInDatabase; // DBSIZE also counts keys that have expired already
    estimate.keys = std::round(estimate.share * base);
    estimate.keysMargin = std::ceil(estimate.margin * base);
    return estimate;
}

Table PrefixSample::table(double keysInDatabase) const
{
    Table table;
    table.columns = {{"prefix", ""}, {"sampled", "count"}, {"share", "ratio"}, {"margin", "ratio"}, {"keys_estimate", "count"}};
    table.limit = m_groups.size();
    for (std::size_t i = 0; i < m_groups.size(); ++i) {
        const auto guess = estimate(i, keysInDatabase);
        table.rows.push_back({displayKey(m_groups[i].name), static_cast<double>(m_groups[i].hits), guess.share, guess.margin, guess.keys});
    }
    return table;
}

} // namespace muster::redis
