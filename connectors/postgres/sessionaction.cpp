// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/sessionaction.h"

#include "connectors/postgres/activity.h"
#include "models/format/format.h"

#include <array>
#include <thread>
#include <utility>

namespace muster::postgres {

namespace {

constexpr Millis kReply{ 5000 };
constexpr Millis kEnds{ 10000 }; ///< a backend looks for signals at its next safe point
constexpr Millis kLook{ 100 };

/// pg_blocking_pids only where somebody waits: it takes the lock table's locks.
constexpr std::string_view kFindSql = R"sql(/* muster session */
select a.pid, a.backend_start, coalesce(a.query_start, a.backend_start) as query_start, a.state, pg_get_userbyid(a.usesysid) as usr,
  (select datname from pg_database d where d.oid = a.datid) as database, a.application_name, host(a.client_addr) as client, a.backend_type,
  left(a.query, 500) as query, extract(epoch from now() - a.xact_start) as transaction_age,
  (select count(*) from pg_stat_get_activity(null) w where w.wait_event_type = 'Lock' and a.pid = any (pg_blocking_pids(w.pid))) as blocked,
  coalesce((select rolsuper from pg_roles r where r.oid = a.usesysid), false) as is_superuser,
  coalesce(pg_has_role(a.usesysid, 'usage'), false) as is_own
from pg_stat_get_activity($1::int) a)sql";

constexpr std::string_view kRightsSql = "/* muster rights */ select pg_has_role('pg_signal_backend', 'usage') as may_signal, "
                                        "(select rolsuper from pg_roles where rolname = current_user) as is_superuser, "
                                        "(select system_identifier from pg_control_system()) as system_identifier, "
                                        "pg_has_role('pg_read_all_stats', 'usage') as is_monitor";

/// The session of the plan, running the statement of the plan; else no row and no signal.
constexpr std::string_view kCancelSql =
    "/* muster session */ select pg_cancel_backend(a.pid) as done from pg_stat_get_activity($1::int) a "
    "where a.backend_start = $2::timestamptz and coalesce(a.query_start, a.backend_start) = $3::timestamptz";
constexpr std::string_view kTerminateSql =
    "/* muster session */ select pg_terminate_backend(a.pid) as done from pg_stat_get_activity($1::int) a "
    "where a.backend_start = $2::timestamptz and coalesce(a.query_start, a.backend_start) = $3::timestamptz";

SessionIdentity identityFrom(const Rows &rows)
{
    SessionIdentity found;
    found.pid = static_cast<int>(rows.number(0, "pid").value_or(0));
    found.backendStart = rows.text(0, "backend_start");
    found.queryStart = rows.text(0, "query_start");
    found.state = rows.text(0, "state");
    found.user = rows.text(0, "usr");
    found.database = rows.text(0, "database");
    found.application = rows.text(0, "application_name");
    found.client = rows.text(0, "client");
    found.type = rows.text(0, "backend_type");
    found.query = withoutPasswords(rows.text(0, "query"));
    found.transactionAge = rows.number(0, "transaction_age");
    found.blocked = rows.number(0, "blocked").value_or(0);
    found.isSuperuser = rows.truth(0, "is_superuser").value_or(false);
    found.isOwn = rows.truth(0, "is_own").value_or(false);
    return found;
}

PlanCheck check(std::string title, bool isGood, std::string detail)
{
    return { std::move(title), isGood ? PlanCheckState::Passed : PlanCheckState::Failed, std::move(detail) };
}

PlanCheck typeCheck(const SessionIdentity &found)
{
    if (found.type == "client backend")
        return { "It is a client's session", PlanCheckState::Passed, "" };
    if (found.type == "parallel worker")
        return { "It is a client's session", PlanCheckState::Failed, "a parallel worker: end its leader instead" };
    if (found.type == "autovacuum worker")
        return { "It is an autovacuum worker", PlanCheckState::Warned,
                 "it starts again by itself; one that prevents wraparound must be left to finish" };
    if (found.type == "walsender")
        return { "It feeds a standby or a backup", PlanCheckState::Warned, "that replication or base backup breaks off" };
    return { "It is a client's session", PlanCheckState::Failed, "“" + found.type + "” belongs to the server itself" };
}

PlanCheck workCheck(const SessionIdentity &found, bool isTerminate)
{
    const bool isBusy = found.state == "active" || found.state == "fastpath function call";
    if (!isTerminate)
        return check("It runs a statement", isBusy,
                     isBusy ? "" : "it is “" + found.state + "”: there is nothing to cancel; terminate ends the session and its transaction");
    const bool isOpen = found.transactionAge.has_value();
    return { "What it loses", isOpen ? PlanCheckState::Warned : PlanCheckState::Passed,
             isOpen ? "its open transaction of " + format::duration(*found.transactionAge) + " is rolled back" : "no transaction is open" };
}

std::string rightHint(const SessionIdentity &found, const std::string &user)
{
    if (found.isSuperuser)
        return "the session is a superuser's: only a superuser may end it";
    return "run: " + grantTo("pg_signal_backend", user);
}

std::string whoIs(const SessionIdentity &found)
{
    return found.user + "@" + found.database + (found.application.empty() ? "" : ", " + found.application)
        + (found.client.empty() ? "" : " from " + found.client);
}

Outcome refused(const std::string &why)
{
    return { OutcomeKind::Refused, "Nothing was done: " + why, {}, {}, {} };
}

} // namespace

std::string SessionIdentity::key() const
{
    return std::to_string(pid) + " of " + backendStart + ", statement of " + queryStart;
}

SessionAction::SessionAction(Target target, SessionEndRequest request)
    : m_target(std::move(target)), m_request(std::move(request)), m_session(m_target, optionsFor(m_target))
{
}

std::string SessionAction::called() const
{
    return std::string(m_request.isTerminate ? "pg_terminate_backend(" : "pg_cancel_backend(") + std::to_string(m_request.pid) + ")";
}

std::expected<std::optional<SessionIdentity>, Fault> SessionAction::find(Deadline deadline)
{
    const std::string pid = std::to_string(m_request.pid);
    const auto rows = m_session.client().query(kFindSql, std::span(&pid, 1), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    return rows->isEmpty() || rows->text(0, "backend_start").empty() ? std::nullopt : std::optional(identityFrom(*rows));
}

std::expected<Rows, Fault> SessionAction::rights(Deadline deadline)
{
    return m_session.client().query(kRightsSql, deadline);
}

Fault SessionAction::notFound(const Rows &may)
{
    const bool isHidden = !may.truth(0, "is_monitor").value_or(false);
    return { FaultKind::Config, "query", "no session has the pid " + std::to_string(m_request.pid),
             isHidden ? "This role does not see other users' sessions: " + grantTo("pg_monitor", m_session.client().info().user)
                      : "It has ended already, or the pid is of another server." };
}

std::vector<PlanCheck> SessionAction::checks(const Rows &may)
{
    const auto &info = m_session.client().info();
    const bool isSuperuser = may.truth(0, "is_superuser").value_or(false);
    const bool isAllowed = isSuperuser || (!m_found->isSuperuser && (m_found->isOwn || may.truth(0, "may_signal").value_or(false)));
    const bool isConsole = m_request.pid == info.backendPid || m_found->application.starts_with("muster ");
    return { check("This role may end it", isAllowed, isAllowed ? "" : rightHint(*m_found, info.user)), typeCheck(*m_found),
             workCheck(*m_found, m_request.isTerminate),
             check("It is not a console's", !isConsole, isConsole ? "ending it would end what that console does" : "") };
}

std::expected<Plan, Fault> SessionAction::preflight(Deadline deadline, std::stop_token stop)
{
    m_session.client().rearm();
    const std::stop_callback forward(stop, [this] { interrupt(); });
    if (auto connected = m_session.ensure(deadline); !connected)
        return std::unexpected(connected.error());
    const auto may = rights(deadline);
    if (!may)
        return std::unexpected(may.error());
    auto found = find(deadline);
    if (!found)
        return std::unexpected(found.error());
    m_found = std::move(*found);
    if (!m_found)
        return std::unexpected(notFound(*may));
    m_identity = "system " + may->text(0, "system_identifier") + ", pid " + m_found->key();
    Plan plan;
    plan.action = name();
    plan.title = (m_request.isTerminate ? "Terminate session " : "Cancel the statement of session ") + std::to_string(m_request.pid);
    plan.target = m_target.id;
    plan.identity = m_identity;
    plan.changes = { { "Session", whoIs(*m_found) },
                     { "State", m_found->state.empty() ? m_found->type : m_found->state },
                     { "Statement", clamp(m_found->query, 120) },
                     { "Waiting for it", format::counted(m_found->blocked, "session", "sessions") } };
    plan.checks = checks(*may);
    plan.command = "SELECT " + called();
    plan.isDestructive = m_request.isTerminate;
    return plan;
}

Outcome SessionAction::run(const Plan &plan, RunControl &control)
{
    if (!plan.isAllowed() || !m_found || plan.identity != m_identity)
        return refused(plan.firstObstacle().empty() ? "there is no plan" : plan.firstObstacle());
    m_session.client().rearm();
    const std::stop_callback forward(control.stopToken(), [this] { interrupt(); });
    const auto deadline = Deadline::after(kReply);
    if (auto connected = m_session.ensure(deadline); !connected)
        return refused(connected.error().detail);
    const auto may = rights(deadline);
    if (!may)
        return refused(may.error().detail);
    if (!m_identity.starts_with("system " + may->text(0, "system_identifier") + ","))
        return refused("another server answers at this address now");
    control.report({ "signalling", 0, {}, "", called() });
    const std::array<std::string, 3> parameters{ std::to_string(m_found->pid), m_found->backendStart, m_found->queryStart };
    const auto rows = m_session.client().query(m_request.isTerminate ? kTerminateSql : kCancelSql, parameters, deadline);
    const auto pid = std::to_string(m_found->pid);
    if (!rows && !m_session.client().isConnected())
        return { OutcomeKind::Unknown, "The reply was lost: nobody knows whether the signal was sent.", {},
                 "SELECT pid, backend_start, state, query FROM pg_stat_activity WHERE pid = " + pid + ";", {} };
    if (!rows)
        return { OutcomeKind::Failed, "The server refused: " + rows.error().detail, {}, {}, {} };
    if (rows->isEmpty())
        return refused("pid " + pid + " is another session now, or runs another statement; look again");
    if (!rows->truth(0, "done").value_or(false))
        return { OutcomeKind::Failed, "The server could not send the signal.", {}, {}, {} };
    return { OutcomeKind::Succeeded, called() + " was sent.", {}, {}, {} };
}

Outcome SessionAction::verify(const Plan &, Outcome outcome, RunControl &control)
{
    const std::stop_callback forward(control.stopToken(), [this] { interrupt(); });
    const auto start = BootClock::now();
    const auto deadline = Deadline::after(kEnds);
    for (;;) {
        const auto now = find(deadline);
        if (!now)
            return { OutcomeKind::Unknown, "The signal was sent, but the server does not say what became of it: " + now.error().detail, {},
                     "Look for pid " + std::to_string(m_request.pid) + " in pg_stat_activity.", {} };
        const bool isGone = !*now || (*now)->backendStart != m_found->backendStart;
        const bool isOver = isGone || (!m_request.isTerminate && ((*now)->queryStart != m_found->queryStart || (*now)->state != "active"));
        if (isOver) {
            const auto took = format::duration(toSeconds(BootClock::now() - start));
            outcome.summary = isGone ? "The session has ended." : "The statement was cancelled; the session lives on.";
            outcome.details = { { "Session", m_found->key() }, { "Ended after", took } };
            if (!isGone)
                outcome.details.push_back({ "It is now", (*now)->state });
            return outcome;
        }
        if (deadline.left() <= kLook * 2 || control.isCancelled())
            break;
        std::this_thread::sleep_for(kLook);
    }
    outcome.kind = OutcomeKind::Failed;
    outcome.summary = "The signal was sent, but pid " + std::to_string(m_request.pid) + " has not ended after "
        + format::duration(toSeconds(kEnds)) + ": it waits for something that cannot be interrupted (storage, a synchronous standby, a stopped process).";
    return outcome;
}

} // namespace muster::postgres
