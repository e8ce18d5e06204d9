// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace muster {

/// A point of a live series. `value` NaN marks a gap: the fact was unknown or stale then.
struct SeriesPoint {
    qint64 at = 0; ///< ms since the epoch, UTC
    double value = std::numeric_limits<double>::quiet_NaN();
    friend bool operator==(const SeriesPoint &, const SeriesPoint &) = default;
};

/// The newest points of one series, contiguous in memory, oldest first. GUI thread.
class SeriesBuffer
{
public:
    explicit SeriesBuffer(std::size_t capacity = 3600) : m_capacity(capacity) {}

    /// Points must come in time order; an older one is dropped.
    void append(SeriesPoint point);
    /// Marks that nothing is known from `at` on; two gaps in a row are one.
    void breakAt(qint64 at);
    /// Older points, from the history store; those at or after the first own point are dropped.
    void prepend(const std::vector<SeriesPoint> &older);
    [[nodiscard]] std::span<const SeriesPoint> points() const;
    [[nodiscard]] bool isEmpty() const { return points().empty(); }

private:
    std::size_t m_capacity;
    std::vector<SeriesPoint> m_points; ///< up to twice the capacity, so that trimming is rare
};

/// Unbroken stretches of a series, at most two points (least and greatest, in time order) for each of `columns` pixel columns.
using SeriesSegments = std::vector<std::vector<SeriesPoint>>;

/// `gapAfter` ms without a point is a gap too; 0 = never.
[[nodiscard]] SeriesSegments decimate(std::span<const SeriesPoint> points, qint64 from, qint64 to, int columns, qint64 gapAfter);

} // namespace muster
