// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/drillaction.h"

#include "connectors/backup/backupaction.h"
#include "connectors/backup/preflight.h"
#include "connectors/backup/scratch.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr Millis kServerLimit{5000};
constexpr Millis kStartLimit{std::chrono::minutes{60}}; // recovery replays WAL
constexpr Millis kCountLimit{std::chrono::hours{2}};
constexpr std::size_t kTablesCounted = 200;
constexpr double kGrowth = 1.3;      // WAL and indexes made anew
constexpr double kExpansion = 6;     // of a compressed dump whose restored size nobody noted

constexpr std::string_view kDatabases = "SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1";
constexpr double kFilled = 1000; ///< rows by estimate, from which on an empty copy is no accident
constexpr std::string_view kTables = "SELECT n.nspname || ' ' || c.relname AS name, c.oid::regclass::text AS quoted FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                                     " WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY c.relpages DESC, 1";

double neededSpace(const Backup &backup)
{
    return backup.restoredSize > 0 ? kGrowth * static_cast<double>(backup.restoredSize) : kExpansion * static_cast<double>(backup.size);
}

std::unexpected<Fault> failed(const std::string &what)
{
    return std::unexpected(Fault{FaultKind::Protocol, "drill", what, "Do not rely on this backup."});
}

} // namespace

DrillAction::DrillAction(Set set, std::string id) : m_set(std::move(set)), m_one(m_set, std::move(id)) { }

std::expected<Plan, Fault> DrillAction::preflight(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback forward(stop, [this] { interrupt(); });
    auto found = m_one.find(deadline, m_stop.get_token());
    if (!found)
        return std::unexpected(found.error());
    m_backup = std::move(*found);
    Plan plan;
    plan.action = name();
    plan.title = "Restore “" + m_backup->id + "” into a scratch server";
    plan.target = "backup/" + m_set.name;
    plan.identity = m_backup->path;
    m_one.check(*m_backup, plan);
    if (m_backup->rung == Rung::Damaged)
        plan.checks.push_back({"It is whole", PlanCheckState::Warned, m_backup->reason});
    if (m_backup->kind == "globals")
        plan.checks.push_back({"There is a database in it", PlanCheckState::Failed, "it holds roles and tablespaces only"});
    const auto parent = Scratch::parentOf(m_set);
    plan.checks.push_back(checkDirectory(parent));
    if (plan.checks.back().state == PlanCheckState::Warned)
        plan.checks.back() = {"The scratch directory can be written", PlanCheckState::Passed, parent}; // the folder in it is ours alone
    plan.checks.push_back(checkSpace(parent, {}, neededSpace(*m_backup), "what it needs when it is restored"));
    auto tools = findTools(m_backup->major, m_set.toolFolders, deadline, m_stop.get_token());
    const bool hasServer = tools && !tools->server().empty();
    plan.checks.push_back({"A PostgreSQL server of major " + std::to_string(m_backup->major) + " is installed here", hasServer ? PlanCheckState::Passed : PlanCheckState::Failed,
                           hasServer ? tools->server() : tools ? tools->folder + " has no server; run: apt install postgresql-" + std::to_string(m_backup->major) : tools.error().detail});
    if (hasServer)
        m_tools = std::move(*tools);
    if (m_one.server())
        m_superuser = m_one.server()->bootstrapUser(deadline.atMost(kServerLimit)).value_or("postgres");
    plan.changes = {{"Restores into", parent + "/muster-drill-…, on a private socket, removed afterwards"},
                    {"Asks", m_set.drillQueries.empty() ? "how many tables and rows there are; no query is declared (\"drill\": {\"queries\": [...]})"
                                                        : format::counted(static_cast<double>(m_set.drillQueries.size()), "declared query", "declared queries") + ", and how many tables and rows there are"},
                    {"Writes", "its date, duration and verdict"}};
    plan.command = "restores, starts a server without TCP and archiving, counts, compares, removes it";
    return plan;
}

Outcome DrillAction::run(const Plan &plan, RunControl &control)
{
    const std::stop_callback forward(control.stopToken(), [this] { interrupt(); });
    if (!plan.isAllowed() || !m_backup || !m_tools || plan.identity != m_backup->path)
        return refusedOutcome(plan.firstObstacle().empty() ? "there is no plan" : plan.firstObstacle());
    Work work(m_set, control, m_stop.get_token(), m_one.server());
    auto scratch = Scratch::make(m_set, *m_tools, m_stop.get_token());
    if (!scratch)
        return failedOutcome(scratch.error(), "There was no drill: ", {});
    Outcome outcome;
    Drill drill;
    const auto startedAt = BootClock::now();
    auto done = restore(**scratch, work);
    drill.took = std::chrono::duration_cast<Millis>(BootClock::now() - startedAt); // how long a restore takes; counting is not part of it
    if (done)
        done = examine(**scratch, work, drill, outcome);
    work.report({"removing the scratch server", 0, {}, {}, {}});
    const auto removed = (*scratch)->remove();
    drill.at = Stamp::now().wall;
    outcome.transcript = work.transcript();
    if (!done && done.error().kind != FaultKind::Protocol)
        return failedOutcome(done.error(), "There was no drill: ", outcome.transcript);
    drill.problem = done ? std::string() : done.error().detail;
    const auto noted = m_one.driver().noteDrill(*m_backup, drill);
    outcome.kind = done && noted ? OutcomeKind::Succeeded : OutcomeKind::Failed;
    outcome.summary = !done ? "“" + m_backup->id + "” did not pass its drill: " + drill.problem
        : !noted            ? "The drill went well, but that could not be noted: " + noted.error().detail
                            : "“" + m_backup->id + "” was restored in " + format::duration(toSeconds(drill.took)) + "; all queries answered.";
    outcome.details.insert(outcome.details.begin(), {{"Restored in", format::duration(toSeconds(drill.took))}, {"Tables", format::number(drill.tables, 0)}, {"Rows", format::number(drill.rows, 0)}});
    if (!removed)
        outcome.details.push_back(PlanLine{"Not removed", removed.error().detail});
    return outcome;
}

std::expected<void, Fault> DrillAction::restore(Scratch &scratch, Work &work)
{
    std::expected<void, Fault> done;
    if (m_backup->isPhysical) {
        scratch.setUser(m_superuser.empty() ? "postgres" : m_superuser);
        work.report({"restoring files", 0, {}, {}, {}});
        return m_one.driver().restore(*m_backup, scratch, work);
    }
    work.report({"making a scratch server", 0, {}, {}, {}});
    done = scratch.initialise();
    if (done)
        done = scratch.start({"wal_level=minimal", "max_wal_senders=0"}, Deadline::after(kStartLimit));
    return done ? m_one.driver().restore(*m_backup, scratch, work) : done;
}

std::expected<void, Fault> DrillAction::examine(Scratch &scratch, Work &work, Drill &drill, Outcome &outcome)
{
    postgres::PgClient client;
    if (auto connected = scratch.connect(client, "postgres", Deadline::after(kServerLimit)); !connected)
        return failed("the restored server does not answer: " + connected.error().detail);
    const auto databases = client.query(kDatabases, Deadline::after(kServerLimit));
    if (!databases)
        return failed("the restored databases cannot be listed: " + databases.error().detail);
    const auto wanted = m_set.server ? m_one.server() ? m_one.server()->connectedDatabase() : std::string() : std::string();
    std::string asked;
    for (std::size_t row = 0; row < databases->size(); ++row) {
        const auto name = databases->text(row, "name");
        if (auto connected = scratch.connect(client, name, Deadline::after(kServerLimit)); !connected)
            return failed("database " + name + " cannot be opened: " + connected.error().detail);
        auto counted = count(client, name, work);
        if (!counted)
            return std::unexpected(counted.error());
        drill.tables += counted->tables;
        drill.rows += counted->rows;
        const bool isWanted = name == wanted || (name == "drill" && asked.empty());
        if (isWanted || (asked.empty() && name != "postgres" && wanted.empty()))
            asked = name;
        if (isWanted) {
            if (auto compared = compare(name, *counted, outcome); !compared)
                return compared;
        }
    }
    if (!wanted.empty() && asked.empty() && wanted != "postgres")
        return failed("database " + wanted + " is not in it");
    if (drill.tables == 0)
        return failed("it holds no table");
    if (auto connected = scratch.connect(client, asked.empty() ? "postgres" : asked, Deadline::after(kServerLimit)); !connected)
        return failed(connected.error().detail);
    return ask(client, outcome);
}

std::expected<DrillAction::Counted, Fault> DrillAction::count(postgres::PgClient &client, const std::string &database, Work &work)
{
    const auto tables = client.query(kTables, Deadline::after(kCountLimit));
    if (!tables)
        return failed("the tables of " + database + " cannot be listed: " + tables.error().detail);
    Counted counted;
    counted.tables = static_cast<double>(tables->size());
    for (std::size_t row = 0; row < tables->size(); ++row) {
        counted.names.push_back(tables->text(row, "name"));
        if (row >= kTablesCounted)
            continue;
        if (work.stop().stop_requested())
            return std::unexpected(Fault{FaultKind::Cancelled, "drill", "cancelled", {}});
        work.report({"counting rows of " + database, static_cast<double>(row), static_cast<double>(std::min(tables->size(), kTablesCounted)), "tables", {}});
        const auto rows = client.query("SELECT count(*) AS rows FROM " + tables->text(row, "quoted"), Deadline::after(kCountLimit));
        if (!rows)
            return failed("table " + tables->text(row, "quoted") + " of " + database + " cannot be read: " + rows.error().detail);
        counted.rowsOf[tables->text(row, "quoted")] = rows->number(0, "rows").value_or(0);
        counted.rows += rows->number(0, "rows").value_or(0);
    }
    return counted;
}

/// Tables may have been made and dropped since; a live table that has rows and is missing in most of the restore has not.
std::expected<void, Fault> DrillAction::compare(const std::string &database, const Counted &counted, Outcome &outcome)
{
    if (!m_one.server())
        return {};
    const auto live = m_one.server()->tableNumbers(Deadline::after(kServerLimit));
    if (!live || live->empty())
        return {};
    std::size_t missing = 0;
    std::string example;
    for (const auto &[name, number] : *live) {
        if (std::ranges::find(counted.names, name) != counted.names.end())
            continue;
        ++missing;
        example = name;
    }
    outcome.details.push_back({"Compared with " + database, format::counted(static_cast<double>(live->size()), "table", "tables") + " live, " + format::number(counted.tables, 0) + " restored"
                                   + (missing ? "; " + format::counted(static_cast<double>(missing), "live one is", "live ones are") + " not in it, for example " + example : std::string())});
    if (2 * missing > live->size())
        return failed(std::to_string(missing) + " of the " + std::to_string(live->size()) + " tables of the live database " + database + " are not in it, for example " + example);
    return compareRows(counted, outcome);
}

/// Rows come and go, and the live numbers are those of the last ANALYZE: a table that came back empty is what they can tell for sure.
std::expected<void, Fault> DrillAction::compareRows(const Counted &counted, Outcome &outcome)
{
    const auto live = m_one.server()->largestTables(Deadline::after(kServerLimit));
    if (!live)
        return {};
    double before = 0;
    double after = 0;
    for (const auto &table : *live) {
        const auto restored = counted.rowsOf.find(table.name);
        if (restored == counted.rowsOf.end() || table.rows < 0)
            continue;
        if (table.rows >= kFilled && restored->second == 0)
            return failed("table " + table.name + " has about " + format::number(table.rows, 0) + " rows live and none in the restore");
        before += table.rows;
        after += restored->second;
    }
    outcome.details.push_back({"Rows of the largest tables", "about " + format::number(before, 0) + " live, " + format::number(after, 0) + " restored"});
    return {};
}

std::expected<void, Fault> DrillAction::ask(postgres::PgClient &client, Outcome &outcome)
{
    // Our sessions look into pg_catalog only; the declared queries mean the team's own tables.
    if (auto set = client.simpleQuery("SET search_path = public", Deadline::after(kServerLimit)); !set)
        return failed(set.error().detail);
    for (std::size_t i = 0; i < m_set.drillQueries.size(); ++i) {
        const auto rows = client.query(m_set.drillQueries[i], Deadline::after(kCountLimit));
        const auto title = "query " + std::to_string(i + 1);
        if (!rows)
            return failed(title + " failed: " + rows.error().detail);
        if (rows->isEmpty())
            return failed(title + " answered no row");
        const auto &first = rows->rows.front();
        for (const auto &row : rows->rows) {
            if (row.empty() || !row.front() || *row.front() == "f")
                return failed(title + " answered " + (row.empty() || !row.front() ? "NULL" : "false"));
        }
        outcome.details.push_back({"Query " + std::to_string(i + 1), muster::clamp(*first.front(), 200) + (rows->size() > 1 ? " and " + format::counted(static_cast<double>(rows->size() - 1), "more row", "more rows") : "")});
    }
    return {};
}

Outcome DrillAction::verify(const Plan &, Outcome outcome, RunControl &)
{
    const auto now = m_one.again(m_stop.get_token());
    if (now && now->rung == Rung::Restored)
        return outcome;
    outcome.summary += " The catalogue does not call it restored: " + (now ? now->reason : now.error().detail) + '.';
    if (!now || now->rung < Rung::Unusable)
        outcome.kind = OutcomeKind::Failed;
    return outcome;
}

void DrillAction::interrupt() noexcept
{
    m_stop.request_stop();
    m_one.interrupt();
}

} // namespace muster::backup
