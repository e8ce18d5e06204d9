// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/latencyprobe.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/scan.h"
#include "models/ports/action.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace muster::redis {

/// What a whole SCAN has done so far. `deleted` is the sum of the server's integer replies: exact.
struct ScanTotals {
    unsigned long long matched = 0;
    unsigned long long deleted = 0;
    unsigned long long unconfirmed = 0; ///< keys in UNLINKs whose reply has not come
    unsigned long long pages = 0;
    Millis rested{0};
    double share = 0; ///< of the keyspace
};

/// Walks all keys that match, counting or deleting them, with two pages in flight at most: the next SCAN is written before the UNLINKs
/// of the page that came, in one buffer, so the server never waits for us. Constant memory. Cancel and pause act between pages.
class KeyScan {
public:
    enum class End { Finished, Cancelled, Lost, Refused };
    struct Options {
        std::string pattern;
        bool isDeleting = false;
    };
    struct Result {
        End end = End::Finished;
        ScanTotals totals;
        Fault fault; ///< of Lost and Refused
    };

    KeyScan(RedisClient &client, Options options, RunControl &control, const LatencyProbe &probe);
    [[nodiscard]] Result run();

private:
    enum class Pending { Scan, Unlink };
    struct InFlight {
        Pending what;
        std::size_t keys = 0;
    };
    using Step = std::expected<void, End>; ///< an End stops the walk

    [[nodiscard]] Step write(std::string buffer);
    [[nodiscard]] Step receive();
    [[nodiscard]] Step onPage(Reply reply);
    [[nodiscard]] Step onUnlinked(const Reply &reply);
    [[nodiscard]] Step hold();
    [[nodiscard]] Step drain();
    [[nodiscard]] Step waitCalm(std::string_view why);
    [[nodiscard]] Step refused(Fault fault);
    [[nodiscard]] std::string unlinks(const std::vector<std::string> &keys);
    void report(std::string_view message = {});

    RedisClient &m_client;
    Options m_options;
    RunControl &m_control;
    const LatencyProbe &m_probe;
    ScanSteering m_steering;
    std::deque<InFlight> m_inFlight;
    BootTime m_scanSent{};
    BootTime m_reported{};
    Result m_result;
};

} // namespace muster::redis
