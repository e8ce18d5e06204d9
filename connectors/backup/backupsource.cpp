// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupsource.h"

#include "connectors/backup/backupfacts.h"
#include "connectors/backup/preflight.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr Millis kServerLimit{3000};
constexpr Millis kSchedulesEvery{std::chrono::minutes{5}};

bool isOfTool(const Set &set)
{
    return set.driver != "pg_dump" && set.driver != "pg_basebackup";
}

} // namespace

bool isScheduleSeen(const std::vector<Backup> &newestFirst, Millis window, WallTime now)
{
    std::vector<WallTime> good;
    for (const auto &backup : newestFirst) {
        if (backup.isUsable() && backup.kind != "globals")
            good.push_back(backup.finishedAt);
    }
    if (good.empty() || now - good.front() > window)
        return false;
    if (now - good.back() < 2 * window)
        return good.size() >= 1; // too young to tell more
    // Regular: no two neighbours inside the last two windows are further apart than one.
    for (std::size_t i = 1; i < good.size() && now - good[i - 1] <= 2 * window; ++i) {
        if (good[i - 1] - good[i] > window)
            return false;
    }
    return good.size() >= 2;
}

const Backup *newestUsable(const std::vector<Backup> &newestFirst, const std::vector<std::string> &databases)
{
    const auto newestOf = [&](const std::string &database) -> const Backup * {
        const auto it = std::ranges::find_if(newestFirst, [&](const Backup &backup) {
            if (!backup.isUsable() || backup.kind == "globals")
                return false;
            const bool isOfAll = backup.databases.empty() && (backup.isPhysical || backup.isWhole || databases.size() < 2);
            return database.empty() || isOfAll || std::ranges::find(backup.databases, database) != backup.databases.end();
        });
        return it == newestFirst.end() ? nullptr : &*it;
    };
    if (databases.empty())
        return newestOf({});
    const Backup *oldest = nullptr;
    for (const auto &database : databases) {
        const auto *newest = newestOf(database);
        if (!newest)
            return nullptr;
        if (!oldest || newest->finishedAt < oldest->finishedAt)
            oldest = newest;
    }
    return oldest;
}

BackupSource::BackupSource(Set set)
    : m_set(std::move(set)), m_id("backup/" + m_set.name), m_driver(makeDriver(m_set)), m_server(m_set.server ? std::make_unique<Server>(m_set, Server::Purpose::Watch) : nullptr)
{
}

Cadence BackupSource::cadence() const
{
    // A tool's catalogue costs processes, over ssh a login as well.
    return isOfTool(m_set) || m_set.host.isRemote() ? Cadence{Millis(15000), Millis(60000), Millis(30000)} : Cadence{Millis(5000), Millis(30000), Millis(8000)};
}

BackupSource::Seen BackupSource::askServer(Deadline deadline)
{
    if (!m_server)
        return {Unknown{"no PostgreSQL server is declared for this set", "Name one: \"postgres\": \"primary\"."}, {}};
    m_server->rearm();
    if (auto connected = m_server->connect(deadline); !connected)
        return {Unknown{"the server does not answer: " + connected.error().detail, connected.error().hint}, {}};
    if (const auto live = m_server->live(deadline))
        m_live = *live;
    const auto holder = m_server->lockHolder(deadline);
    if (!holder)
        return {Unknown{holder.error().detail, holder.error().hint}, {}};
    return {*holder, m_server->activity(deadline).value_or(std::vector<Running>())};
}

std::expected<FactBatch, Fault> BackupSource::collect(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    FactBatch batch{m_id, Stamp::now(), {}};
    auto seen = askServer(deadline.atMost(kServerLimit));
    if (m_wantsAll.exchange(false)) {
        m_driver->wantAll();
        m_schedules.reset();
    }
    auto catalogue = m_driver->list(m_live, deadline, stop);
    if (!catalogue)
        return std::unexpected(catalogue.error());
    if (!catalogue->running && !seen.activity.empty() && !asText(seen.holder))
        catalogue->running = seen.activity.front();
    for (const auto &activity : seen.activity) {
        // Server and tool see different things of one run: the server has the phases of pg_basebackup, the tool its own totals.
        if (!catalogue->running || (catalogue->running->phase.empty() && !activity.phase.empty()))
            catalogue->running = activity;
    }
    batch.at = Stamp::now();
    batch.add("backup.reachable", true, "", kBackupBudget);
    addCatalogueFacts(batch, *catalogue, m_set, m_live);
    batch.add("backup.holder", std::move(seen.holder), "", kBackupBudget);
    addSchedules(batch, deadline, stop);
    return batch;
}

void BackupSource::addSchedules(FactBatch &batch, Deadline deadline, const std::stop_token &stop)
{
    if (!m_schedules || BootClock::now() - m_schedulesAt > kSchedulesEvery) {
        m_schedules = readSchedules(m_set.host, deadline.atMost(kServerLimit), stop);
        m_schedulesAt = BootClock::now();
    }
    addScheduleFacts(batch, *m_schedules, m_set);
}

std::vector<DoctorStage> BackupSource::diagnose(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    std::vector<DoctorStage> stages;
    if (!m_set.directory.empty() && !m_set.host.isRemote()) {
        const auto check = checkDirectory(m_set.directory);
        stages.push_back({"directory", check.state != PlanCheckState::Failed, check.detail, {}, Millis{0}});
    }
    const auto catalogue = m_driver->list(m_live, deadline, stop);
    stages.push_back({"catalogue", catalogue.has_value(), catalogue ? std::to_string(catalogue->backups.size()) + " found" : catalogue.error().detail,
                      catalogue ? std::string() : catalogue.error().hint, Millis{0}});
    if (!m_server)
        return stages;
    m_server->rearm();
    if (auto connected = m_server->connect(deadline); !connected) {
        stages.push_back({"server", false, connected.error().detail, connected.error().hint, Millis{0}});
        return stages;
    }
    const auto state = m_server->observe(deadline);
    stages.push_back({"server", state.has_value(), state ? state->version + " at " + state->address : state.error().detail,
                      state ? std::string() : state.error().hint, Millis{0}});
    if (state && !state->isPooled && !isOfTool(m_set)) {
        const auto tools = findTools(state->major, m_set.toolFolders, deadline, stop);
        stages.push_back({"tools", tools.has_value(), tools ? tools->dump() + ' ' + tools->version : tools.error().detail,
                          tools ? std::string() : tools.error().hint, Millis{0}});
    }
    return stages;
}

void BackupSource::interrupt() noexcept
{
    if (m_server)
        m_server->interrupt();
}

} // namespace muster::backup
