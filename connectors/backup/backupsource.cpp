// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupsource.h"

#include "connectors/backup/preflight.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr Millis kBudget{std::chrono::minutes{2}};
constexpr Millis kServerLimit{3000};
constexpr double kNever = 1e12; // s; the catalogue's word for "there is none"
constexpr std::size_t kRows = 200;

double ageOf(const Backup &backup, WallTime now)
{
    return std::max(0.0, toSeconds(now - backup.finishedAt));
}

Table tableOf(const std::vector<Backup> &backups, WallTime now)
{
    Table table;
    table.columns = {{"id", ""},    {"finished_at", "epoch"}, {"age", "s"},           {"size", "B"}, {"files", "count"}, {"server_version", ""}, {"system_identifier", ""},
                     {"tool_version", ""}, {"rung", ""},      {"reason", ""},         {"path", ""},  {"format", ""},        {"duration", "s"}};
    table.limit = kRows;
    table.isTruncated = backups.size() > kRows;
    for (const auto &backup : backups) {
        if (table.rows.size() == kRows)
            break;
        table.rows.push_back({backup.id, toSeconds(backup.finishedAt.time_since_epoch()), ageOf(backup, now), static_cast<double>(backup.size),
                              static_cast<double>(backup.files), backup.serverVersion, backup.systemIdentifier, backup.toolVersion,
                              std::string(toString(backup.rung)), backup.reason, backup.path, backup.format, backup.took ? Cell(toSeconds(*backup.took)) : Cell()});
    }
    return table;
}

void addCatalogue(FactBatch &batch, const std::vector<Backup> &backups, const Set &set)
{
    const auto now = batch.at.wall;
    const auto isFinished = [](const Backup &backup) { return backup.rung >= Rung::Finished; };
    const auto newest = std::ranges::find_if(backups, isFinished);
    const auto usable = std::ranges::find_if(backups, [](const Backup &backup) { return backup.isUsable() && !backup.isOtherCluster; });
    const double usableAge = usable == backups.end() ? kNever : ageOf(*usable, now);
    batch.add("backup.count", static_cast<double>(std::ranges::count_if(backups, isFinished)), "count", kBudget);
    if (newest == backups.end())
        batch.add("backup.newest_age", kNever, "s", kBudget);
    else
        batch.add("backup.newest_age", ageOf(*newest, now), "s", kBudget);
    batch.add("backup.newest_name", newest == backups.end() ? std::string() : newest->id, "", kBudget);
    batch.add("backup.usable_age", usableAge, "s", kBudget);
    batch.add("backup.usable_name", usable == backups.end() ? std::string() : usable->id, "", kBudget);
    batch.add("backup.window", toSeconds(set.window), "s", kBudget);
    batch.add("backup.within_window", usableAge <= toSeconds(set.window), "", kBudget);
    batch.add("backup.schedule_seen", isScheduleSeen(backups, set.window, now), "", kBudget);
    batch.add("backup.backups", tableOf(backups, now), "", kBudget);
}

} // namespace

bool isScheduleSeen(const std::vector<Backup> &newestFirst, Millis window, WallTime now)
{
    std::vector<WallTime> good;
    for (const auto &backup : newestFirst) {
        if (backup.isUsable() && !backup.isOtherCluster)
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

BackupSource::BackupSource(Set set) : m_set(std::move(set)), m_id("backup/" + m_set.name), m_server(m_set.server ? std::make_unique<Server>(m_set, Server::Purpose::Watch) : nullptr) { }

Value BackupSource::holder(Deadline deadline)
{
    if (!m_server)
        return Unknown{"no PostgreSQL server is declared for this set", "Name one: \"postgres\": \"primary\"."};
    m_server->rearm();
    if (auto connected = m_server->connect(deadline); !connected)
        return Unknown{"the server does not answer: " + connected.error().detail, connected.error().hint};
    if (const auto identity = m_server->systemIdentifier(deadline))
        m_systemIdentifier = *identity;
    const auto holder = m_server->lockHolder(deadline);
    if (!holder)
        return Unknown{holder.error().detail, holder.error().hint};
    return *holder;
}

std::expected<FactBatch, Fault> BackupSource::collect(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    FactBatch batch{m_id, Stamp::now(), {}};
    auto held = holder(deadline.atMost(kServerLimit));
    auto backups = scan(m_set.directory, m_set.name, m_systemIdentifier);
    if (!backups)
        return std::unexpected(backups.error());
    batch.at = Stamp::now();
    batch.add("backup.reachable", true, "", kBudget);
    batch.add("backup.directory_ok", true, "", kBudget);
    addCatalogue(batch, *backups, m_set);
    batch.add("backup.holder", std::move(held), "", kBudget);
    if (const auto free = freeBytes(m_set.directory))
        batch.add("backup.free_bytes", *free, "B", kBudget);
    else
        batch.add("backup.free_bytes", Unknown{"the file system does not say", {}}, "B", kBudget);
    return batch;
}

std::vector<DoctorStage> BackupSource::diagnose(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    std::vector<DoctorStage> stages;
    const auto check = checkDirectory(m_set.directory);
    stages.push_back({"directory", check.state != PlanCheckState::Failed, check.detail, {}, Millis{0}});
    const auto backups = scan(m_set.directory, m_set.name, m_systemIdentifier);
    stages.push_back({"catalogue", backups.has_value(), backups ? std::to_string(backups->size()) + " found" : backups.error().detail,
                      backups ? std::string() : backups.error().hint, Millis{0}});
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
    if (state && !state->isPooled) {
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
