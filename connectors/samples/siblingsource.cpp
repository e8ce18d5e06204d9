// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/siblingsource.h"

#include "connectors/redis/primaries.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/redisinfoparser.h"

#include <algorithm>
#include <chrono>

namespace muster::samples {

namespace {

constexpr Millis kBudget{750000}; // 2.5 rounds
constexpr Millis kReserve{300};   // kept for the answer, so that the source speaks before the watchdog does
constexpr std::size_t kTextLimit = 200;

std::expected<Identity, Fault> identify(postgres::PgSession &session, const postgres::Target &target, Deadline deadline)
{
    if (auto connected = session.ensure(deadline); !connected)
        return std::unexpected(connected.error());
    const auto rows = session.client().query(
        "SELECT system_identifier AS lineage, extract(epoch FROM pg_postmaster_start_time()) AS life, pg_is_in_recovery() AS is_replica FROM pg_control_system()", deadline);
    const auto address = session.client().info().address;
    session.client().close();
    if (!rows)
        return std::unexpected(rows.error());
    return Identity{target.id + " (" + address + ")", rows->text(0, "lineage"), rows->text(0, "life"), rows->truth(0, "is_replica").value_or(false), true};
}

std::expected<Identity, Fault> identify(const redis::Target &target, Deadline deadline, net::Interrupter &interrupter)
{
    const auto primaries = redis::primariesOf(target, deadline, interrupter);
    if (!primaries)
        return std::unexpected(primaries.error());
    const auto client = redis::RedisClient::connect(primaries->front(), deadline, interrupter);
    if (!client)
        return std::unexpected(client.error());
    const auto reply = (*client)->call({"INFO"}, deadline);
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->isError())
        return std::unexpected(Fault{FaultKind::Denied, "privileges", target.address() + ": " + clamp(reply->text, kTextLimit), "Let the user read it: ACL SETUSER " + target.declaredUser() + " +info"});
    const auto info = redis::parseInfo(reply->text);
    const auto field = [&](const char *name) { return clamp(info.text(name).value_or(""), kTextLimit); };
    return Identity{target.id + " (" + target.address() + ")", field("master_replid"), field("run_id"), field("role") == "slave", false};
}

std::string firstShared(const std::vector<Identity> &ours, const std::vector<Identity> &theirs)
{
    for (const auto &own : ours) {
        for (const auto &other : theirs) {
            if (auto words = sharing(own, other); !words.empty())
                return words;
        }
    }
    return {};
}

} // namespace

std::string sharing(const Identity &ours, const Identity &theirs)
{
    if (!ours.life.empty() && ours.life == theirs.life && ours.lineage == theirs.lineage)
        return theirs.label + " is the same server as " + ours.label;
    if (!ours.lineage.empty() && ours.lineage == theirs.lineage && (ours.isReplica || theirs.isReplica))
        return theirs.label + " replicates the same data as " + ours.label;
    if (ours.isDatabase && theirs.isDatabase && !ours.lineage.empty() && ours.lineage == theirs.lineage)
        return theirs.label + " has the system identifier " + ours.lineage + " of " + ours.label + ": a physical copy, with its data and its passwords";
    return {};
}

SiblingSource::SiblingSource(SiblingTarget target) : m_target(std::move(target))
{
    for (const auto &database : m_target.ours.databases)
        m_ours.push_back(std::make_unique<postgres::PgSession>(database, postgres::optionsFor(database)));
    for (const auto &database : m_target.theirs.databases)
        m_theirs.push_back(std::make_unique<postgres::PgSession>(database, postgres::optionsFor(database)));
}

void SiblingSource::rearm()
{
    m_interrupter.rearm();
    for (const auto *sessions : {&m_ours, &m_theirs}) {
        for (const auto &session : *sessions)
            session->client().rearm();
    }
}

void SiblingSource::interrupt() noexcept
{
    m_interrupter.interrupt();
    for (const auto *sessions : {&m_ours, &m_theirs}) {
        for (const auto &session : *sessions)
            session->client().interrupt();
    }
}

SiblingSource::Asked SiblingSource::ask(const Servers &servers, const Sessions &sessions, Deadline deadline)
{
    Asked asked;
    const auto take = [&](const std::string &id, std::vector<Identity> &into, const std::expected<Identity, Fault> &identity, BootTime start) {
        const auto took = std::chrono::duration_cast<Millis>(BootClock::now() - start);
        if (identity) {
            into.push_back(*identity);
            asked.stages.push_back({id, true, identity->label, "", took});
        } else {
            asked.faults.push_back(identity.error());
            asked.stages.push_back({id, false, identity.error().detail, identity.error().hint, took});
        }
    };
    for (std::size_t i = 0; i < servers.databases.size(); ++i) {
        const auto start = BootClock::now();
        take(servers.databases[i].id, asked.databases, identify(*sessions[i], servers.databases[i], deadline), start);
    }
    for (const auto &cache : servers.caches) {
        const auto start = BootClock::now();
        take(cache.id, asked.caches, identify(cache, deadline, m_interrupter), start);
    }
    return asked;
}

std::expected<FactBatch, Fault> SiblingSource::collect(Deadline deadline, std::stop_token stop)
{
    if (m_target.problem)
        return std::unexpected(*m_target.problem);
    if (m_held && BootClock::now() - m_heldSince < postgres::PgSession::kAuthHold)
        return *m_held;
    rearm();
    const std::stop_callback onStop(stop, [this] { interrupt(); });
    const auto own = deadline.atMost(std::max(Millis{1}, deadline.left() - kReserve));
    const auto theirs = ask(m_target.theirs, m_theirs, own);
    const auto ours = ask(m_target.ours, m_ours, own);

    FactBatch batch{m_target.id, Stamp::now(), {}};
    auto shared = firstShared(ours.databases, theirs.databases);
    if (shared.empty())
        shared = firstShared(ours.caches, theirs.caches);
    auto faults = theirs.faults;
    faults.insert(faults.end(), ours.faults.begin(), ours.faults.end());
    // One server that did not answer may be the shared one.
    Value shares = !shared.empty();
    if (shared.empty() && !faults.empty())
        shares = Unknown{"a server could not be asked who it is: " + faults.front().detail, faults.front().hint};
    else if (m_target.theirs.databases.empty() && m_target.theirs.caches.empty())
        shares = Unknown{m_target.name + " declares neither PostgreSQL nor Redis", "Declare its servers in its environment file."};
    batch.add("sibling.shares_server", std::move(shares), "", kBudget, m_target.name);
    batch.add("sibling.shared_what", shared, "", kBudget, m_target.name);
    batch.add("sibling.name", m_target.name, "", kBudget);
    const bool isRefused = std::ranges::any_of(faults, [](const Fault &fault) { return fault.kind == FaultKind::Auth; });
    m_held = isRefused ? std::optional(batch) : std::nullopt;
    m_heldSince = BootClock::now();
    return batch;
}

std::vector<DoctorStage> SiblingSource::diagnose(Deadline deadline, std::stop_token stop)
{
    if (m_target.problem)
        return {{"file", false, m_target.problem->detail, m_target.problem->hint, Millis{0}}};
    rearm();
    const std::stop_callback onStop(stop, [this] { interrupt(); });
    auto theirs = ask(m_target.theirs, m_theirs, deadline);
    return std::move(theirs.stages);
}

} // namespace muster::samples
