// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/counterwindow.h"

#include <algorithm>

namespace muster::redis {

namespace {

constexpr std::chrono::minutes kKept{5};
constexpr std::chrono::seconds kApart{15}; // keeps the memory of a node under a quarter megabyte

double valueIn(const Counters &counters, std::string_view name)
{
    const auto it = counters.find(name);
    return it == counters.end() ? 0 : it->second;
}

} // namespace

void CounterWindow::add(BootTime at, Counters counters)
{
    const auto count = m_samples.size();
    if (count > 1 && m_samples[count - 1].at - m_samples[count - 2].at < kApart)
        m_samples.back() = {at, std::move(counters)};
    else
        m_samples.push_back({at, std::move(counters)});
    while (m_samples.size() > 2 && at - m_samples[1].at >= kKept)
        m_samples.pop_front();
}

std::optional<double> CounterWindow::growth(std::string_view name, bool isBornLater) const
{
    if (!isReady() || (!isBornLater && !m_samples.back().counters.contains(name)))
        return std::nullopt;
    return std::max(0.0, valueIn(m_samples.back().counters, name) - valueIn(m_samples.front().counters, name));
}

double CounterWindow::span() const
{
    return isReady() ? toSeconds(m_samples.back().at - m_samples.front().at) : 0;
}

} // namespace muster::redis
