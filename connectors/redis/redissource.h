// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/redis/clusterprobe.h"
#include "connectors/redis/nodeprobe.h"
#include "connectors/redis/sentinel.h"
#include "connectors/redis/target.h"
#include "models/facts/customfact.h"
#include "models/ports/source.h"

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace muster::redis {

/// Facts of one declared Redis or Valkey: a server, the primary that Sentinels name, or all nodes of a cluster.
class RedisSource : public Source
{
public:
    explicit RedisSource(Target target, std::vector<CustomFact> custom = {});

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override { return {.secondSample = Millis{1000}}; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override { m_interrupter.interrupt(); }
    void wantAll() noexcept override;

private:
    [[nodiscard]] std::expected<FactBatch, Fault> collectOne(Deadline deadline, const std::stop_token &stop);
    [[nodiscard]] std::expected<Reply, Fault> call(const Command &command, Deadline deadline);
    [[nodiscard]] std::expected<NodeProbe::Reading, Fault> readPrimary(Deadline deadline, const std::stop_token &stop);

    Target m_target;
    net::Interrupter m_interrupter;
    std::atomic<bool> m_isAllWanted{false};
    NodeProbe m_probe;       ///< Standalone and Sentinel
    SentinelWalk m_sentinels;
    ClusterProbe m_cluster;
    std::optional<BootTime> m_sentinelsAsked;
    CustomFacts m_custom;
};

} // namespace muster::redis
