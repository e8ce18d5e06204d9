// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace muster::loadtest {

/// What h2load's --log-file says, line by line as it grows: begin (µs since the epoch), status (-1: failed), µs until the end of the answer.
///   1795582329065440	200	3973
///   1795582329114666	503	156
class LoadLog {
public:
    /// The next bytes of the file; a line may come in pieces.
    void feed(std::string_view bytes);

    [[nodiscard]] std::size_t answers() const { return m_times.size(); }
    [[nodiscard]] std::size_t failures() const { return m_failures; }
    [[nodiscard]] double errorShare() const { return m_times.empty() ? 0 : static_cast<double>(m_failures) / static_cast<double>(m_times.size()); }
    /// By status; -1 for requests without one.
    [[nodiscard]] const std::map<int, std::size_t> &statuses() const { return m_statuses; }
    /// Seconds in which that share (0 to 1) of the requests ended; 0 without any. The nearest rank: a time that was really seen.
    [[nodiscard]] double percentile(double share) const;
    [[nodiscard]] double mean() const;
    /// Seconds between the first request's begin and the last answer's end.
    [[nodiscard]] double span() const { return m_times.empty() ? 0 : m_last - m_first; }

private:
    std::string m_rest;
    mutable std::vector<double> m_times; ///< seconds; reordered by percentile()
    std::map<int, std::size_t> m_statuses;
    std::size_t m_failures = 0;
    double m_first = 0; ///< epoch, seconds
    double m_last = 0;

    void addLine(std::string_view line);
};

} // namespace muster::loadtest
