// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/redis/flushplan.h"
#include "connectors/redis/keyscan.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/target.h"
#include "models/ports/actionfactory.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster::redis {

/// The flush (or the count) on one primary. A destructive command is never sent twice: when its reply is lost, the outcome is Unknown.
class NodeFlush {
public:
    struct Interrupters {
        net::Interrupter &main;
        net::Interrupter &probe;
    };

    /// `peers`: all primaries of the cluster, to which a key may have moved; empty elsewhere.
    NodeFlush(Target target, const FlushRequest &request, std::string pattern, std::vector<Target> peers, Interrupters interrupters);

    [[nodiscard]] const Target &target() const { return m_target; }
    [[nodiscard]] std::expected<FlushSurvey, Fault> survey(Deadline deadline, const std::stop_token &stop);
    /// Who answers there now.
    [[nodiscard]] std::expected<std::string, Fault> identify(Deadline deadline);
    /// How far the whole flush is when it comes to this node.
    struct Course {
        double doneBefore = 0;     ///< keys on the nodes before this one, for the progress
        StagePace *pace = nullptr; ///< of a flush in stages, over all nodes
    };
    /// `identity` as the plan has it; another server is refused.
    [[nodiscard]] Outcome run(const std::string &identity, const Course &course, RunControl &control);
    /// Counts what matches, exactly, before a flush in stages; see matched().
    [[nodiscard]] Outcome count(const std::string &identity, RunControl &control);
    [[nodiscard]] Outcome verify(const std::string &identity, Outcome outcome, RunControl &control);

    [[nodiscard]] double deleted() const { return m_deleted; } ///< by the last run; of a whole flush: the keys before
    [[nodiscard]] double matched() const { return m_matched; } ///< by the last run or count
    [[nodiscard]] bool hasMoved() const { return m_moved; }    ///< slots went to other nodes during the last run
    [[nodiscard]] double left() const { return m_left; }       ///< by the last verify

private:
    [[nodiscard]] bool isByPattern() const;
    /// Connects and compares run_id and role with the plan's.
    [[nodiscard]] std::expected<std::unique_ptr<RedisClient>, Outcome> reconnect(const std::string &identity);
    [[nodiscard]] std::expected<KeyScan::Result, Fault> scan(RedisClient &client, bool isDeleting, const std::string &identity, const Course &course, RunControl &control);
    [[nodiscard]] std::expected<unsigned long long, Fault> follow(const std::vector<Redirect> &redirects);
    /// Adds to `deleted`; returns what that node sends on.
    [[nodiscard]] std::expected<std::vector<Redirect>, Fault> unlinkAt(const Target &peer, const std::vector<Redirect> &redirects, unsigned long long &deleted);
    [[nodiscard]] Outcome scanOutcome(const KeyScan::Result &result, Millis took, bool isCount) const;
    void describe(Outcome &outcome, const KeyScan::Result &result, Millis took) const;
    [[nodiscard]] Outcome runWhole(RedisClient &client, RunControl &control);
    [[nodiscard]] Outcome verifyPattern(RedisClient &client, const std::string &identity, Outcome outcome, RunControl &control);
    [[nodiscard]] Outcome verifyWhole(RedisClient &client, Outcome outcome);
    [[nodiscard]] std::expected<double, Fault> countWhole(RedisClient &client) const;
    [[nodiscard]] std::string howToFindOut() const;

    Target m_target;
    const FlushRequest &m_request; ///< the action's
    std::string m_pattern;         ///< for MATCH
    std::vector<Target> m_peers;
    Interrupters m_interrupters;
    std::map<std::string, std::unique_ptr<RedisClient>> m_links; ///< to peers, by address
    std::optional<LatencyProbe::Summary> m_felt; ///< what the probe saw in the last scan
    bool m_moved = false;
    double m_deleted = 0;
    double m_matched = 0;
    double m_left = 0;
    double m_before = 0; ///< keys of the whole before a flush of it
};

} // namespace muster::redis
