// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/scansteering.h"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace muster::redis {

/// What another client feels: PING every 25 ms on a connection and a thread of its own. Constant memory.
class LatencyProbe {
public:
    struct Summary {
        std::uint64_t pings = 0;
        Micros p50{0};
        Micros p99{0}; ///< to 0.1 ms
        Micros longest{0};
    };

    /// `limit`: the operator's; view() counts pings over it. The interrupter ends the probe, whoever fires it.
    LatencyProbe(const Target &target, Micros limit, net::Interrupter &interrupter);
    /// Fires the interrupter and joins.
    ~LatencyProbe();

    /// Connects, takes the baseline, starts the thread.
    [[nodiscard]] std::expected<void, Fault> start(Deadline deadline);
    /// Any thread. A ping that is still out counts with the time that it has waited.
    [[nodiscard]] ProbeView view() const;
    [[nodiscard]] Summary summary() const;
    [[nodiscard]] Micros baseline() const { return m_baseline; }

    LatencyProbe(const LatencyProbe &) = delete;
    LatencyProbe &operator=(const LatencyProbe &) = delete;

private:
    [[nodiscard]] std::expected<Micros, Fault> ping(Deadline deadline);
    void work(const std::stop_token &stop);
    /// Once; false when that fails too, or when the probe is to end.
    [[nodiscard]] bool reconnect(const Fault &fault, const std::stop_token &stop);
    void note(Micros took);

    const Target &m_target;
    Micros m_limit;
    net::Interrupter &m_interrupter;
    std::unique_ptr<RedisClient> m_client; ///< the thread's, once it runs
    Micros m_baseline{0};
    Micros m_before95{0};

    mutable std::mutex m_mutex; ///< guards all below
    std::condition_variable_any m_wake;
    std::deque<Micros> m_recent; ///< the last 20
    std::array<std::uint32_t, 1024> m_histogram{}; ///< by 0.1 ms; the last one takes the rest
    std::uint64_t m_pings = 0;
    Micros m_longest{0};
    std::optional<BootTime> m_outSince;
    bool m_isAlive = false;

    std::jthread m_thread; ///< last: ends before what it uses
};

} // namespace muster::redis
