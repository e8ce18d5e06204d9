// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/pgbouncer/pgbouncersource.h"

#include "connectors/pgbouncer/pools.h"

#include <algorithm>
#include <utility>

namespace muster::pgbouncer {

namespace {

constexpr Millis kBudget{ 30000 };
constexpr Millis kReserve{ 300 }; ///< kept for the answer, so that the source speaks before the watchdog does

postgres::SessionOptions consoleOptions(const postgres::Target &target)
{
    auto options = postgres::optionsFor(target);
    options.isAdminConsole = true;
    return options;
}

/// A url that names no database means the console.
postgres::Target consoleTarget(postgres::Target target)
{
    target.databases = { "pgbouncer" };
    return target;
}

} // namespace

PgBouncerSource::PgBouncerSource(postgres::Target target)
    : m_target(consoleTarget(std::move(target))), m_session(m_target, consoleOptions(m_target))
{
}

std::expected<FactBatch, Fault> PgBouncerSource::read(Deadline deadline)
{
    FactBatch batch;
    batch.source = m_target.id;
    batch.at = Stamp::now();
    auto version = m_session.client().simpleQuery("SHOW VERSION", deadline);
    if (!version)
        return std::unexpected(version.error());
    const auto pools = m_session.client().simpleQuery("SHOW POOLS", deadline);
    if (!pools)
        return std::unexpected(pools.error());
    batch.add("pgbouncer.reachable", true, "", kBudget);
    batch.add("pgbouncer.version", parseVersion(version->text(0, "version")), "", kBudget);
    addPoolFacts(parsePools(*pools), batch, kBudget);
    return batch;
}

std::expected<FactBatch, Fault> PgBouncerSource::collect(Deadline deadline, std::stop_token stop)
{
    m_session.client().rearm();
    const std::stop_callback onStop(stop, [this] { interrupt(); });
    const auto own = deadline.atMost(std::max(Millis{ 1 }, deadline.left() - kReserve));
    const bool wasConnected = m_session.client().isConnected();
    if (auto connected = m_session.ensure(own); !connected)
        return std::unexpected(connected.error());
    auto batch = read(own);
    if (batch || !wasConnected || batch.error().kind != FaultKind::Unavailable)
        return batch;
    // The kept connection died while nobody looked: that is no fault of this round.
    if (auto connected = m_session.ensure(own); !connected)
        return std::unexpected(connected.error());
    return read(own);
}

std::vector<DoctorStage> PgBouncerSource::diagnose(Deadline deadline, std::stop_token stop)
{
    m_session.client().rearm();
    const std::stop_callback onStop(stop, [this] { interrupt(); });
    auto stages = m_session.diagnose(deadline);
    if (!m_session.client().isConnected())
        return stages;
    const auto start = BootClock::now();
    const auto batch = read(deadline);
    const auto took = std::chrono::duration_cast<Millis>(BootClock::now() - start);
    if (!batch) {
        stages.push_back(
            { "privileges", false, batch.error().detail, "Name this user in stats_users of pgbouncer.ini and reload it.", took });
        return stages;
    }
    stages.push_back({ "privileges", true, "reads SHOW POOLS", "", took });
    stages.push_back({ "version", true, m_session.client().info().serverVersionText, "", Millis{ 0 } });
    return stages;
}

} // namespace muster::pgbouncer
