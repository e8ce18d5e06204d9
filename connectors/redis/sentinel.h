// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/factwriter.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/target.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace muster::redis {

/// Where the primary is, by the word of the Sentinels: asked anew at every connect, the one that answered last first. Sentinel's client
/// specification; that the named server itself says it is the primary is the caller's check. One thread.
class SentinelWalk {
public:
    SentinelWalk(const Target &target, net::Interrupter &interrupter);

    /// Faults: those of the last Sentinel; stage "role" when none knows the name.
    [[nodiscard]] std::expected<net::Endpoint, Fault> findPrimary(Deadline deadline);
    /// Asks all of them. Facts redis.sentinels_… ; `address` is the one in use. True when a Sentinel names another one by now.
    [[nodiscard]] bool survey(FactWriter &writer, const std::string &address, Deadline deadline);

private:
    struct Answer {
        std::optional<net::Endpoint> primary;
        std::optional<bool> hasQuorum;
        std::string quorumWords;
        bool isTilted = false;
        double others = 0;
        double replicas = 0;
        std::string flags;
        std::string problem; ///< why it did not answer
    };

    [[nodiscard]] std::expected<std::unique_ptr<RedisClient>, Fault> connect(const SentinelAddress &sentinel, Deadline deadline);
    [[nodiscard]] Answer ask(const SentinelAddress &sentinel, Deadline deadline);

    const Target &m_target;
    net::Interrupter &m_interrupter;
    std::vector<SentinelAddress> m_order;
};

/// The same facts for a topology without Sentinels.
void addNoSentinelFacts(FactWriter &writer);

} // namespace muster::redis
