// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/rates.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace muster::prometheus {

namespace {

/// Prometheus counts in whole milliseconds: epoch seconds in a double lose the eighth digit of a difference.
double secondsBetween(double from, double to)
{
    return static_cast<double>(std::llround(to * 1000) - std::llround(from * 1000)) / 1000;
}

} // namespace

std::optional<double> increase(std::span<const Point> points, double from, double to)
{
    if (points.size() < 2 || to <= from)
        return std::nullopt;
    double growth = points.back().value - points.front().value;
    for (std::size_t i = 1; i < points.size(); ++i) {
        if (points[i].value < points[i - 1].value)
            growth += points[i - 1].value;
    }
    const double sampled = secondsBetween(points.front().time, points.back().time);
    if (sampled <= 0)
        return std::nullopt;
    const double distance = sampled / static_cast<double>(points.size() - 1);
    double before = secondsBetween(from, points.front().time);
    double after = secondsBetween(points.back().time, to);
    const double threshold = distance * 1.1;
    if (before >= threshold)
        before = distance / 2;
    // A counter starts at 0: its line is not drawn to before that.
    if (growth > 0 && points.front().value >= 0)
        before = std::min(before, sampled * (points.front().value / growth));
    if (after >= threshold)
        after = distance / 2;
    return growth * ((sampled + before + after) / sampled);
}

std::optional<double> rate(std::span<const Point> points, double from, double to)
{
    const auto growth = increase(points, from, to);
    return growth ? std::optional(*growth / secondsBetween(from, to)) : std::nullopt;
}

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// In order, one a bound, never falling.
std::vector<Bucket> orderly(std::vector<Bucket> buckets)
{
    std::ranges::sort(buckets, {}, &Bucket::bound);
    std::vector<Bucket> merged;
    for (const auto &bucket : buckets) {
        if (!merged.empty() && merged.back().bound == bucket.bound)
            merged.back().count += bucket.count;
        else
            merged.push_back(bucket);
    }
    for (std::size_t i = 1; i < merged.size(); ++i)
        merged[i].count = std::max(merged[i].count, merged[i - 1].count);
    return merged;
}

} // namespace

Quantile histogramQuantile(double q, std::vector<Bucket> unordered)
{
    if (std::isnan(q))
        return {kNaN, kNaN, kNaN};
    if (q < 0 || q > 1)
        return {q < 0 ? -kInfinity : kInfinity, kNaN, kNaN};
    std::erase_if(unordered, [](const Bucket &bucket) { return std::isnan(bucket.bound) || std::isnan(bucket.count); });
    const auto buckets = orderly(std::move(unordered));
    if (buckets.size() < 2 || buckets.back().bound != kInfinity || buckets.back().count == 0)
        return {kNaN, kNaN, kNaN};
    const double rank = q * buckets.back().count;
    const auto last = buckets.size() - 1;
    std::size_t at = 0;
    while (at < last && buckets[at].count < rank)
        ++at;
    if (at == last)
        return {buckets[last - 1].bound, buckets[last - 1].bound, kInfinity};
    if (at == 0 && buckets[0].bound <= 0)
        return {buckets[0].bound, -kInfinity, buckets[0].bound};
    const double lower = at > 0 ? buckets[at - 1].bound : 0;
    const double below = at > 0 ? buckets[at - 1].count : 0;
    const double upper = buckets[at].bound;
    const double inside = buckets[at].count - below;
    return {lower + (upper - lower) * ((rank - below) / inside), lower, upper};
}

} // namespace muster::prometheus
