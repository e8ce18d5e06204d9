// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/sessionaction.h"
#include "tests/integration/postgreskit.h"

#include <QTest>

#include <csignal>
#include <thread>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;

/// Cancel and terminate on a real server, each effect seen by psql.
class TestPostgresSession : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cancelEndsTheStatementOnly();
    void terminateRollsBackAndFreesTheWaiters();
    void idleSessionHasNothingToCancel();
    void refusedWithoutTheRightAndSaysTheGrant();
    void refusedWhenTheSessionMovedOn();
    void refusedWhenThePidIsGone();
    void consolesAndTheServersOwnAreLeftAlone();
    void whatDoesNotEndIsNotCalledEnded();

private:
    [[nodiscard]] int pidOf(const PgClient &client) const { return client.info().backendPid; }
    [[nodiscard]] std::unique_ptr<SessionAction> action(int pid, bool isTerminate, const std::string &user = "signaller") const
    {
        return std::make_unique<SessionAction>(m_kit->targetAs(user, user), SessionEndRequest{ "primary", pid, isTerminate });
    }
    [[nodiscard]] bool isRunning(int pid) const
    {
        return m_kit->psql(QStringLiteral("select count(*) from pg_stat_activity where pid = %1 and state = 'active'").arg(pid)) == "1";
    }
    [[nodiscard]] bool isThere(int pid) const
    {
        return m_kit->psql(QStringLiteral("select count(*) from pg_stat_activity where pid = %1").arg(pid)) == "1";
    }

    std::unique_ptr<PostgresKit> m_kit;
};

namespace {

RunControl control()
{
    return RunControl({}, [](const Progress &) {});
}

Deadline soon()
{
    return Deadline::after(Millis{ 10000 });
}

Outcome runAndVerify(Action &action, const Plan &plan)
{
    auto steering = control();
    auto outcome = action.run(plan, steering);
    return outcome.kind == OutcomeKind::Succeeded ? action.verify(plan, outcome, steering) : outcome;
}

/// A statement that runs on a thread of its own until it is ended from outside.
class Busy {
public:
    Busy(std::unique_ptr<PgClient> client, std::string sql)
        : m_client(std::move(client)), pid(m_client->info().backendPid),
          m_thread([this, sql = std::move(sql)] { m_result = m_client->simpleQuery(sql, Deadline::after(Millis{ 60000 })); })
    {
    }
    ~Busy() { m_client->interrupt(); }
    std::expected<Rows, Fault> result()
    {
        m_thread.join();
        return m_result;
    }

private:
    std::unique_ptr<PgClient> m_client;
    std::expected<Rows, Fault> m_result;

public:
    const int pid;

private:
    std::jthread m_thread;
};

} // namespace

void TestPostgresSession::initTestCase()
{
    m_kit = std::make_unique<PostgresKit>();
    QVERIFY2(m_kit->servers.isRunning(), m_kit->servers.errorText());
    QVERIFY(m_kit->run("create role signaller login password 'signaller'; grant pg_monitor, pg_signal_backend to signaller; "
                       "create role watcher login password 'watcher'; grant pg_monitor to watcher; "
                       "create role app login password 'app'; create table t (v int); insert into t values (1); grant all on t to app"));
}

void TestPostgresSession::cancelEndsTheStatementOnly()
{
    PgClient app;
    auto parameters = ConnectionParameters::from(m_kit->targetAs("app", ""));
    auto client = std::make_unique<PgClient>();
    SessionOptions options;
    options.isReadOnly = false;
    options.statementTimeout = Millis{ 0 };
    QVERIFY(client->connect(*parameters, Secret("app"), options, soon()));
    Busy busy(std::move(client), "select pg_sleep(50)");
    QTRY_VERIFY(isRunning(busy.pid));
    const auto cancel = action(busy.pid, false);
    const auto plan = cancel->preflight(soon(), {});
    QVERIFY2(plan, plan ? "" : plan.error().detail.c_str());
    QVERIFY2(plan->isAllowed(), plan->firstObstacle().c_str());
    QVERIFY(!plan->isDestructive);
    QVERIFY(plan->identity.find("pid " + std::to_string(busy.pid)) != std::string::npos);
    const auto outcome = runAndVerify(*cancel, *plan);
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, outcome.summary.c_str());
    const auto ended = busy.result();
    QVERIFY(!ended);
    QVERIFY2(ended.error().detail.find("57014") != std::string::npos, ended.error().detail.c_str());
    QVERIFY(isThere(busy.pid));
}

void TestPostgresSession::terminateRollsBackAndFreesTheWaiters()
{
    auto holder = std::make_unique<PgClient>();
    SessionOptions options;
    options.isReadOnly = false;
    options.statementTimeout = options.lockTimeout = Millis{ 0 };
    QVERIFY(holder->connect(*ConnectionParameters::from(m_kit->targetAs("app", "")), Secret("app"), options, soon()));
    QVERIFY(holder->simpleQuery("begin; update public.t set v = 99", soon()));
    Busy waiter(m_kit->session(), "update t set v = v + 1");
    QTRY_COMPARE(m_kit->psql(QStringLiteral("select count(*) from pg_locks where not granted")), QByteArray("1"));
    const int pid = pidOf(*holder);
    const auto terminate = action(pid, true);
    const auto plan = terminate->preflight(soon(), {});
    QVERIFY(plan && plan->isAllowed());
    QVERIFY(plan->isDestructive);
    const auto hasWarning = std::ranges::any_of(plan->checks, [](const PlanCheck &c) {
        return c.state == PlanCheckState::Warned && c.detail.find("rolled back") != std::string::npos;
    });
    QVERIFY(hasWarning);
    QVERIFY(std::ranges::any_of(plan->changes, [](const PlanLine &line) { return line.value == "1 session"; }));
    const auto outcome = runAndVerify(*terminate, *plan);
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, outcome.summary.c_str());
    QVERIFY(!isThere(pid));
    QVERIFY(waiter.result());
    QCOMPARE(m_kit->psql(QStringLiteral("select v from t")), QByteArray("2"));
}

void TestPostgresSession::idleSessionHasNothingToCancel()
{
    const auto idle = m_kit->session();
    const auto cancel = std::make_unique<SessionAction>(
        m_kit->targetAs("postgres", m_kit->servers.text(u"postgres", u"adminPassword").toStdString()),
        SessionEndRequest{ "primary", pidOf(*idle), false });
    const auto plan = cancel->preflight(soon(), {});
    QVERIFY(plan);
    QVERIFY(!plan->isAllowed());
    auto steering = control();
    QVERIFY(cancel->run(*plan, steering).kind == OutcomeKind::Refused);
    QVERIFY(isThere(pidOf(*idle)));
}

void TestPostgresSession::refusedWithoutTheRightAndSaysTheGrant()
{
    auto client = std::make_unique<PgClient>();
    QVERIFY(client->connect(*ConnectionParameters::from(m_kit->targetAs("app", "")), Secret("app"), {}, soon()));
    const auto asWatcher = action(pidOf(*client), true, "watcher");
    const auto plan = asWatcher->preflight(soon(), {});
    QVERIFY(plan);
    QVERIFY(!plan->isAllowed());
    QCOMPARE(plan->checks.front().detail, std::string("run: GRANT pg_signal_backend TO \"watcher\";"));
    const auto superuser = m_kit->session(); // pg_signal_backend does not reach a superuser's
    const auto planned = action(pidOf(*superuser), true)->preflight(soon(), {});
    QVERIFY(planned && !planned->isAllowed());
    QVERIFY(planned->checks.front().detail.find("superuser") != std::string::npos);
}

void TestPostgresSession::refusedWhenTheSessionMovedOn()
{
    auto client = std::make_unique<PgClient>();
    SessionOptions options;
    options.isReadOnly = false;
    QVERIFY(client->connect(*ConnectionParameters::from(m_kit->targetAs("app", "")), Secret("app"), options, soon()));
    QVERIFY(client->simpleQuery("begin; select 1", soon()));
    const auto terminate = action(pidOf(*client), true);
    const auto plan = terminate->preflight(soon(), {});
    QVERIFY(plan && plan->isAllowed());
    QVERIFY(client->simpleQuery("commit", soon()));
    auto steering = control();
    const auto outcome = terminate->run(*plan, steering);
    QVERIFY2(outcome.kind == OutcomeKind::Refused, outcome.summary.c_str());
    QVERIFY(isThere(pidOf(*client)));
}

void TestPostgresSession::refusedWhenThePidIsGone()
{
    const auto plan = action(2000000000, true)->preflight(soon(), {});
    QVERIFY(!plan);
    QCOMPARE(plan.error().detail, std::string("no session has the pid 2000000000"));
}

void TestPostgresSession::consolesAndTheServersOwnAreLeftAlone()
{
    auto console = std::make_unique<PgClient>();
    QVERIFY(console->connect(*ConnectionParameters::from(m_kit->targetAs("app", "")), Secret("app"), optionsFor(m_kit->target()), soon()));
    const auto plan = action(pidOf(*console), true)->preflight(soon(), {});
    QVERIFY(plan && !plan->isAllowed());
    const int checkpointer = m_kit->psql(QStringLiteral("select pid from pg_stat_activity where backend_type = 'checkpointer'")).toInt();
    const auto own = action(checkpointer, true)->preflight(soon(), {});
    QVERIFY(own && !own->isAllowed());
}

void TestPostgresSession::whatDoesNotEndIsNotCalledEnded()
{
    auto client = std::make_unique<PgClient>();
    QVERIFY(client->connect(*ConnectionParameters::from(m_kit->targetAs("app", "")), Secret("app"), {}, soon()));
    const int pid = pidOf(*client);
    const auto terminate = action(pid, true);
    const auto plan = terminate->preflight(soon(), {});
    QVERIFY(plan && plan->isAllowed());
    QCOMPARE(::kill(pid, SIGSTOP), 0);
    const auto outcome = runAndVerify(*terminate, *plan);
    QCOMPARE(::kill(pid, SIGCONT), 0);
    QVERIFY2(outcome.kind == OutcomeKind::Failed, outcome.summary.c_str());
    QTRY_VERIFY(!isThere(pid));
}

QTEST_GUILESS_MAIN(TestPostgresSession)
#include "tst_postgressession.moc"
