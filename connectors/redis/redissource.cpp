// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/redissource.h"

#include "connectors/redis/customcommand.h"

namespace muster::redis {

namespace {

constexpr Millis kSentinelsEvery{15'000};

std::string_view nameOf(Topology topology)
{
    return topology == Topology::Cluster ? "cluster" : topology == Topology::Sentinel ? "sentinel" : "standalone";
}

} // namespace

RedisSource::RedisSource(Target target, std::vector<CustomFact> custom)
    : m_target(std::move(target))
    , m_probe(m_target, m_interrupter)
    , m_sentinels(m_target, m_interrupter)
    , m_cluster(m_target, m_interrupter)
    , m_custom(std::move(custom))
{
}

void RedisSource::wantAll() noexcept
{
    m_isAllWanted.store(true);
    m_custom.wantAll();
}

std::expected<Reply, Fault> RedisSource::call(const Command &command, Deadline deadline)
{
    return m_target.topology == Topology::Cluster ? m_cluster.call(command, deadline) : m_probe.call(command, deadline);
}

std::expected<FactBatch, Fault> RedisSource::collect(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    if (stop.stop_requested())
        return std::unexpected(net::cancelledFault("query"));
    if (m_isAllWanted.exchange(false)) {
        m_probe.wantAll();
        m_cluster.wantAll();
        m_sentinelsAsked.reset();
    }
    auto batch = m_target.topology == Topology::Cluster ? m_cluster.read(deadline, stop) : collectOne(deadline, stop);
    if (!batch)
        return batch;
    m_custom.collect(*batch, deadline, [this](const CustomFact &fact, Deadline limit) {
        const Call all = [this](const Command &command, Deadline own) { return m_cluster.callPrimaries(command, own); };
        return askCustom([this](const Command &command, Deadline own) { return call(command, own); }, fact, m_target.declaredUser(), limit,
                         m_target.topology == Topology::Cluster ? all : Call());
    });
    batch->add("redis.topology", std::string(nameOf(m_target.topology)), "", NodeProbe::kFastBudget);
    if (m_target.topology == Topology::Sentinel)
        return batch;
    FactWriter writer(*batch, NodeProbe::kFastBudget, {});
    addNoSentinelFacts(writer);
    return batch;
}

std::expected<FactBatch, Fault> RedisSource::collectOne(Deadline deadline, const std::stop_token &stop)
{
    auto reading = m_target.topology == Topology::Sentinel ? readPrimary(deadline, stop) : m_probe.read(deadline, stop);
    if (!reading)
        return std::unexpected(std::move(reading.error()));
    auto &batch = reading->batch;
    addNoClusterFacts(batch);
    const auto now = BootClock::now();
    if (m_target.topology != Topology::Sentinel || (m_sentinelsAsked && now - *m_sentinelsAsked < kSentinelsEvery))
        return std::move(batch);
    m_sentinelsAsked = now;
    FactWriter writer(batch, 2 * kSentinelsEvery + NodeProbe::kFastBudget, {});
    // An old primary behind a torn network still takes itself for one; the Sentinels know better.
    if (m_sentinels.survey(writer, m_probe.target().address(), deadline.atMost(deadline.left() / 2))) // dead ones must not cost the round
        m_probe.disconnect();
    return std::move(batch);
}

std::expected<NodeProbe::Reading, Fault> RedisSource::readPrimary(Deadline deadline, const std::stop_token &stop)
{
    constexpr int tries = 2; // the connection that was held may be to the primary of before
    std::string role;
    for (int i = 0; i < tries; ++i) {
        if (!m_probe.isConnected()) {
            const auto primary = m_sentinels.findPrimary(deadline);
            if (!primary)
                return std::unexpected(primary.error());
            m_probe.moveTo(*primary);
        }
        auto reading = m_probe.read(deadline, stop);
        if (!reading)
            return reading;
        role = roleOf(reading->info).value_or("primary"); // without +info nobody knows better than the Sentinels
        if (role == "primary")
            return reading;
        m_probe.disconnect();
    }
    return std::unexpected(Fault{FaultKind::Unavailable, "role", "the Sentinels name " + m_probe.target().address() + ", which says that it is a " + clamp(role, 16),
                                 "A failover is under way, or a Sentinel lags behind; the console asks again."});
}

} // namespace muster::redis
