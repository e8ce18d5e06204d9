// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/databases.h"
#include "tests/unit/postgresrows.h"

#include <QTest>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;

class TestPgDatabases : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ratesComeFromTwoSamples();
    void oneSampleIsUnknown();
    void restartClearsTheWindow();
    void resetOfOneDatabaseCostsOneStep();
    void createdAndDroppedDatabasesAreLeftOut();
    void countersThatFallAreAnotherLife();
    void fewBlocksAreNoTraffic();
    void oldTrafficLeavesTheWindow();
    void fastCadenceDoesNotFillTheWindow();
    void namesTheOldestDatabase();
};

namespace {

BootTime at(double seconds)
{
    return BootTime(std::chrono::duration_cast<BootClock::duration>(std::chrono::duration<double>(1000 + seconds)));
}

DatabaseSample sample(double hit, double read, const std::string &started = "1", const std::string &reset = "1")
{
    return { started, { { "16384", { reset, hit / 10, read / 10, read, hit, 0, 0 } } } };
}

FactBatch factsOf(const DatabaseWindow &window)
{
    FactBench bench;
    addDatabaseFacts({}, window, bench.facts);
    return bench.batch;
}

} // namespace

void TestPgDatabases::ratesComeFromTwoSamples()
{
    DatabaseWindow window(kDatabaseWindow);
    pushSample(window, at(0), sample(1e6, 1e6));
    pushSample(window, at(10), sample(1e6 + 900, 1e6 + 100));
    const auto batch = factsOf(window);
    QCOMPARE(numberOf(batch, "postgres.cache_hit_ratio"), 0.9);
    QCOMPARE(numberOf(batch, "postgres.commits_rate"), 9.0);
    QCOMPARE(numberOf(batch, "postgres.rollback_ratio"), 0.1);
}

void TestPgDatabases::oneSampleIsUnknown()
{
    DatabaseWindow window(kDatabaseWindow);
    pushSample(window, at(0), sample(1e6, 1));
    QVERIFY(!unknownReason(factsOf(window), "postgres.cache_hit_ratio").empty());
}

void TestPgDatabases::restartClearsTheWindow()
{
    DatabaseWindow window(kDatabaseWindow);
    pushSample(window, at(0), sample(1000, 1000));
    pushSample(window, at(10), sample(9000, 1000, "2")); // crash recovery reset the counters, and they already passed the old value
    QVERIFY(!unknownReason(factsOf(window), "postgres.cache_hit_ratio").empty());
}

void TestPgDatabases::resetOfOneDatabaseCostsOneStep()
{
    DatabaseWindow window(kDatabaseWindow);
    pushSample(window, at(0), sample(1000, 1000));
    pushSample(window, at(10), sample(5000, 3000, "1", "2"));
    pushSample(window, at(20), sample(5300, 3100, "1", "2"));
    QCOMPARE(numberOf(factsOf(window), "postgres.cache_hit_ratio"), 0.75);
}

void TestPgDatabases::createdAndDroppedDatabasesAreLeftOut()
{
    const std::map<std::string, DatabaseCounters> before{ { "1", { "a", 0, 0, 10, 10, 0, 0 } }, { "2", { "a", 0, 0, 10, 10, 0, 0 } } };
    const std::map<std::string, DatabaseCounters> after{ { "1", { "a", 0, 0, 20, 40, 0, 0 } }, { "3", { "a", 0, 0, 7000, 7000, 0, 0 } } };
    const auto delta = deltaOf(before, after, 1);
    QCOMPARE(delta.blocksHit, 30.0);
    QCOMPARE(delta.blocksRead, 10.0);
}

void TestPgDatabases::countersThatFallAreAnotherLife()
{
    const std::map<std::string, DatabaseCounters> before{ { "1", { "", 5, 0, 100, 100, 0, 0 } } };
    const std::map<std::string, DatabaseCounters> after{ { "1", { "", 6, 0, 50, 400, 0, 0 } } };
    QCOMPARE(deltaOf(before, after, 1).blocksHit, 0.0);
}

void TestPgDatabases::fewBlocksAreNoTraffic()
{
    DatabaseWindow window(kDatabaseWindow);
    pushSample(window, at(0), sample(1000, 1000));
    pushSample(window, at(10), sample(1150, 1049));
    const auto reason = unknownReason(factsOf(window), "postgres.cache_hit_ratio");
    QVERIFY2(reason.starts_with("no traffic: 199 blocks"), reason.c_str());
}

void TestPgDatabases::oldTrafficLeavesTheWindow()
{
    DatabaseWindow window(kDatabaseWindow);
    pushSample(window, at(0), sample(0, 0));
    pushSample(window, at(1), sample(0, 10000)); // a cold start, long ago
    for (int i = 1; i <= 13; ++i)
        pushSample(window, at(1 + 10.0 * i), sample(1000.0 * i, 10000));
    QCOMPARE(numberOf(factsOf(window), "postgres.cache_hit_ratio"), 1.0);
    QVERIFY(window.seconds() >= 60 && window.seconds() < 75);
}

void TestPgDatabases::fastCadenceDoesNotFillTheWindow()
{
    DatabaseWindow window(kDatabaseWindow);
    for (int i = 0; i < 2000; ++i)
        pushSample(window, at(0.1 * i), sample(100.0 * i, 0));
    QVERIFY(window.entries().size() <= 70);
    QVERIFY(window.seconds() >= 60);
    QCOMPARE(window.newest().sample.counters.at("16384").blocksHit, 199900.0);
}

void TestPgDatabases::namesTheOldestDatabase()
{
    const auto databases = parseDatabases(rowsOf({ "datid", "datname", "blks_hit", "xid_age", "mxid_age", "checksum_failures", "checksum_last", "is_other" },
                                                 { { "0", std::nullopt, "5", std::nullopt, std::nullopt, "2", "2026-01-31 10:00 UTC", std::nullopt },
                                                   { "5", "shop", "7", "1073741824", "100", std::nullopt, std::nullopt, "f" },
                                                   { "6", "stock", "7", "12", "536870912", "1", std::nullopt, "t" },
                                                   { "7", "crm", "7", "12", "5", std::nullopt, std::nullopt, "t" } }),
                                          { "shop", "crm" });
    FactBench bench;
    addDatabaseFacts(databases, DatabaseWindow(kDatabaseWindow), bench.facts);
    QCOMPARE(numberOf(bench.batch, "postgres.xid_used_ratio"), 0.5);
    QCOMPARE(numberOf(bench.batch, "postgres.multixact_used_ratio"), 0.25);
    QCOMPARE(textOf(bench.batch, "postgres.xid_oldest_database"), std::string("shop"));
    QCOMPARE(databases.checksumWorst, std::string("the shared catalogs, the last one at 2026-01-31 10:00 UTC"));
    addUnseenFacts(databases, false, bench.facts);
    QCOMPARE(textOf(bench.batch, "postgres.databases_unseen_names"), std::string("stock")); // crm has an entry of its own
    FactBench standby;
    addUnseenFacts(databases, true, standby.facts);
    QVERIFY(isNotApplicable(standby.batch, "postgres.databases_unseen")); // its primary is asked
    QCOMPARE(databases.checksumFailures, 3.0); // the row without a name, for shared objects, counts
}

QTEST_GUILESS_MAIN(TestPgDatabases)
#include "tst_pgdatabases.moc"
