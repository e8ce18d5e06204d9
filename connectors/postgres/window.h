// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstddef>
#include <deque>
#include <utility>

namespace muster::postgres {

/// Samples of the last `span`, oldest first, at most kMost (closer ones replace each other). A rate is the newest against the oldest.
template <class Sample> class Window {
public:
    struct Entry {
        BootTime at;
        Sample sample;
    };

    explicit Window(Millis span) : m_span(span) { }

    void clear() { m_entries.clear(); }
    void push(BootTime at, Sample sample)
    {
        // The last but one decides, so that the newest is always kept and a fast cadence cannot fill the window.
        if (m_entries.size() >= 2 && at - m_entries[m_entries.size() - 2].at < m_span / kMost)
            m_entries.pop_back();
        m_entries.push_back({ at, std::move(sample) });
        // One entry at or beyond the span stays, so that the window is full as soon as it can be.
        while (m_entries.size() > 2 && at - m_entries[1].at >= m_span)
            m_entries.pop_front();
    }
    [[nodiscard]] bool hasAny() const { return !m_entries.empty(); }
    [[nodiscard]] bool hasTwo() const { return m_entries.size() >= 2; }
    [[nodiscard]] const Entry &oldest() const { return m_entries.front(); }
    [[nodiscard]] const Entry &newest() const { return m_entries.back(); }
    [[nodiscard]] const std::deque<Entry> &entries() const { return m_entries; }
    [[nodiscard]] double seconds() const { return toSeconds(newest().at - oldest().at); }

private:
    static constexpr int kMost = 60;
    Millis m_span;
    std::deque<Entry> m_entries;
};

} // namespace muster::postgres
