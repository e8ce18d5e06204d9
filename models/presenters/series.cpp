// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/series.h"

#include <algorithm>
#include <cmath>

namespace muster {

void SeriesBuffer::append(SeriesPoint point)
{
    if (!m_points.empty() && point.at <= m_points.back().at)
        return;
    if (m_points.size() >= 2 * m_capacity)
        m_points.erase(m_points.begin(), m_points.end() - std::ptrdiff_t(m_capacity));
    m_points.push_back(point);
}

void SeriesBuffer::breakAt(qint64 at)
{
    if (!m_points.empty() && !std::isnan(m_points.back().value))
        append({at, std::numeric_limits<double>::quiet_NaN()});
}

void SeriesBuffer::prepend(const std::vector<SeriesPoint> &older)
{
    const qint64 first = m_points.empty() ? std::numeric_limits<qint64>::max() : m_points.front().at;
    const auto end = std::ranges::lower_bound(older, first, {}, &SeriesPoint::at);
    const auto room = std::ptrdiff_t(m_capacity);
    const auto begin = end - older.begin() > room ? end - room : older.begin();
    m_points.insert(m_points.begin(), begin, end);
}

std::span<const SeriesPoint> SeriesBuffer::points() const
{
    const std::span<const SeriesPoint> all(m_points);
    return all.size() > m_capacity ? all.last(m_capacity) : all;
}

namespace {

// The least and the greatest point of one pixel column.
struct ColumnRange {
    SeriesPoint least;
    SeriesPoint greatest;
    bool isEmpty = true;

    void add(const SeriesPoint &point)
    {
        if (isEmpty || point.value < least.value)
            least = point;
        if (isEmpty || point.value > greatest.value)
            greatest = point;
        isEmpty = false;
    }
    void flushTo(std::vector<SeriesPoint> &segment)
    {
        if (isEmpty)
            return;
        const bool isRising = least.at <= greatest.at;
        segment.push_back(isRising ? least : greatest);
        if (least.at != greatest.at)
            segment.push_back(isRising ? greatest : least);
        isEmpty = true;
    }
};

} // namespace

SeriesSegments decimate(std::span<const SeriesPoint> points, qint64 from, qint64 to, int columns, qint64 gapAfter)
{
    SeriesSegments segments;
    if (to <= from || columns <= 0)
        return segments;
    const auto first = std::ranges::lower_bound(points, from, {}, &SeriesPoint::at);
    const double perColumn = double(to - from) / double(columns);
    std::vector<SeriesPoint> segment;
    ColumnRange range;
    qint64 columnEnd = from;
    qint64 last = 0;
    const auto closeSegment = [&] {
        range.flushTo(segment);
        if (!segment.empty())
            segments.push_back(std::move(segment));
        segment = {};
    };
    for (auto it = first; it != points.end() && it->at <= to; ++it) {
        if (std::isnan(it->value)) {
            closeSegment();
            continue;
        }
        const bool isOpen = !range.isEmpty || !segment.empty();
        if (gapAfter > 0 && isOpen && it->at - last > gapAfter)
            closeSegment();
        if (it->at >= columnEnd) {
            range.flushTo(segment);
            const double column = std::floor(double(it->at - from) / perColumn);
            columnEnd = from + qint64(std::ceil((column + 1) * perColumn));
        }
        range.add(*it);
        last = it->at;
    }
    closeSegment();
    return segments;
}

} // namespace muster
