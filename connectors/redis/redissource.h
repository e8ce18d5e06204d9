// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/redis/hitwindow.h"
#include "connectors/redis/infofacts.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/scansteering.h"
#include "connectors/redis/target.h"
#include "models/ports/source.h"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster::redis {

/// Facts of one Redis or Valkey server. A round costs PING and INFO on the one connection; the slow log, the prefix sample and the
/// settings have cadences of their own. Nothing here reads a key, so the server's hit counters stay its users' own.
class RedisSource : public Source
{
public:
    explicit RedisSource(Target target) : m_target(std::move(target)) {}

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override { return {.secondSample = Millis{1000}}; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override { m_interrupter.interrupt(); }
    void wantAll() noexcept override { m_isAllWanted.store(true); }

private:
    struct Round;
    using Step = std::expected<void, Fault>;

    [[nodiscard]] Step ensureConnected(Deadline deadline);
    [[nodiscard]] Step measure(Round &round);
    [[nodiscard]] Step ping(Round &round);
    [[nodiscard]] Step readInfo(Round &round);
    [[nodiscard]] Step readSettings(Round &round);
    [[nodiscard]] Step readSlowlog(Round &round);
    [[nodiscard]] Step readPrefixes(Round &round);
    void addConnectionFacts(Round &round);
    void addLatencyFacts(Round &round);
    void addAuthProbe(Round &round);
    [[nodiscard]] bool isDue(std::optional<BootTime> &last, Millis interval) const;

    Target m_target;
    net::Interrupter m_interrupter;
    std::atomic<bool> m_isAllWanted{false};
    std::unique_ptr<RedisClient> m_client;
    std::optional<Fault> m_authFault; ///< answered without asking again until m_authRetry
    BootTime m_authRetry{};
    HitWindow m_window;
    ServerSettings m_settings;
    std::deque<Micros> m_pings; ///< the last 100 of our own
    std::string m_runId;
    std::optional<BootTime> m_settingsRead;
    std::optional<BootTime> m_slowlogRead;
    std::optional<BootTime> m_prefixesRead;
    std::optional<BootTime> m_authProbed;
};

} // namespace muster::redis
