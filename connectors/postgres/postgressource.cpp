// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/postgressource.h"

#include "connectors/postgres/customquery.h"
#include "connectors/postgres/groups.h"
#include "connectors/postgres/pgsession.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

namespace muster::postgres {

namespace {

constexpr Millis kFastBudget{ 30000 };
constexpr Millis kRetry{ 60000 }; ///< a slow group that failed is not tried again sooner
constexpr Millis kLongest{ 6 * 3600000 }; ///< reached by the dearest groups on 100 000 tables
constexpr Millis kReserve{ 300 }; ///< kept for the answer, so that the source speaks before the watchdog does
constexpr Millis kSlowNeeds{ 500 }; ///< with less left, a slow group waits for the next round
constexpr Millis kAnswer{ 200 }; ///< for the server's own "canceling statement": a statement that is too slow costs its facts, not the round
/// A slow group may cost the server 1.5 ms a minute: each minute on a small catalog, every hour or three on one with 10 000 tables.
constexpr int kRest = 60000 * 2 / 3;
constexpr Millis kNoise{ 4 }; ///< of network and scheduling, not the server's work: a cheap group is not held back by it

struct Schedule {
    Millis interval{ 0 };
    BootTime due{};
};

Millis budgetOf(Millis interval)
{
    return interval < Millis{ 15000 } ? kFastBudget : interval * 5 / 2 + kFastBudget;
}

} // namespace

class PostgresSource::Impl {
public:
    Impl(Target given, std::vector<CustomFact> facts)
        : target(std::move(given)), session(target, optionsFor(target)), groups(target, session.client()), custom(std::move(facts))
    {
    }

    std::expected<FactBatch, Fault> collect(Deadline deadline);
    std::expected<void, Fault> runGroup(const Group &group, FactBatch &batch, Deadline deadline);
    std::expected<void, Fault> runDue(FactBatch &batch, Deadline deadline);
    std::expected<void, Fault> limitStatements(Deadline deadline);
    std::vector<DoctorStage> diagnose(Deadline deadline);

    const Target target;
    PgSession session;
    Groups groups;
    CustomFacts custom;
    Millis limit{ SessionOptions().statementTimeout }; ///< of this session at the server
    std::map<std::string_view, Schedule> schedules;
    std::atomic<bool> isAllWanted{ false };
};

std::expected<void, Fault> PostgresSource::Impl::runGroup(const Group &group, FactBatch &batch, Deadline deadline)
{
    auto &schedule = schedules[group.name];
    const auto start = BootClock::now();
    FactBatch own;
    // The budget is that of the coming interval, which the cost of this very run decides.
    FactWriter facts(own, Millis{ 0 });
    const auto done = (groups.*group.run)(facts, deadline);
    const auto took =
        BootClock::now() - start - std::chrono::duration_cast<BootClock::duration>(std::chrono::duration<double>(groups.roundTrip()));
    const auto rest = std::clamp(std::chrono::duration_cast<Millis>((took - kNoise) * kRest), Millis{ 0 }, kLongest);
    const bool isSlow = group.every >= Millis{ 60000 };
    schedule.interval = isSlow ? std::max(group.every, rest) : group.every;
    schedule.due = start + (done || !isSlow ? schedule.interval : std::max(schedule.interval, kRetry));
    if (group.name == "counters" && !groups.hasRates())
        schedule.due = start; // the second round, a second later, makes rates of the first
    if (!done) {
        if (!session.client().isConnected())
            return done;
        own.facts.clear();
        const bool isDenied = done.error().kind == FaultKind::Denied;
        facts.unknownAll(group.facts, done.error().detail, isDenied ? groups.context().grant("pg_monitor") : done.error().hint);
    }
    for (auto &fact : own.facts) {
        fact.budget = budgetOf(schedule.interval);
        batch.facts.push_back(std::move(fact));
    }
    return {};
}

/// Lets the server end a statement before the round's end does, which would cost the connection. Behind a pooler no setting may be relied on.
std::expected<void, Fault> PostgresSource::Impl::limitStatements(Deadline deadline)
{
    constexpr Millis kStep{ 400 }; // worth a statement of its own
    const auto wanted = std::clamp(std::chrono::duration_cast<Millis>(deadline.left()) - kAnswer, Millis{ 100 }, SessionOptions().statementTimeout);
    if (session.client().info().isPooled || (wanted >= limit && wanted - limit < kStep))
        return {};
    const auto done = session.client().simpleQuery("set statement_timeout = " + std::to_string(wanted.count()), deadline);
    if (!done)
        return std::unexpected(done.error());
    limit = wanted;
    return {};
}

std::expected<void, Fault> PostgresSource::Impl::runDue(FactBatch &batch, Deadline deadline)
{
    const std::string life = groups.life();
    if (isAllWanted.exchange(false))
        schedules.clear();
    for (const auto &group : Groups::all()) {
        const bool isSlow = group.every >= Millis{ 60000 };
        if (BootClock::now() < schedules[group.name].due || (isSlow && deadline.left() < kSlowNeeds))
            continue;
        if (isSlow) {
            if (auto limited = limitStatements(deadline); !limited)
                return limited;
        }
        if (auto done = runGroup(group, batch, deadline); !done)
            return done;
        // Another postmaster: nothing that was read before is certain any more.
        if (group.name == "server" && groups.life() != life) {
            for (auto &[name, schedule] : schedules) {
                if (name != "clock" && name != "server")
                    schedule.due = {};
            }
        }
    }
    return {};
}

std::expected<FactBatch, Fault> PostgresSource::Impl::collect(Deadline deadline)
{
    const auto own = deadline.atMost(std::max(Millis{ 1 }, deadline.left() - kReserve));
    const bool wasConnected = session.client().isConnected();
    for (bool isSecondTry = false;; isSecondTry = true) {
        if (!session.client().isConnected())
            limit = SessionOptions().statementTimeout;
        if (auto connected = session.ensure(own); !connected)
            return std::unexpected(connected.error());
        FactBatch batch;
        batch.source = target.id;
        batch.at = Stamp::now();
        groups.begin(batch.at);
        batch.add("postgres.reachable", true, "", kFastBudget);
        const auto done = runDue(batch, own);
        if (done) {
            custom.collect(batch, own, [this](const CustomFact &fact, Deadline by) { return askCustom(session.client(), fact, by); });
            return batch;
        }
        // The kept connection died while nobody looked (restart, idle timeout): that is no fault of this round.
        if (isSecondTry || !wasConnected || done.error().kind != FaultKind::Unavailable)
            return std::unexpected(done.error());
    }
}

std::vector<DoctorStage> PostgresSource::Impl::diagnose(Deadline deadline)
{
    auto stages = session.diagnose(deadline);
    if (!session.client().isConnected())
        return stages;
    groups.begin(Stamp::now());
    FactBatch batch;
    FactWriter facts(batch, kFastBudget);
    const auto start = BootClock::now();
    auto read = groups.runServer(facts, deadline);
    if (read)
        read = groups.runRights(facts, deadline);
    const auto took = std::chrono::duration_cast<Millis>(BootClock::now() - start);
    if (!read) {
        stages.push_back({ "privileges", false, read.error().detail, read.error().hint, took });
        return stages;
    }
    const auto context = groups.context();
    const auto &info = session.client().info();
    const bool isMonitor = groups.rights().isMonitor;
    stages.push_back({ "privileges", isMonitor,
                       isMonitor ? "sees all sessions and statements" : "does not see other users' sessions and statements",
                       isMonitor ? "" : context.grant("pg_monitor"), took });
    const auto supported = isSupported(info.serverVersion, Stamp::now().wall);
    stages.push_back({ "version", supported.value_or(false), shortVersion(info.serverVersionText),
                       supported.value_or(false) ? "" : "Upgrade: the project no longer fixes this major.", Millis{ 0 } });
    const bool isRoleRight = !groups.server().isStandby || !target.isPrimaryExpected;
    stages.push_back({ "role", isRoleRight, groups.server().isStandby ? "standby" : "primary",
                       isRoleRight ? "" : "Declared primary, but it is a standby: point the url at the primary.", Millis{ 0 } });
    return stages;
}

PostgresSource::PostgresSource(Target target, std::vector<CustomFact> custom)
    : m_impl(std::make_unique<Impl>(std::move(target), std::move(custom)))
{
}

PostgresSource::~PostgresSource() = default;

const std::string &PostgresSource::id() const
{
    return m_impl->target.id;
}

Cadence PostgresSource::cadence() const
{
    return {.secondSample = Millis{1000}};
}

void PostgresSource::wantAll() noexcept
{
    m_impl->isAllWanted.store(true);
    m_impl->custom.wantAll();
}

std::expected<FactBatch, Fault> PostgresSource::collect(Deadline deadline, std::stop_token stop)
{
    m_impl->session.client().rearm();
    const std::stop_callback onStop(stop, [this] { interrupt(); });
    return m_impl->collect(deadline);
}

std::vector<DoctorStage> PostgresSource::diagnose(Deadline deadline, std::stop_token stop)
{
    m_impl->session.client().rearm();
    const std::stop_callback onStop(stop, [this] { interrupt(); });
    return m_impl->diagnose(deadline);
}

void PostgresSource::interrupt() noexcept
{
    m_impl->session.client().interrupt();
}

} // namespace muster::postgres
