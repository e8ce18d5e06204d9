// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/hitwindow.h"

#include <QTest>

using namespace muster;
using namespace muster::redis;
using namespace std::chrono_literals;

namespace {

CounterSample sampleAt(std::chrono::milliseconds at, double hits, double misses)
{
    CounterSample sample;
    sample.at = BootTime(at + 1000s);
    sample.runId = "a";
    sample.role = "master";
    sample.uptime = toSeconds(at) + 10;
    sample.hits = hits;
    sample.misses = misses;
    sample.commands = hits + misses;
    sample.errors = 0;
    return sample;
}

} // namespace

class TestRedisHitWindow : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void needsTwoSamples();
    void makesRatioOfDeltas();
    void saysNoTraffic();
    void looksBackOneMinuteOnly();
    void knowsWhenWindowIsNotWatched();
    void takesLastTwoWhenRoundsAreSlow();
    void startsAnewAtEpochs_data();
    void startsAnewAtEpochs();
    void computesRates();
    void forgetsOldSamples();
    void seesADropBelowItsOwnLevel();
    void ownErrorsAreLeftOutOfTheRate();
};

void TestRedisHitWindow::needsTwoSamples()
{
    HitWindow window;
    QVERIFY(!window.hitRate(1min, false).ratio);
    QVERIFY(!window.rates());
    QVERIFY(!window.add(sampleAt(0s, 1e6, 0)));
    QVERIFY(!window.hitRate(1min, false).ratio); // never from lifetime counters
    QVERIFY(!window.rates());
}

void TestRedisHitWindow::makesRatioOfDeltas()
{
    HitWindow window;
    (void)window.add(sampleAt(0s, 1'000'000, 0));
    (void)window.add(sampleAt(1s, 1'000'050, 150));
    const auto rate = window.hitRate(1min, false);
    QCOMPARE(rate.ratio, std::optional(0.25));
    QCOMPARE(rate.lookups, 200.0);
    QCOMPARE(rate.span, 1.0);
}

void TestRedisHitWindow::saysNoTraffic()
{
    HitWindow window;
    (void)window.add(sampleAt(0s, 0, 0));
    (void)window.add(sampleAt(10s, 99, 0));
    QVERIFY(!window.hitRate(1min, false).ratio);
    QVERIFY(window.hitRate(1min, false).reason.starts_with("no traffic"));
    (void)window.add(sampleAt(20s, 100, 0));
    QCOMPARE(window.hitRate(1min, false).ratio, std::optional(1.0));
}

void TestRedisHitWindow::looksBackOneMinuteOnly()
{
    HitWindow window;
    for (int i = 0; i <= 20; ++i) // all misses at first, all hits in the last minute
        (void)window.add(sampleAt(i * 10s, i <= 14 ? 0 : (i - 14) * 100, std::min(i, 14) * 100));
    QCOMPARE(window.hitRate(1min, false).ratio, std::optional(1.0));
    QCOMPARE(window.hitRate(1min, false).span, 60.0);
    QVERIFY(*window.hitRate(5min, true).ratio < 0.5);
}

void TestRedisHitWindow::knowsWhenWindowIsNotWatched()
{
    HitWindow window;
    (void)window.add(sampleAt(0s, 0, 0));
    (void)window.add(sampleAt(29s, 1000, 0));
    QVERIFY(window.hitRate(1min, false).ratio);
    QVERIFY(!window.hitRate(1min, true).ratio);
    QVERIFY(window.hitRate(1min, true).reason.find("29 s of 60 s") != std::string::npos);
    (void)window.add(sampleAt(31s, 2000, 0));
    QVERIFY(window.hitRate(1min, true).ratio);
}

void TestRedisHitWindow::takesLastTwoWhenRoundsAreSlow()
{
    HitWindow window;
    (void)window.add(sampleAt(0s, 0, 0));
    (void)window.add(sampleAt(200s, 1000, 0));
    QCOMPARE(window.hitRate(1min, false).span, 200.0);
    QCOMPARE(window.rates()->operations, 5.0);
}

void TestRedisHitWindow::startsAnewAtEpochs_data()
{
    QTest::addColumn<int>("unused");
    for (const auto *name : {"new run_id", "new role", "uptime fell", "hits fell", "misses fell", "commands fell", "evicted fell", "expired fell", "rejected fell", "errors fell"})
        QTest::newRow(name) << 0;
}

void TestRedisHitWindow::startsAnewAtEpochs()
{
    const QByteArray what = QTest::currentDataTag();
    auto before = sampleAt(0s, 1000, 1000);
    before.evicted = before.expired = before.rejected = 5;
    before.errors = 5;
    auto after = sampleAt(10s, 2000, 2000);
    after.evicted = after.expired = after.rejected = 9;
    after.errors = 9;
    HitWindow same;
    (void)same.add(before);
    QVERIFY(!same.add(after)); // nothing of this is an epoch by itself
    QCOMPARE(same.size(), 2U);
    if (what == "new run_id")
        after.runId = "b";
    else if (what == "new role")
        after.role = "slave";
    else if (what == "uptime fell")
        after.uptime = 1;
    else if (what == "hits fell")
        after.hits = 999;
    else if (what == "misses fell")
        after.misses = 999;
    else if (what == "commands fell")
        after.commands = 1;
    else if (what == "evicted fell")
        after.evicted = 4;
    else if (what == "expired fell")
        after.expired = 4;
    else if (what == "rejected fell")
        after.rejected = 4;
    else
        after.errors = 4;
    HitWindow window;
    (void)window.add(before);
    const auto cut = window.add(after);
    QVERIFY(cut);
    QCOMPARE(window.size(), 1U);
    QVERIFY(!window.hitRate(1min, false).ratio);
    QVERIFY(window.hitRate(1min, false).reason.find(*cut) != std::string::npos);
}

void TestRedisHitWindow::computesRates()
{
    HitWindow window;
    auto first = sampleAt(0s, 0, 0);
    auto last = sampleAt(4s, 100, 100);
    last.evicted = 8;
    last.expired = 4;
    last.rejected = 2;
    last.errors = 40;
    (void)window.add(first);
    (void)window.add(last);
    const auto rates = window.rates();
    QCOMPARE(rates->operations, 50.0);
    QCOMPARE(rates->evictions, 2.0);
    QCOMPARE(rates->expirations, 1.0);
    QCOMPARE(rates->rejected, 0.5);
    QCOMPARE(rates->errors, std::optional(10.0));
}

void TestRedisHitWindow::forgetsOldSamples()
{
    HitWindow window;
    for (int i = 0; i < 10'000; ++i)
        (void)window.add(sampleAt(i * 100ms, i, 0));
    QCOMPARE(window.size(), HitWindow::kSampleLimit);
    (void)window.add(sampleAt(3h, 20'000, 0));
    QCOMPARE(window.size(), 1U);
}

void TestRedisHitWindow::seesADropBelowItsOwnLevel()
{
    HitWindow window;
    double hits = 0;
    double misses = 0;
    const auto watch = [&](std::chrono::seconds from, std::chrono::seconds to, double hit) {
        for (auto at = from; at < to; at += 10s) {
            hits += 100 * hit;
            misses += 100 * (1 - hit);
            (void)window.add(sampleAt(at, hits, misses));
        }
    };
    watch(0s, 25min, 0.9);
    QVERIFY(!window.drop()); // has not learned enough
    watch(25min, 31min, 0.9);
    QVERIFY(window.drop());
    QVERIFY(std::abs(window.drop()->drop) < 1e-9);
    watch(31min, 42min, 0.5);
    QVERIFY(std::abs(window.drop()->baseline - 0.9) < 0.01);
    QVERIFY(std::abs(window.drop()->drop - 0.4) < 0.02);
    (void)window.add(sampleAt(42min, 0, 0)); // reset: a new epoch knows nothing
    QVERIFY(!window.drop());
}

void TestRedisHitWindow::ownErrorsAreLeftOutOfTheRate()
{
    HitWindow window;
    auto before = sampleAt(0s, 0, 0);
    before.errors = 10;
    auto after = sampleAt(10s, 0, 0);
    after.errors = 40;
    after.ownErrors = 20;
    after.ownCommands = 50;
    (void)window.add(before);
    (void)window.add(after);
    QCOMPARE(window.rates()->errors, std::optional(1.0));
    QCOMPARE(window.rates()->consoleCommands, 5.0);
}

QTEST_APPLESS_MAIN(TestRedisHitWindow)
#include "tst_redishitwindow.moc"
