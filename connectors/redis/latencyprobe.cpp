// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/latencyprobe.h"

#include <pthread.h>

#include <algorithm>

namespace muster::redis {

namespace {

constexpr Millis kInterval{25};
constexpr Millis kPingLimit{5000};
constexpr Millis kReconnectPause{200};
constexpr std::size_t kRecent = 20;
constexpr int kBaselinePings = 20;
constexpr Millis kBaselineInterval{3};
constexpr Micros kBucket{100};

Micros since(BootTime at)
{
    return std::chrono::ceil<Micros>(BootClock::now() - at);
}

} // namespace

LatencyProbe::LatencyProbe(const Target &target, Micros limit, net::Interrupter &interrupter)
    : m_target(target)
    , m_limit(limit)
    , m_interrupter(interrupter)
{
}

LatencyProbe::~LatencyProbe()
{
    m_thread.request_stop();
    m_interrupter.interrupt();
}

std::expected<void, Fault> LatencyProbe::start(Deadline deadline)
{
    auto client = RedisClient::connect(m_target, deadline, m_interrupter);
    if (!client)
        return std::unexpected(std::move(client.error()));
    m_client = std::move(*client);
    std::vector<Micros> calm;
    for (int i = 0; i < kBaselinePings; ++i) {
        const auto took = ping(deadline);
        if (!took)
            return std::unexpected(took.error());
        calm.push_back(*took);
        std::this_thread::sleep_for(kBaselineInterval);
    }
    m_before95 = percentile(calm, 0.95);
    m_baseline = percentile(std::move(calm), 0.5);
    m_isAlive = true;
    m_thread = std::jthread([this](const std::stop_token &stop) {
        pthread_setname_np(pthread_self(), "redis probe");
        work(stop);
    });
    return {};
}

std::expected<Micros, Fault> LatencyProbe::ping(Deadline deadline)
{
    const auto sent = BootClock::now();
    const auto reply = m_client->call({"PING"}, deadline);
    if (!reply)
        return std::unexpected(reply.error());
    return since(sent);
}

void LatencyProbe::work(const std::stop_token &stop)
{
    while (!stop.stop_requested()) {
        {
            const std::scoped_lock lock(m_mutex);
            m_outSince = BootClock::now();
        }
        const auto took = ping(Deadline::after(kPingLimit));
        std::unique_lock lock(m_mutex);
        m_outSince.reset();
        if (!took) {
            m_isAlive = false;
            lock.unlock();
            if (!reconnect(took.error(), stop))
                return;
            continue;
        }
        note(*took);
        m_wake.wait_for(lock, stop, kInterval, [] { return false; });
    }
}

/// A pause of an hour may outlive the connection; the scan goes on, so its governor has to.
bool LatencyProbe::reconnect(const Fault &fault, const std::stop_token &stop)
{
    if (fault.kind == FaultKind::Cancelled || stop.stop_requested())
        return false;
    {
        std::unique_lock lock(m_mutex);
        m_wake.wait_for(lock, stop, kReconnectPause, [] { return false; }); // a server that hangs up at once must not be hammered
    }
    auto client = RedisClient::connect(m_target, Deadline::after(kPingLimit), m_interrupter);
    if (!client)
        return false;
    m_client = std::move(*client);
    const std::scoped_lock lock(m_mutex);
    m_isAlive = true;
    return true;
}

void LatencyProbe::note(Micros took)
{
    m_recent.push_back(took);
    if (m_recent.size() > kRecent)
        m_recent.pop_front();
    const auto bucket = std::min<std::size_t>(static_cast<std::size_t>(took / kBucket), m_histogram.size() - 1);
    ++m_histogram[bucket];
    ++m_pings;
    m_longest = std::max(m_longest, took);
}

ProbeView LatencyProbe::view() const
{
    const std::scoped_lock lock(m_mutex);
    std::vector<Micros> recent(m_recent.begin(), m_recent.end());
    if (m_outSince)
        recent.push_back(since(*m_outSince));
    ProbeView view;
    view.baseline = m_baseline;
    view.before95 = m_before95;
    const auto isOver = [this](Micros took) { return took > m_limit; };
    view.overLimit = static_cast<int>(std::ranges::count_if(recent, isOver));
    view.calm = static_cast<int>(std::find_if(recent.rbegin(), recent.rend(), isOver) - recent.rbegin());
    view.p95 = percentile(std::move(recent), 0.95);
    view.isAlive = m_isAlive;
    return view;
}

LatencyProbe::Summary LatencyProbe::summary() const
{
    const std::scoped_lock lock(m_mutex);
    Summary summary{m_pings, {}, {}, m_longest};
    const auto at = [this](double share) {
        const auto wanted = share * static_cast<double>(m_pings);
        double seen = 0;
        for (std::size_t i = 0; i < m_histogram.size(); ++i) {
            seen += m_histogram[i];
            if (seen >= wanted)
                return std::min<Micros>(m_longest, kBucket * static_cast<long long>(i + 1));
        }
        return m_longest;
    };
    summary.p50 = at(0.5);
    summary.p99 = at(0.99);
    return summary;
}

} // namespace muster::redis
