// SPDX-License-Identifier: GPL-3.0-or-later
// The Database page of the real window on a real PostgreSQL with very many tables, half of which one transaction has locked: is it filled, and
// does the window's thread keep its beat while each tab is looked at? By default 2 000 tables; --full: 100 000 tables and 50 000 locks,
// which take some minutes to make.
#include "tests/faults/windowkit.h"
#include "tests/integration/postgreskit.h"

#include <QApplication>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstdio>

using namespace muster;
using namespace muster::test;

namespace {

constexpr double kLockSlots = 2048 * 60; // max_locks_per_transaction × max_connections

} // namespace

class BenchCrowded : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void pageOfAHundredThousandTables();

private:
    QTemporaryDir m_home;
    std::unique_ptr<PostgresKit> m_kit;
    std::unique_ptr<postgres::PgClient> m_holder; ///< of the locks
    int m_tables = 2000;
};

void BenchCrowded::initTestCase()
{
    useOwnFolders(m_home.path());
    m_tables = std::max(m_tables, qEnvironmentVariableIntValue("MUSTER_BENCH_TABLES"));
    m_kit = std::make_unique<PostgresKit>(QStringList{QStringLiteral("postgres")},
                                          QStringList{QStringLiteral("shared_preload_libraries=pg_stat_statements"), QStringLiteral("max_locks_per_transaction=2048"), QStringLiteral("fsync=off"),
                                                      QStringLiteral("synchronous_commit=off"), QStringLiteral("max_wal_size=4GB"), QStringLiteral("archive_mode=off"),
                                                      QStringLiteral("idle_in_transaction_session_timeout=0")});
    QVERIFY2(m_kit->servers.isRunning(), m_kit->servers.errorText());
    QVERIFY(m_kit->run("create extension pg_stat_statements"));
    constexpr int kChunk = 500;
    for (int first = 1; first <= m_tables; first += kChunk) {
        const auto last = std::to_string(std::min(first + kChunk - 1, m_tables));
        QVERIFY(m_kit->run("do $$ begin for i in " + std::to_string(first) + ".." + last + " loop execute format('create table t%s (id int primary key)', i); end loop; end $$"));
    }
    QVERIFY(m_kit->run("analyze pg_class; analyze pg_index; insert into t1 select generate_series(1, 100000); analyze t1"));
    m_holder = m_kit->session();
    QVERIFY(m_holder);
    const auto lock = "do $$ begin for i in 1.." + std::to_string(m_tables / 2) + " loop execute format('lock table t%s in share update exclusive mode', i); end loop; end $$";
    QVERIFY(m_holder->simpleQuery("begin", Deadline::after(Millis{5000})).has_value());
    QVERIFY(m_holder->simpleQuery(lock, Deadline::after(Millis{120000})).has_value());
}

void BenchCrowded::pageOfAHundredThousandTables()
{
    OpenWindow open(environmentOf("postgres", entryOf(m_kit->servers, QStringLiteral("postgres"))), "database");
    QVERIFY2(open.isOpen(), open.errorText());
    QElapsedTimer clock;
    clock.start();
    QTRY_VERIFY_WITH_TIMEOUT(open.isHealthy(), 60000);
    std::printf("%d tables, %d locks: the page has content after %lld ms\n", m_tables, m_tables / 2, static_cast<long long>(clock.elapsed()));
    const auto id = open.session().snapshot()->sources.front().id;
    const auto number = [&open, &id](const char *name) -> double {
        const auto *observed = open.session().snapshot()->find(id, name);
        const auto *value = observed ? asNumber(observed->fact.value) : nullptr;
        return value ? *value : -1;
    };
    QTRY_VERIFY_WITH_TIMEOUT(number("postgres.locks_used_ratio") * kLockSlots >= m_tables / 2, 60000);
    QTRY_VERIFY_WITH_TIMEOUT(number("postgres.dead_tuple_ratio") >= 0, 60000); // of all tables
    std::printf("all is read after %lld ms: %.1f %% of the lock table is in use\n", static_cast<long long>(clock.elapsed()), number("postgres.locks_used_ratio") * 100);
    Heartbeat beat;
    for (auto *tabs : open.window().findChildren<QTabWidget *>()) {
        for (int i = 0; tabs->isVisible() && i < tabs->count(); ++i) {
            beat.reset();
            tabs->setCurrentIndex(i);
            QTest::qWait(3000); // some rounds come in
            std::printf("  %-24s %s\n", qPrintable(tabs->tabText(i)), beat.text().constData());
            QVERIFY(open.isHealthy());
        }
    }
}

/// --full: as above.
int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    auto arguments = QCoreApplication::arguments();
    if (arguments.removeAll(QStringLiteral("--full")) > 0)
        qputenv("MUSTER_BENCH_TABLES", "100000");
    BenchCrowded bench;
    return QTest::qExec(&bench, arguments);
}

#include "bench_crowded.moc"
