// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/promparser.h"

#include <optional>
#include <span>
#include <vector>

/// Prometheus's own arithmetic, for where no Prometheus is: extrapolatedRate of promql/functions.go, bucketQuantile of promql/quantile.go (3.x).
namespace muster::prometheus {

/// The growth of a counter over [from, to] in epoch seconds; `points` lie inside, oldest first. The last less the first value, plus what stood
/// before each drop (a restart), stretched to the window's edges: fully where the edge is nearer than 1.1 mean distances of the points, else by
/// half a distance, and never to before the counter was 0. Nothing with fewer than two points.
[[nodiscard]] std::optional<double> increase(std::span<const Point> points, double from, double to);
/// increase() a second.
[[nodiscard]] std::optional<double> rate(std::span<const Point> points, double from, double to);

/// One classic bucket: observations (or their rate) up to and with `bound`.
struct Bucket {
    double bound = 0;
    double count = 0;
};
/// A quantile lies somewhere in a bucket: `value` is Prometheus's linear guess inside it.
struct Quantile {
    double value = 0; ///< NaN: no +Inf bucket, fewer than two buckets, or no observations; ±Inf for q outside [0, 1]
    double lower = 0; ///< the bucket's edges; upper is infinite where the value is only known to be above the last bound
    double upper = 0;
};
/// Any order; equal bounds are merged, and counts that fall are raised to the one before.
[[nodiscard]] Quantile histogramQuantile(double q, std::vector<Bucket> buckets);

} // namespace muster::prometheus
