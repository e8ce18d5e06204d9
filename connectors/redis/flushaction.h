// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/redis/nodeflush.h"
#include "connectors/redis/target.h"
#include "models/ports/actionfactory.h"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace muster::redis {

/// Deletes (or only counts) keys: by literal prefix, by glob, a database, everything; on the one server, on the primary that Sentinels name,
/// or on each primary of a cluster, one after the other, each with its own result. In stages what matches is counted first, over all of them, and
/// then deleted at a share of that count a minute.
class FlushAction : public Action
{
public:
    FlushAction(Target target, FlushRequest request);

    [[nodiscard]] std::string name() const override { return m_request.isCountOnly ? "count" : "flush"; }
    [[nodiscard]] bool canPause() const override;
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override;

private:
    struct Share {
        NodeFlush flush;
        std::string identity;
        Outcome outcome;
        double keys = 0; ///< deleted, or counted
    };

    [[nodiscard]] std::expected<void, Fault> findPrimaries(Deadline deadline);
    /// Exact; the keys on all primaries, or why not.
    [[nodiscard]] std::expected<double, Outcome> countAll(RunControl &control);
    void runOnce(RunControl &control);
    /// What the primaries say they are now, in one line; sets each share's identity.
    [[nodiscard]] std::expected<std::string, Fault> identifyAll(const Plan &plan, Deadline deadline);
    [[nodiscard]] Outcome together() const;
    [[nodiscard]] Outcome joined() const;

    Target m_target; ///< with the request's database
    FlushRequest m_request;
    std::string m_pattern; ///< for MATCH
    net::Interrupter m_interrupter;
    net::Interrupter m_probeInterrupter;
    std::deque<Share> m_shares; ///< one a primary
    std::optional<StagePace> m_pace; ///< of the run that is on its way
};

} // namespace muster::redis
