// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/latencyprobe.h"
#include "connectors/redis/misswatch.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/scan.h"
#include "connectors/redis/stagepace.h"
#include "models/ports/action.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster::redis {

/// What a whole SCAN has done so far. `deleted` is the sum of the server's integer replies: exact.
struct ScanTotals {
    unsigned long long matched = 0;
    unsigned long long deleted = 0;
    unsigned long long unconfirmed = 0; ///< keys in UNLINKs whose reply has not come
    unsigned long long pages = 0;
    unsigned long long moved = 0; ///< deleted on another node of the cluster
    unsigned long long notFollowed = 0; ///< moved to a node that is not of the plan
    int resumes = 0; ///< times the connection was lost, and the walk went on from its cursor
    Millis rested{0};
    Millis spread{0}; ///< waited so that the stages last as long as they should
    double share = 0; ///< of the keyspace
    std::optional<double> lowestHits; ///< of ten seconds, 0-1; in stages only
    int storms = 0;                   ///< times the flush waited for the hit rate
};

/// A key that a node of a cluster does not hold any more: "MOVED 3999 127.0.0.1:6381", "ASK 3999 127.0.0.1:6381".
struct Redirect {
    std::string key;
    net::Endpoint to; ///< host "" = the one that answered
    bool isAsk = false;
};
[[nodiscard]] std::optional<Redirect> redirectOf(std::string_view error);

/// Rests for `length`, or until a stop is requested.
void rest(const std::stop_token &stop, Millis length);

/// Walks all keys that match, counting or deleting them, with two pages in flight at most: the next SCAN is written before the UNLINKs
/// of the page that came, in one buffer, so the server never waits for us. Constant memory. Cancel and pause act between pages.
/// In stages the keys of a page go slice by slice as the pace has it, and the next page is asked for when the last of them went.
/// A cursor is worth something for the whole life of a server: when the connection is lost and no UNLINK is open, the walk goes on from
/// the cursor on a new connection. A deletion is never sent twice.
class KeyScan {
public:
    enum class End { Finished, Cancelled, Lost, Refused };
    struct Options {
        std::string pattern;
        bool isDeleting = false;
        bool isCluster = false;   ///< one key an UNLINK, since keys of several slots must not meet
        std::string where;        ///< "127.0.0.1:7001: " before the phase; "" = there is only one server
        double doneBefore = 0;    ///< on other nodes, for the progress
        StagePace *pace = nullptr; ///< of a flush in stages, over all nodes
        double leastHitRatio = 0; ///< in stages: waits while the hit rate is below
        /// A connection to the very same server, or why there is none.
        std::function<std::expected<std::unique_ptr<RedisClient>, Fault>()> reconnect;
        /// Deletes keys that went to other nodes; how many there were.
        std::function<std::expected<unsigned long long, Fault>(const std::vector<Redirect> &)> follow;
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
        std::string key; ///< of a cluster's single UNLINK
    };
    using Step = std::expected<void, End>; ///< an End stops the walk

    [[nodiscard]] Step write(std::string buffer);
    [[nodiscard]] Step receive();
    [[nodiscard]] Step onPage(Reply reply);
    [[nodiscard]] Step onUnlinked(const Reply &reply);
    [[nodiscard]] Step followRedirects();
    [[nodiscard]] Step resumed(Step step);
    [[nodiscard]] Step keepAlive();
    [[nodiscard]] Step hold();
    [[nodiscard]] Step drain();
    [[nodiscard]] Step waitCalm(std::string_view why);
    [[nodiscard]] Step nextStage();
    [[nodiscard]] Step waitTurn();
    [[nodiscard]] Step lookAtHits();
    [[nodiscard]] bool mustWait() const { return ScanSteering::mustWait(m_probe.view()) || m_misses.isStorm(); }
    [[nodiscard]] std::string stormText() const;
    [[nodiscard]] Step refused(Fault fault);
    [[nodiscard]] std::string unlinks(std::vector<std::string> keys);
    [[nodiscard]] int nextCount() { return m_count = m_size.count(m_steering.count()); }
    void report(std::string_view message = {});

    RedisClient *m_client;
    std::unique_ptr<RedisClient> m_second; ///< after a resume
    Options m_options;
    RunControl &m_control;
    const LatencyProbe &m_probe;
    ScanSteering m_steering;
    PageSize m_size;
    int m_count = 0;                 ///< of the page that is out
    unsigned long long m_cursor = 0; ///< of the first page that is not dealt with
    int m_resumes = 0;
    std::vector<Redirect> m_redirected;
    std::vector<std::string> m_waiting; ///< of the last page, in stages
    MissWatch m_misses;
    std::deque<InFlight> m_inFlight;
    BootTime m_scanSent{};
    BootTime m_reported{};
    Result m_result;
};

} // namespace muster::redis
