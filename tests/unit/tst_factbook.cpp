// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/facts/factbook.h"

#include <QTest>

using namespace muster;
using namespace std::chrono_literals;

class TestFactBook : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_book = FactBook();
        m_book.declare("redis/cache", "redis");
    }
    void declaredSourceIsThereBeforeItsFirstRound();
    void latestValueWins();
    void factsMissingFromABatchGoOnAgeing();
    void valueIsStaleJustPastItsBudget();
    void ageComesFromTheBootClockNotTheWallClock();
    void sampleFromTheFutureHasAgeZero();
    void faultKeepsFactsAndItsFirstMoment();
    void goodRoundEndsTheFault();
    void roundThatEndedHalfWayIsNoGoodOne();
    void batchOfAForgottenSourceIsDropped();
    void snapshotDoesNotChangeAfterwards();
    void secondDeclarationChangesNothing();

private:
    static Stamp at(Millis boot, Millis wall) { return { WallTime(wall), BootTime(boot) }; }
    static Stamp at(Millis boot) { return at(boot, boot); }
    static FactBatch batch(double value, Millis boot)
    {
        FactBatch result{ "redis/cache", at(boot), {} };
        result.add("redis.hit_ratio", value, "ratio", 30s);
        return result;
    }
    FactBook m_book;
};

void TestFactBook::declaredSourceIsThereBeforeItsFirstRound()
{
    const auto snapshot = m_book.snapshot(at(1s));
    QCOMPARE(snapshot.sources.size(), std::size_t{ 1 });
    QVERIFY(!snapshot.sources.front().lastGood);
    QVERIFY(!snapshot.find("redis/cache", "redis.hit_ratio"));
    QCOMPARE(snapshot.sourcesOfKind("redis"), std::vector<std::string>{ "redis/cache" });
    QVERIFY(snapshot.sourcesOfKind("postgres").empty());
}

void TestFactBook::latestValueWins()
{
    m_book.accept(batch(0.5, 1s));
    m_book.accept(batch(0.9, 2s));
    const auto snapshot = m_book.snapshot(at(3s));
    QCOMPARE(*asNumber(snapshot.find("redis/cache", "redis.hit_ratio")->fact.value), 0.9);
    QVERIFY(snapshot.find("redis/cache", "redis.hit_ratio")->age == 1s);
    QVERIFY(snapshot.source("redis/cache")->age == 1s);
}

void TestFactBook::factsMissingFromABatchGoOnAgeing()
{
    m_book.accept(batch(0.5, 1s));
    m_book.accept({ "redis/cache", at(11s), {} });
    const auto snapshot = m_book.snapshot(at(12s));
    QVERIFY(snapshot.find("redis/cache", "redis.hit_ratio")->age == 11s);
    QVERIFY(snapshot.source("redis/cache")->age == 1s);
}

void TestFactBook::valueIsStaleJustPastItsBudget()
{
    m_book.accept(batch(0.5, 0s));
    QVERIFY(!m_book.snapshot(at(30s)).find("redis/cache", "redis.hit_ratio")->isStale());
    QVERIFY(m_book.snapshot(at(30001ms)).find("redis/cache", "redis.hit_ratio")->isStale());
}

void TestFactBook::ageComesFromTheBootClockNotTheWallClock()
{
    m_book.accept({ "redis/cache", at(10s, 1000s), { { "redis.keys", 1.0, "count", 30s, {} } } });
    // The wall clock was set back by an hour, and a suspend of 100 s went by.
    const auto snapshot = m_book.snapshot(at(110s, -2600s));
    QVERIFY(snapshot.find("redis/cache", "redis.keys")->age == 100s);
    QVERIFY(snapshot.find("redis/cache", "redis.keys")->isStale());
}

void TestFactBook::sampleFromTheFutureHasAgeZero()
{
    m_book.accept(batch(0.5, 5s));
    QVERIFY(m_book.snapshot(at(4s)).find("redis/cache", "redis.hit_ratio")->age == 0s);
}

void TestFactBook::faultKeepsFactsAndItsFirstMoment()
{
    m_book.accept(batch(0.5, 1s));
    m_book.fail("redis/cache", { FaultKind::Timeout, "tcp", "first", {} }, at(2s));
    m_book.fail("redis/cache", { FaultKind::Refused, "tcp", "second", {} }, at(3s));
    const auto snapshot = m_book.snapshot(at(4s));
    const auto *state = snapshot.source("redis/cache");
    QVERIFY(state->fault && state->fault->kind == FaultKind::Refused);
    QVERIFY(state->faultSince->boot == BootTime(2s));
    QVERIFY(state->lastGood->boot == BootTime(1s));
    QVERIFY(snapshot.find("redis/cache", "redis.hit_ratio")->age == 3s);
}

void TestFactBook::goodRoundEndsTheFault()
{
    m_book.fail("redis/cache", { FaultKind::Timeout, "tcp", {}, {} }, at(2s));
    m_book.accept(batch(0.5, 3s));
    QVERIFY(!m_book.snapshot(at(4s)).source("redis/cache")->fault);
    QVERIFY(!m_book.snapshot(at(4s)).source("redis/cache")->faultSince);
}

void TestFactBook::roundThatEndedHalfWayIsNoGoodOne()
{
    m_book.accept(batch(0.5, 1s));
    auto halfWay = batch(0.7, 5s);
    halfWay.fault = Fault{ FaultKind::Tls, "tls", "certificate has expired", {} };
    m_book.accept(halfWay);
    const auto snapshot = m_book.snapshot(at(8s));
    const auto *state = snapshot.source("redis/cache");
    QVERIFY(state->lastGood->boot == BootTime(1s));
    QVERIFY(state->age == 7s);
    QVERIFY(state->faultSince->boot == BootTime(5s));
    QCOMPARE(*asNumber(snapshot.find("redis/cache", "redis.hit_ratio")->fact.value), 0.7); // but what it saw counts
    QVERIFY(snapshot.find("redis/cache", "redis.hit_ratio")->age == 3s);
}

void TestFactBook::batchOfAForgottenSourceIsDropped()
{
    m_book.accept(batch(0.5, 1s));
    m_book.forget("redis/cache");
    m_book.accept(batch(0.5, 2s));
    m_book.fail("redis/cache", { FaultKind::Timeout, "tcp", {}, {} }, at(3s));
    const auto snapshot = m_book.snapshot(at(4s));
    QVERIFY(snapshot.sources.empty());
    QVERIFY(snapshot.facts.empty());
}

void TestFactBook::snapshotDoesNotChangeAfterwards()
{
    m_book.accept(batch(0.5, 1s));
    const auto before = m_book.snapshot(at(2s));
    m_book.accept(batch(0.9, 3s));
    QCOMPARE(*asNumber(before.find("redis/cache", "redis.hit_ratio")->fact.value), 0.5);
}

void TestFactBook::secondDeclarationChangesNothing()
{
    m_book.accept(batch(0.5, 1s));
    m_book.declare("redis/cache", "redis");
    QCOMPARE(m_book.snapshot(at(2s)).sources.size(), std::size_t{ 1 });
    QVERIFY(m_book.snapshot(at(2s)).sources.front().lastGood);
}

QTEST_GUILESS_MAIN(TestFactBook)
#include "tst_factbook.moc"
