// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/pgbouncer/pgbouncersource.h"
#include "connectors/postgres/groups.h"
#include "tests/integration/postgreskit.h"
#include "tests/unit/postgresrows.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <cmath>
#include <set>
#include <thread>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;

class TestPostgresSource : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void factsAreThoseOfTheCatalogue();
    void agreesWithPsql();
    void sessionIsSetUpToBeLight();
    void ratesAppearWithTheSecondSample();
    void plainRoleIsUnknownNotGreen();
    void monitorRoleSeesSessions();
    void superuserSeesAll();
    void findsTheRootOfALockTree();
    void findsIdleInTransaction();
    void findsInvalidAndDuplicateIndexes();
    void findsASequenceNearItsEnd();
    void findsASlotThatHoldsWal();
    void tellsAFailingArchiver();
    void failingGroupLeavesTheOthers();
    void readsStatements();
    void advisoryLockHasOneHolder();
    void readsThePooler();
    void detectsThePoolerInFront();
    void doctorNamesEachStage();

private:
    /// A source of its own has all slow groups in its first batch.
    [[nodiscard]] FactBatch fresh(const Target &target) const
    {
        PostgresSource source(target);
        return collect(source);
    }
    [[nodiscard]] FactBatch fresh() const { return fresh(m_kit->target()); }

    std::unique_ptr<PostgresKit> m_kit;
};

void TestPostgresSource::initTestCase()
{
    m_kit = std::make_unique<PostgresKit>(QStringList{ QStringLiteral("postgres"), QStringLiteral("pgbouncer") },
                                          QStringList{ QStringLiteral("shared_preload_libraries=pg_stat_statements") });
    QVERIFY2(m_kit->servers.isRunning(), m_kit->servers.errorText());
    QVERIFY(
        m_kit->run("create role plain login password 'plain'; create role monitor login password 'monitor'; grant pg_monitor to monitor; "
                   "create table items (id serial primary key, name text, price int); insert into items (name, price) select 'x' || i, i "
                   "from generate_series(1, 2000) i; "
                   "create extension pg_stat_statements; analyze items"));
}

void TestPostgresSource::factsAreThoseOfTheCatalogue()
{
    QFile file(QStringLiteral(MUSTER_SOURCE_DIR "/resources/readiness/facts.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto text = QString::fromUtf8(file.readAll());
    const auto batch = fresh();
    std::set<std::string> seen;
    for (const auto &fact : batch.facts) {
        QVERIFY2(seen.insert(fact.name).second, fact.name.c_str());
        QVERIFY2(fact.budget >= Millis{ 30000 }, fact.name.c_str());
        const auto name = QString::fromStdString(fact.name);
        const auto shortName = name.mid(9); // the catalogue shortens some of a row: "postgres.connections_used · connections_limit"
        QVERIFY2(text.contains(QRegularExpression(QStringLiteral("\\b%1\\b").arg(shortName))), fact.name.c_str());
    }
    // And the other way round: everything that the catalogue names is there.
    const auto section = text.section(QStringLiteral("## postgres/NAME"), 1).section(QStringLiteral("\n## "), 0, 0);
    auto names = QRegularExpression(QStringLiteral("postgres\\.([a-z0-9_]+)")).globalMatch(section);
    while (names.hasNext()) {
        const auto name = names.next().captured(0).toStdString();
        QVERIFY2(seen.contains(name), name.c_str());
    }
}

void TestPostgresSource::agreesWithPsql()
{
    const auto idle1 = m_kit->session();
    const auto idle2 = m_kit->session();
    PostgresSource source(m_kit->target());
    const auto batch = collect(source);
    const auto number = [&](const QString &sql) { return m_kit->psql(sql).toDouble(); };
    // psql itself is one more.
    QCOMPARE(numberOf(batch, "postgres.connections_used") + 1,
             number(QStringLiteral("select count(*) from pg_stat_activity where backend_type = 'client backend'")));
    QCOMPARE(
        numberOf(batch, "postgres.connections_limit"),
        number(QStringLiteral("select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int")));
    const double xid = number(QStringLiteral("select max(age(datfrozenxid)) / 2147483648.0 from pg_database"));
    QVERIFY(std::abs(numberOf(batch, "postgres.xid_used_ratio") - xid) < 1e-6);
    QCOMPARE(numberOf(batch, "postgres.database_size"), number(QStringLiteral("select pg_database_size('shop')")));
    QCOMPARE(QByteArray::fromStdString(textOf(batch, "postgres.system_identifier")),
             m_kit->psql(QStringLiteral("select system_identifier from pg_control_system()")));
    QCOMPARE(numberOf(batch, "postgres.version_num"), number(QStringLiteral("show server_version_num")));
    QCOMPARE(QByteArray::fromStdString(textOf(batch, "postgres.password_encryption")),
             m_kit->psql(QStringLiteral("show password_encryption")));
    QCOMPARE(textOf(batch, "postgres.role"), std::string("primary"));
    QVERIFY(isTrue(batch, "postgres.tls_in_use"));
    QVERIFY(isTrue(batch, "postgres.checksums_on"));
    QVERIFY(isFalse(batch, "postgres.is_read_only"));
    QVERIFY(numberOf(batch, "postgres.clock_skew") < 1);
    QVERIFY(numberOf(batch, "postgres.wal_size") > 0);
}

void TestPostgresSource::sessionIsSetUpToBeLight()
{
    PostgresSource source(m_kit->target());
    QVERIFY(!collect(source).facts.empty());
    QCOMPARE(m_kit->psql(QStringLiteral("select count(*) from pg_stat_activity where usename = 'oncall'")), QByteArray("1"));
    QCOMPARE(m_kit->psql(QStringLiteral("select application_name from pg_stat_activity where usename = 'oncall'")),
             QByteArray("muster tester@bench"));

    PgClient client;
    const auto target = m_kit->target();
    QVERIFY(client.connect(*ConnectionParameters::from(target), Secret(m_kit->servers.text(u"postgres", u"password").toStdString()),
                           SessionOptions{}, Deadline::after(Millis{ 5000 })));
    const auto show = [&](const char *name) {
        return client.query(std::string("show ") + name, Deadline::after(Millis{ 2000 }))->text(0, name);
    };
    QCOMPARE(show("statement_timeout"), std::string("3s"));
    QCOMPARE(show("lock_timeout"), std::string("50ms"));
    QCOMPARE(show("default_transaction_read_only"), std::string("on"));
    const auto refused = client.query("create table nope (i int)", Deadline::after(Millis{ 2000 }));
    QVERIFY(!refused);
    QVERIFY(client.isConnected());
}

void TestPostgresSource::ratesAppearWithTheSecondSample()
{
    PostgresSource source(m_kit->target());
    QVERIFY(!unknownReason(collect(source), "postgres.cache_hit_ratio").empty());
    const auto read = [this] {
        return m_kit->psql(QStringLiteral("select sum(blks_hit) || ' ' || sum(blks_read) from pg_stat_database")).split(' ');
    };
    QVERIFY(m_kit->run("select pg_stat_force_next_flush()"));
    const auto before = read();
    for (int i = 0; i < 5; ++i)
        QVERIFY(m_kit->run("select count(*) from items a join items b using (id)"));
    const auto after = read();
    const auto batch = collect(source);
    const double hit = after[0].toDouble() - before[0].toDouble();
    const double miss = after[1].toDouble() - before[1].toDouble();
    QVERIFY(hit + miss > 200);
    QVERIFY2(std::abs(numberOf(batch, "postgres.cache_hit_ratio") - hit / (hit + miss)) < 0.05,
             qPrintable(QString::number(numberOf(batch, "postgres.cache_hit_ratio"))));
    QVERIFY(numberOf(batch, "postgres.commits_rate") > 0);
}

void TestPostgresSource::plainRoleIsUnknownNotGreen()
{
    const auto batch = fresh(m_kit->targetAs("plain", "plain"));
    for (const auto *name :
         { "postgres.idle_in_transaction_count", "postgres.idle_in_transaction_longest", "postgres.blocked_count",
           "postgres.transaction_longest", "postgres.sessions", "postgres.plaintext_clients", "postgres.wal_size", "postgres.config_errors",
           "postgres.statements_available", "postgres.sequence_used_ratio", "postgres.pgaudit" }) {
        QVERIFY2(!unknownReason(batch, name).empty(), name);
        QVERIFY2(unknownHint(batch, name).find("GRANT ") == 0, name);
    }
    QCOMPARE(numberOf(batch, "postgres.connections_used"),
             m_kit->psql(QStringLiteral("select count(*) from pg_stat_activity where backend_type = 'client backend'")).toDouble());
    // The grant that the console names is the one that helps.
    QVERIFY(m_kit->run(unknownHint(batch, "postgres.idle_in_transaction_count") + unknownHint(batch, "postgres.config_errors")
                       + unknownHint(batch, "postgres.sequence_used_ratio")));
    const auto granted = fresh(m_kit->targetAs("plain", "plain"));
    for (const auto *name :
         { "postgres.idle_in_transaction_count", "postgres.config_errors", "postgres.sequence_used_ratio", "postgres.wal_size" })
        QVERIFY2(numberOf(granted, name) >= 0, name);
    QVERIFY(m_kit->run("revoke pg_monitor, pg_read_all_data from plain; revoke all on pg_file_settings from plain; revoke all on function "
                       "pg_show_all_file_settings() from plain"));
}

void TestPostgresSource::monitorRoleSeesSessions()
{
    const auto batch = fresh(m_kit->targetAs("monitor", "monitor"));
    QCOMPARE(numberOf(batch, "postgres.idle_in_transaction_count"), 0.0);
    QVERIFY(numberOf(batch, "postgres.wal_size") > 0);
    QVERIFY(isTrue(batch, "postgres.statements_available"));
    QVERIFY(!unknownReason(batch, "postgres.config_errors").empty());
    QVERIFY(!unknownReason(batch, "postgres.sequence_used_ratio").empty());
}

void TestPostgresSource::superuserSeesAll()
{
    const auto batch = fresh(m_kit->targetAs("postgres", m_kit->servers.text(u"postgres", u"adminPassword").toStdString()));
    QVERIFY(isTrue(batch, "postgres.is_superuser"));
    QCOMPARE(numberOf(batch, "postgres.config_errors"), 0.0);
    QVERIFY(numberOf(batch, "postgres.sequence_used_ratio") >= 0);
}

void TestPostgresSource::findsTheRootOfALockTree()
{
    const auto root = m_kit->session();
    QVERIFY(root->simpleQuery("begin; update items set price = 0 where id = 1", Deadline::after(Millis{ 5000 })));
    // Two that wait: their queries time out here, on our side, and go on waiting there until the server's own limit.
    const auto wait = [this](const char *sql) {
        return std::jthread([client = std::shared_ptr<PgClient>(m_kit->session()), sql] {
            (void)client->simpleQuery(sql, Deadline::after(Millis{ 20000 }));
        });
    };
    {
        const auto first = wait("begin; set statement_timeout = '15s'; update items set price = 2 where id = 2; update items set price = 1 "
                                "where id = 1; rollback");
        QTRY_COMPARE(m_kit->psql(QStringLiteral("select count(*) from pg_locks where not granted")), QByteArray("1"));
        const auto second = wait("set statement_timeout = '15s'; update items set price = 3 where id = 2");
        QTRY_COMPARE(m_kit->psql(QStringLiteral("select count(*) from pg_locks where not granted")), QByteArray("2"));
        PostgresSource source(m_kit->target());
        const auto batch = collect(source);
        QCOMPARE(numberOf(batch, "postgres.blocked_count"), 2.0);
        QVERIFY(numberOf(batch, "postgres.blocked_longest") > 0);
        const auto worst = textOf(batch, "postgres.blocker_worst");
        QVERIFY2(worst.starts_with("pid " + std::to_string(root->info().backendPid) + " (postgres, psql) idle in transaction"),
                 worst.c_str());
        QVERIFY2(worst.find("blocks 2 sessions") != std::string::npos, worst.c_str());
        QVERIFY(root->simpleQuery("rollback", Deadline::after(Millis{ 5000 })));
    }
}

void TestPostgresSource::findsIdleInTransaction()
{
    const auto idle = m_kit->session();
    QVERIFY(idle->simpleQuery("begin; select 1", Deadline::after(Millis{ 5000 })));
    PostgresSource source(m_kit->target());
    QCOMPARE(numberOf(collect(source), "postgres.idle_in_transaction_count"), 1.0);
    QTRY_VERIFY(numberOf(collect(source), "postgres.idle_in_transaction_longest") >= 0.5);
    QVERIFY(idle->simpleQuery("rollback", Deadline::after(Millis{ 5000 })));
    QCOMPARE(numberOf(collect(source), "postgres.idle_in_transaction_count"), 0.0);
}

void TestPostgresSource::findsInvalidAndDuplicateIndexes()
{
    QCOMPARE(numberOf(fresh(), "postgres.indexes_duplicate"), 0.0);
    QVERIFY(m_kit->run(
        "create index items_name on items (name); create index items_name_again on items (name); create index items_low on items "
        "(lower(name)) where price > 3; "
        "create index items_low_again on items (lower( name )) where (price > 3); create index items_other on items (name desc)"));
    // A concurrent build that hits a duplicate key leaves an invalid index.
    const auto admin = m_kit->session();
    QVERIFY(admin->simpleQuery("update items set price = 1 where id in (1, 2)", Deadline::after(Millis{ 5000 })));
    QVERIFY(!admin->simpleQuery("create unique index concurrently items_broken on items (price)", Deadline::after(Millis{ 20000 })));
    const auto batch = fresh();
    QCOMPARE(numberOf(batch, "postgres.indexes_duplicate"), 2.0);
    QCOMPARE(numberOf(batch, "postgres.indexes_invalid"), 1.0);
    QCOMPARE(textOf(batch, "postgres.index_worst"), std::string("public.items: invalid index items_broken"));
    QVERIFY(m_kit->run("drop index items_broken, items_name_again, items_low_again"));
    QCOMPARE(numberOf(fresh(), "postgres.indexes_duplicate"), 0.0);
}

void TestPostgresSource::findsASequenceNearItsEnd()
{
    QVERIFY(m_kit->run("select setval('items_id_seq', 2040109465)"));
    const auto batch = fresh();
    QVERIFY(std::abs(numberOf(batch, "postgres.sequence_used_ratio") - 0.95) < 0.001);
    QCOMPARE(textOf(batch, "postgres.sequence_worst"), std::string("public.items_id_seq"));
    QVERIFY(m_kit->run("select setval('items_id_seq', 2000)"));
}

void TestPostgresSource::findsASlotThatHoldsWal()
{
    QVERIFY(m_kit->run("select pg_create_physical_replication_slot('left_over', true)"));
    QVERIFY(m_kit->run("create table ballast as select g, repeat('x', 500) from generate_series(1, 5000) g; select pg_switch_wal()"));
    const auto batch = fresh();
    QCOMPARE(numberOf(batch, "postgres.slots_waiting"), 1.0);
    QCOMPARE(numberOf(batch, "postgres.slots_bad"), 0.0); // 15 does not say since when; see tst_pgfacts
    QVERIFY(numberOf(batch, "postgres.slot_retained_max") > 1e6);
    QVERIFY(textOf(batch, "postgres.slot_worst").starts_with("left_over"));
    QVERIFY(m_kit->run("select pg_drop_replication_slot('left_over')"));
    QCOMPARE(numberOf(fresh(), "postgres.slots_waiting"), 0.0);
}

void TestPostgresSource::tellsAFailingArchiver()
{
    PostgresSource source(m_kit->target());
    QTRY_VERIFY_WITH_TIMEOUT(isFalse(collect(source), "postgres.archiver_failing"), 10000);
    QVERIFY(m_kit->run("alter system set archive_command = '/bin/false'"));
    QVERIFY(m_kit->run("select pg_reload_conf()"));
    QVERIFY(m_kit->run("create table more as select 1"));
    QVERIFY(m_kit->run("select pg_switch_wal()"));
    QTRY_VERIFY_WITH_TIMEOUT(isTrue(collect(source), "postgres.archiver_failing"), 20000);
    QVERIFY(textOf(collect(source), "postgres.archiver_last_failed_wal").starts_with("0000"));
    QVERIFY(m_kit->run("alter system reset archive_command"));
    QVERIFY(m_kit->run("select pg_reload_conf()"));
}

void TestPostgresSource::failingGroupLeavesTheOthers()
{
    // The size of the database cannot be had while its right is taken away from everybody else.
    QVERIFY(m_kit->run("revoke execute on function pg_database_size(name) from public"));
    const auto batch = fresh(m_kit->targetAs("monitor", "monitor"));
    QVERIFY(m_kit->run("grant execute on function pg_database_size(name) to public"));
    QVERIFY(unknownReason(batch, "postgres.database_size").starts_with("42501"));
    QVERIFY(numberOf(batch, "postgres.connections_used") >= 1);
    QCOMPARE(numberOf(batch, "postgres.indexes_invalid"), 0.0);
}

void TestPostgresSource::readsStatements()
{
    QVERIFY(m_kit->run("select pg_stat_statements_reset()"));
    const auto client = m_kit->session();
    for (int i = 0; i < 55; ++i)
        QVERIFY(client->query("select pg_sleep(0.01)", Deadline::after(Millis{ 5000 })));
    const auto batch = fresh();
    QVERIFY(isTrue(batch, "postgres.statements_available"));
    const double mean =
        m_kit->psql(QStringLiteral("select mean_exec_time / 1000 from pg_stat_statements where query like 'select pg_sleep%'")).toDouble();
    QVERIFY(mean >= 0.01);
    QVERIFY2(std::abs(numberOf(batch, "postgres.statement_mean_worst") - mean) < 1e-4,
             qPrintable(QString::number(numberOf(batch, "postgres.statement_mean_worst"))));
}

void TestPostgresSource::advisoryLockHasOneHolder()
{
    const auto first = m_kit->session();
    const auto second = m_kit->session();
    const auto soon = [] { return Deadline::after(Millis{ 5000 }); };
    QVERIFY(first->tryAdvisoryLock(4711, soon()) == true);
    QVERIFY(second->tryAdvisoryLock(4711, soon()) == false);
    QVERIFY(first->advisoryUnlock(4711, soon()));
    QVERIFY(!first->advisoryUnlock(4711, soon()));
    QVERIFY(second->tryAdvisoryLock(4711, soon()) == true);
}

void TestPostgresSource::readsThePooler()
{
    Target target;
    target.id = "pgbouncer/pool";
    target.url = m_kit->servers.text(u"pgbouncer", u"url").toStdString();
    target.password = secretOf(m_kit->servers.text(u"pgbouncer", u"password").toStdString());
    target.operatorName = "tester@bench";
    pgbouncer::PgBouncerSource source(target);
    const auto batch = collect(source);
    QVERIFY(isTrue(batch, "pgbouncer.reachable"));
    QVERIFY(textOf(batch, "pgbouncer.version").starts_with("1."));
    QCOMPARE(numberOf(batch, "pgbouncer.clients_waiting"), 0.0);
    QCOMPARE(numberOf(batch, "pgbouncer.wait_longest"), 0.0);
    const auto stages = source.diagnose(Deadline::after(Millis{ 5000 }), {});
    QVERIFY(!stages.empty() && stages.back().isGood);
}

void TestPostgresSource::detectsThePoolerInFront()
{
    Target target = m_kit->targetAs("shop", "");
    target.url = "postgresql://shop@127.0.0.1:" + std::to_string(m_kit->servers.port(u"pgbouncer")) + "/shop?sslmode=disable";
    target.caFile.clear();
    QFile file(m_kit->servers.directory() + QStringLiteral("/secrets/pg-app"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const Secret password(file.readAll().trimmed().toStdString());
    PgClient client;
    const auto connected = client.connect(*ConnectionParameters::from(target), password, SessionOptions{}, Deadline::after(Millis{ 5000 }));
    QVERIFY2(connected, connected ? "" : connected.error().detail.c_str());
    QVERIFY(client.info().isPooled);
    // No SET was sent: it would stay with a connection that others use next.
    QCOMPARE(client.query("show default_transaction_read_only", Deadline::after(Millis{ 2000 }))->text(0, "default_transaction_read_only"),
             std::string("off"));
    QVERIFY(!client.tryAdvisoryLock(1, Deadline::after(Millis{ 2000 })));
}

void TestPostgresSource::doctorNamesEachStage()
{
    PostgresSource source(m_kit->target());
    const auto stages = source.diagnose(Deadline::after(Millis{ 5000 }), {});
    std::vector<std::string> names;
    for (const auto &stage : stages) {
        names.push_back(stage.name);
        QVERIFY2(stage.isGood, (stage.name + ": " + stage.detail).c_str());
    }
    QCOMPARE(names, (std::vector<std::string>{ "dns", "tcp", "tls", "protocol", "auth", "privileges", "version", "role" }));
    PostgresSource plain(m_kit->targetAs("plain", "plain"));
    const auto poor = plain.diagnose(Deadline::after(Millis{ 5000 }), {});
    QVERIFY(poor.size() > 5 && !poor[5].isGood);
    QCOMPARE(poor[5].hint, std::string("GRANT pg_monitor TO \"plain\";"));
}

QTEST_GUILESS_MAIN(TestPostgresSource)
#include "tst_postgressource.moc"
