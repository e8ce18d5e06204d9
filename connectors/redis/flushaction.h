// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/redis/keyscan.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/target.h"
#include "models/ports/actionfactory.h"

#include <memory>
#include <optional>
#include <string>

namespace muster::redis {

/// Deletes (or only counts) keys: by literal prefix, by glob, a database, everything. A destructive command is never sent twice: when its
/// reply is lost, the outcome is Unknown.
class FlushAction : public Action
{
public:
    FlushAction(Target target, FlushRequest request);

    [[nodiscard]] std::string name() const override { return m_request.isCountOnly ? "count" : "flush"; }
    [[nodiscard]] bool canPause() const override { return isByPattern(); }
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override;

private:
    [[nodiscard]] bool isByPattern() const;
    /// Connects and compares run_id and role with the plan's.
    [[nodiscard]] std::expected<std::unique_ptr<RedisClient>, Outcome> reconnect(const Plan &plan);
    [[nodiscard]] std::expected<KeyScan::Result, Fault> scan(RedisClient &client, bool isDeleting, RunControl &control);
    [[nodiscard]] Outcome scanOutcome(const KeyScan::Result &result, Millis took) const;
    [[nodiscard]] Outcome runWhole(RedisClient &client, RunControl &control);
    [[nodiscard]] Outcome verifyPattern(RedisClient &client, Outcome outcome, RunControl &control);
    [[nodiscard]] Outcome verifyWhole(RedisClient &client, Outcome outcome);
    [[nodiscard]] std::expected<double, Fault> countWhole(RedisClient &client) const;
    [[nodiscard]] std::string howToFindOut() const;

    Target m_target; ///< with the request's database
    FlushRequest m_request;
    std::string m_pattern; ///< for MATCH
    net::Interrupter m_interrupter;
    net::Interrupter m_probeInterrupter;
    std::optional<LatencyProbe::Summary> m_felt; ///< what the probe saw in the last scan
    double m_deleted = 0;                        ///< by the last run, for verify
    double m_before = 0;                         ///< keys of the whole before a flush of it
};

} // namespace muster::redis
