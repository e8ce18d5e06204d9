// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/promclient.h"
#include "models/facts/customfact.h"
#include "models/ports/historystore.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace muster::wiring {

/// The local history, and before its beginning what a declared Prometheus (or Thanos, Mimir, VictoriaMetrics: anything with query_range) remembers.
/// Scores and facts are found there when `musterctl check --output prometheus` is collected (metrics muster_*); facts of the environment's own
/// that are PromQL, and latency, traffic and errors of the declared histogram, are asked for as they are.
/// Calls block on the disk and the network. Thread-safe; one request at a time.
class LongHistory : public HistoryStore {
public:
    struct Origin {
        std::string environment;
        prometheus::Target server;         ///< its url is that of the long memory
        std::vector<CustomFact> facts; ///< the PromQL ones of that server
    };

    /// `local` may be null.
    LongHistory(std::shared_ptr<HistoryStore> local, Origin origin);

    [[nodiscard]] std::expected<void, Fault> append(const HistoryEntry &entry) override;
    /// What Prometheus does not answer is missing, and notice() says why.
    [[nodiscard]] std::expected<std::vector<HistoryPoint>, Fault> read(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const override;
    [[nodiscard]] std::expected<std::vector<HistoryEvent>, Fault> events(WallTime from, WallTime to, std::size_t limit) const override;
    [[nodiscard]] std::expected<std::vector<HistoryDrop>, Fault> drops(WallTime from, WallTime to, std::size_t limit) const override;
    [[nodiscard]] std::expected<HistoryEntry, Fault> latest() const override;
    [[nodiscard]] std::string notice() const override;
    void interrupt() override { m_interrupter.interrupt(); }

private:
    [[nodiscard]] std::vector<HistoryPoint> older(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const;

    const std::shared_ptr<HistoryStore> m_local;
    const Origin m_origin;
    mutable std::mutex m_mutex; ///< of everything below
    mutable net::Interrupter m_interrupter;
    mutable prometheus::PromClient m_client;
    mutable BootTime m_deadUntil{}; ///< nothing is asked before
    mutable std::string m_trouble;
};

/// The expression that gives a series ("score.low", "component.api.low", "redis/cache redis.hit_ratio").
[[nodiscard]] std::string promqlOf(const std::string &series, const LongHistory::Origin &origin);

} // namespace muster::wiring
