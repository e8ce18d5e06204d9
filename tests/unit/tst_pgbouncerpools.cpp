// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/pgbouncer/pools.h"
#include "tests/unit/postgresrows.h"

#include <QTest>

using namespace muster;
using namespace muster::test;

class TestPgBouncerPools : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sumsThePoolsWithoutTheConsoleItself();
    void readsTheVersion();
};

void TestPgBouncerPools::sumsThePoolsWithoutTheConsoleItself()
{
    const auto pools = pgbouncer::parsePools(
        rowsOf({ "database", "user", "cl_active", "cl_waiting", "sv_active", "sv_idle", "sv_used", "maxwait", "maxwait_us", "pool_mode" },
               { { "pgbouncer", "pgbouncer", "1", "0", "0", "0", "0", "0", "0", "statement" },
                 { "shop", "app", "12", "3", "4", "1", "2", "2", "500000", "transaction" },
                 { "stock", "app", "5", "0", "1", "1", "0", "0", "0", "session" } }));
    FactBatch batch;
    pgbouncer::addPoolFacts(pools, batch, Millis{ 30000 });
    QCOMPARE(numberOf(batch, "pgbouncer.clients_active"), 17.0);
    QCOMPARE(numberOf(batch, "pgbouncer.clients_waiting"), 3.0);
    QCOMPARE(numberOf(batch, "pgbouncer.servers_active"), 5.0);
    QCOMPARE(numberOf(batch, "pgbouncer.servers_used"), 2.0);
    QCOMPARE(numberOf(batch, "pgbouncer.wait_longest"), 2.5);
    const auto table = tableOf(batch, "pgbouncer.pools");
    QCOMPARE(table.rows.size(), std::size_t{ 2 });
    QCOMPARE(table.text(0, "mode"), std::string("transaction"));
}

void TestPgBouncerPools::readsTheVersion()
{
    QCOMPARE(pgbouncer::parseVersion("PgBouncer 1.18.0"), std::string("1.18.0"));
    QCOMPARE(pgbouncer::parseVersion("none"), std::string());
}

QTEST_GUILESS_MAIN(TestPgBouncerPools)
#include "tst_pgbouncerpools.moc"
