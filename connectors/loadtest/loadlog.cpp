// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/loadtest/loadlog.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

namespace muster::loadtest {

namespace {

constexpr std::size_t kRestLimit = 4096;    // a line is some 30 bytes long
constexpr std::size_t kTimes = 2'000'000;   // more than the longest allowed run makes

std::optional<long long> nextNumber(std::string_view &line)
{
    long long value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (error != std::errc())
        return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
    return value;
}

} // namespace

void LoadLog::feed(std::string_view bytes)
{
    m_rest.append(bytes);
    std::size_t begin = 0;
    for (auto end = m_rest.find('\n'); end != std::string::npos; end = m_rest.find('\n', begin)) {
        addLine(std::string_view(m_rest).substr(begin, end - begin));
        begin = end + 1;
    }
    m_rest.erase(0, begin);
    if (m_rest.size() > kRestLimit)
        m_rest.clear();
}

void LoadLog::addLine(std::string_view line)
{
    const auto begin = nextNumber(line);
    const auto status = nextNumber(line);
    const auto took = nextNumber(line);
    if (!begin || !status || !took || *took < 0 || m_times.size() >= kTimes)
        return;
    const double from = static_cast<double>(*begin) / 1e6;
    const double seconds = static_cast<double>(*took) / 1e6;
    m_first = m_times.empty() ? from : std::min(m_first, from);
    m_last = std::max(m_last, from + seconds);
    m_times.push_back(seconds);
    const auto code = static_cast<int>(std::clamp<long long>(*status, -1, 999));
    ++m_statuses[code];
    m_failures += code >= 200 && code < 400 ? 0U : 1U;
}

double LoadLog::percentile(double share) const
{
    if (m_times.empty())
        return 0;
    const auto rank = static_cast<std::size_t>(std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(m_times.size())));
    const auto place = m_times.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(m_times.begin(), place, m_times.end());
    return *place;
}

double LoadLog::mean() const
{
    return m_times.empty() ? 0 : std::accumulate(m_times.begin(), m_times.end(), 0.0) / static_cast<double>(m_times.size());
}

} // namespace muster::loadtest
