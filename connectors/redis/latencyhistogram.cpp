// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/latencyhistogram.h"

#include "connectors/redis/infofacts.h"
#include "connectors/redis/keypattern.h"

#include <algorithm>
#include <vector>

namespace muster::redis {

namespace {

constexpr std::size_t kCommandLimit = 1000;
constexpr std::size_t kEventRows = 32;

using Buckets = std::map<long long, double>;

/// The count at `bound`: the server leaves out the buckets behind the last one that grew.
double upTo(const Buckets &buckets, long long bound)
{
    const auto it = buckets.upper_bound(bound);
    return it == buckets.begin() ? 0 : std::prev(it)->second;
}

Buckets growth(const Buckets &before, const Buckets &after)
{
    Buckets grown;
    for (const auto &[bound, count] : after)
        grown[bound] = std::max(0.0, count - upTo(before, bound));
    return grown;
}

double total(const Buckets &buckets)
{
    return buckets.empty() ? 0 : buckets.rbegin()->second;
}

/// s; the upper bound of the bucket in which `share` of the calls is reached.
double percentileOf(const Buckets &buckets, double share)
{
    const auto wanted = total(buckets) * share;
    const auto it = std::ranges::find_if(buckets, [wanted](const auto &bucket) { return bucket.second >= wanted; });
    return it == buckets.end() ? 0 : static_cast<double>(it->first) / 1e6;
}

} // namespace

LatencyCounts latencyCounts(const Reply &reply)
{
    LatencyCounts counts;
    for (std::size_t i = 0; i + 1 < reply.elements.size() && counts.size() < kCommandLimit; i += 2) {
        const auto &parts = reply.elements[i + 1].elements;
        for (std::size_t j = 0; j + 1 < parts.size(); j += 2) {
            if (parts[j].text != "histogram_usec")
                continue;
            auto &buckets = counts[clamp(reply.elements[i].text, 64)];
            const auto &pairs = parts[j + 1].elements;
            for (std::size_t k = 0; k + 1 < pairs.size(); k += 2)
                buckets[pairs[k].integer] = static_cast<double>(pairs[k + 1].integer);
        }
    }
    return counts;
}

LatencyReading latencyBetween(const LatencyCounts &before, const LatencyCounts &after)
{
    LatencyReading reading;
    std::vector<std::pair<std::string, Buckets>> all;
    std::vector<long long> bounds;
    for (const auto &[command, buckets] : after) {
        const auto it = before.find(command);
        auto grown = it == before.end() ? buckets : growth(it->second, buckets);
        if (total(grown) <= 0 || isAdministrative(command))
            continue;
        for (const auto &bucket : grown)
            bounds.push_back(bucket.first);
        all.emplace_back(command, std::move(grown));
    }
    Buckets together;
    for (const auto bound : bounds) {
        double sum = 0;
        for (const auto &[command, buckets] : all)
            sum += upTo(buckets, bound);
        together[bound] = sum;
    }
    if (total(together) > 0)
        reading.p99 = percentileOf(together, 0.99);
    std::ranges::sort(all, std::greater(), [](const auto &entry) { return total(entry.second); });
    reading.commands.isTruncated = all.size() > reading.commands.limit;
    for (const auto &[command, buckets] : all) {
        if (reading.commands.rows.size() < reading.commands.limit)
            reading.commands.rows.push_back({displayKey(command, 40), total(buckets), percentileOf(buckets, 0.5), percentileOf(buckets, 0.99)});
    }
    return reading;
}

Table latencyEvents(const Reply &reply)
{
    Table table{{{"event", ""}, {"at", "epoch"}, {"latest", "s"}, {"longest", "s"}}, {}, kEventRows, false};
    for (const auto &entry : reply.elements) {
        const auto &parts = entry.elements;
        if (parts.size() < 4 || !parts[0].isText() || !parts[1].isInteger() || !parts[2].isInteger() || !parts[3].isInteger() || table.rows.size() == kEventRows)
            continue;
        table.rows.push_back({displayKey(parts[0].text, 40), static_cast<double>(parts[1].integer), static_cast<double>(parts[2].integer) / 1e3, static_cast<double>(parts[3].integer) / 1e3});
    }
    return table;
}

} // namespace muster::redis
