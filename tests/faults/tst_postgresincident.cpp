// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/postgreskit.h"
#include "tests/unit/postgresrows.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTest>

#include <csignal>
#include <memory>
#include <vector>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;

/// The console during the very incident that it is opened for: it stays light, keeps its one session and says what it cannot see.
class TestPostgresIncident : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void lockOnPgClassCostsTheGroupsThatReadIt();
    void coldStartUnderALockOnPgClassPilesUpNothing();
    void lockOnAUserTableCostsNothing();
    void keepsItsSessionWhenAllSlotsAreTaken();
    void coldStartSaysThatTheSlotsAreTaken();
    void stoppedBackendsNeverPileUp();
    void aFullLockTableIsSaid();
    void aSlowCatalogCostsItsOwnFactsOnly();

private:
    /// Asked by a session that was open before, so that no lock on the catalogs keeps it out.
    [[nodiscard]] double consoles() const
    {
        const auto rows = m_admin->query("select count(*) as n from pg_stat_get_activity(null) where application_name like 'muster %'",
                                         Deadline::after(Millis{ 5000 }));
        return rows ? rows->number(0, "n").value_or(-1) : -1;
    }
    /// By their process titles: a backend that has not finished its login stands in no view.
    [[nodiscard]] int backendsOf(const char *user) const
    {
        int count = 0;
        const QDir processes(QStringLiteral("/proc"));
        for (const auto &pid : processes.entryList(QDir::Dirs)) {
            QFile title(processes.filePath(pid + QStringLiteral("/cmdline")));
            QFile state(processes.filePath(pid + QStringLiteral("/stat")));
            const bool isOurs = state.open(QIODevice::ReadOnly) && state.readAll().contains(QByteArray(") S " + QByteArray::number(m_kit->servers.pid(u"postgres")) + " "));
            count += isOurs && title.open(QIODevice::ReadOnly) && title.readAll().contains(QByteArray(QByteArray(": ") + user + " "));
        }
        return count;
    }
    [[nodiscard]] bool lock(const char *relation) const
    {
        return m_admin->simpleQuery(std::string("begin; lock table ") + relation + " in access exclusive mode", Deadline::after(Millis{ 5000 })).has_value();
    }
    [[nodiscard]] bool release() const { return m_admin->simpleQuery("rollback", Deadline::after(Millis{ 5000 })).has_value(); }

    std::unique_ptr<PostgresKit> m_kit;
    std::unique_ptr<PgClient> m_admin;
};

void TestPostgresIncident::initTestCase()
{
    m_kit = std::make_unique<PostgresKit>(QStringList{ QStringLiteral("postgres") },
                                          QStringList{ QStringLiteral("max_connections=14"), QStringLiteral("max_locks_per_transaction=10") });
    QVERIFY2(m_kit->servers.isRunning(), m_kit->servers.errorText());
    QVERIFY(m_kit->run("create table items as select g as id, repeat('x', 100) as name from generate_series(1, 20000) g; create index on items (id)"));
    m_admin = m_kit->session();
    QVERIFY(consoles() >= 0);
}

void TestPostgresIncident::lockOnPgClassCostsTheGroupsThatReadIt()
{
    PostgresSource source(m_kit->target());
    QVERIFY(!collect(source).facts.empty());
    QVERIFY(lock("pg_class"));
    source.wantAll();
    QElapsedTimer timer;
    timer.start();
    const auto batch = source.collect(Deadline::after(Millis{ 10000 }), {});
    const auto took = timer.elapsed();
    const double sessions = consoles();
    QVERIFY(release());
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    // Each group waits for its lock no longer than lock_timeout (50 ms).
    QVERIFY2(took < 5000, qPrintable(QString::number(took)));
    QVERIFY(isTrue(*batch, "postgres.reachable"));
    QVERIFY(numberOf(*batch, "postgres.connections_used") > 0);
    QVERIFY(numberOf(*batch, "postgres.blocked_count") >= 0);
    QVERIFY2(unknownReason(*batch, "postgres.dead_tuple_ratio").find("55P03") != std::string::npos, unknownReason(*batch, "postgres.dead_tuple_ratio").c_str());
    QCOMPARE(sessions, 1.0);
    source.wantAll();
    QVERIFY(numberOf(collect(source), "postgres.dead_tuple_ratio") >= 0);
}

void TestPostgresIncident::coldStartUnderALockOnPgClassPilesUpNothing()
{
    QVERIFY(lock("pg_class"));
    PostgresSource source(m_kit->target());
    std::vector<Fault> faults;
    for (int round = 0; round < 5; ++round)
        faults.push_back(faultOf(source, Millis{ 1200 }));
    // A backend that hangs behind the lock stays after its client is gone: one, not one for each round.
    const auto hanging = backendsOf("oncall");
    QVERIFY(release());
    for (const auto &fault : faults)
        QVERIFY2(fault.kind == FaultKind::Timeout, fault.detail.c_str());
    QCOMPARE(hanging, 1);
    QTRY_COMPARE_WITH_TIMEOUT(backendsOf("oncall"), 0, 10000);
    QTRY_VERIFY_WITH_TIMEOUT(source.collect(Deadline::after(Millis{ 5000 }), {}), 15000);
}

void TestPostgresIncident::lockOnAUserTableCostsNothing()
{
    PostgresSource source(m_kit->target());
    QVERIFY(!collect(source).facts.empty());
    QVERIFY(lock("items"));
    source.wantAll();
    const auto batch = collect(source);
    QVERIFY(release());
    QVERIFY(isTrue(batch, "postgres.reachable"));
    for (const auto *name : { "postgres.dead_tuple_ratio", "postgres.indexes_invalid", "postgres.bloat_ratio", "postgres.database_size" })
        QVERIFY2(numberOf(batch, name) >= 0, name);
}

void TestPostgresIncident::keepsItsSessionWhenAllSlotsAreTaken()
{
    PostgresSource source(m_kit->target());
    QVERIFY(!collect(source).facts.empty());
    std::vector<std::unique_ptr<PgClient>> others;
    for (auto client = m_kit->session(); client->isConnected() && others.size() < 20; client = m_kit->session())
        others.push_back(std::move(client));
    const auto batch = collect(source);
    const double sessions = consoles();
    QVERIFY(isTrue(batch, "postgres.reachable"));
    QVERIFY(numberOf(batch, "postgres.connections_used_ratio") >= 1);
    QCOMPARE(sessions, 1.0);
    others.clear();
}

void TestPostgresIncident::coldStartSaysThatTheSlotsAreTaken()
{
    std::vector<std::unique_ptr<PgClient>> others;
    for (auto client = m_kit->session(); client->isConnected() && others.size() < 20; client = m_kit->session())
        others.push_back(std::move(client));
    PostgresSource source(m_kit->target());
    const auto fault = faultOf(source);
    others.clear();
    QVERIFY(fault.kind == FaultKind::Unavailable);
    QVERIFY2(fault.detail.find("all connections are taken") != std::string::npos, fault.detail.c_str());
    QVERIFY(fault.hint.find("pooler") != std::string::npos);
    QTRY_VERIFY(source.collect(Deadline::after(Millis{ 5000 }), {}));
}

void TestPostgresIncident::stoppedBackendsNeverPileUp()
{
    PostgresSource source(m_kit->target());
    std::vector<pid_t> stopped;
    for (int round = 0; round < 3; ++round) {
        QVERIFY(!collect(source).facts.empty());
        const auto rows = m_admin->query("select pid from pg_stat_get_activity(null) where application_name like 'muster %' order by backend_start desc limit 1",
                                         Deadline::after(Millis{ 5000 }));
        QVERIFY(rows);
        stopped.push_back(static_cast<pid_t>(rows->number(0, "pid").value_or(0)));
        QVERIFY(stopped.back() > 0);
        QCOMPARE(::kill(stopped.back(), SIGSTOP), 0);
        QVERIFY(faultOf(source, Millis{ 1200 }).kind == FaultKind::Timeout);
    }
    // While they are stopped the old ones cannot go; each fault leaves at most its own behind, and nothing once they run again.
    const double most = consoles();
    for (const auto pid : stopped)
        QCOMPARE(::kill(pid, SIGCONT), 0);
    QVERIFY2(most <= 3, qPrintable(QString::number(most)));
    QTRY_COMPARE_WITH_TIMEOUT(consoles(), 0.0, 10000);
    QVERIFY(!collect(source).facts.empty());
    QCOMPARE(consoles(), 1.0);
}

void TestPostgresIncident::aFullLockTableIsSaid()
{
    PostgresSource source(m_kit->target());
    QVERIFY(!collect(source).facts.empty());
    QVERIFY(m_admin->simpleQuery("begin; select count(pg_advisory_xact_lock(g)) from generate_series(1, 120) g", Deadline::after(Millis{ 5000 })));
    source.wantAll();
    const auto batch = collect(source);
    QVERIFY(release());
    QVERIFY(numberOf(batch, "postgres.locks_used_ratio") > 0.7);
}

void TestPostgresIncident::aSlowCatalogCostsItsOwnFactsOnly()
{
    const auto redefine = [this](const char *where) {
        return m_kit->run(std::string("set allow_system_table_mods = on; create or replace view pg_catalog.pg_file_settings as select a.sourcefile, a.sourceline, a.seqno, "
                                      "a.name, a.setting, a.applied, a.error from pg_show_all_file_settings() a (sourcefile, sourceline, seqno, name, setting, applied, error)")
                          + where);
    };
    PostgresSource source(m_kit->target());
    QVERIFY(!collect(source).facts.empty());
    QVERIFY(redefine(" where pg_sleep(30) is not null"));
    source.wantAll();
    const auto batch = source.collect(Deadline::after(Millis{ 2500 }), {});
    const double sessions = consoles();
    QVERIFY(redefine(""));
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QVERIFY(isTrue(*batch, "postgres.reachable"));
    QVERIFY(numberOf(*batch, "postgres.connections_used") > 0);
    QVERIFY2(unknownReason(*batch, "postgres.config_errors").find("57014") != std::string::npos, unknownReason(*batch, "postgres.config_errors").c_str());
    QCOMPARE(sessions, 1.0);
}

QTEST_GUILESS_MAIN(TestPostgresIncident)
#include "tst_postgresincident.moc"
