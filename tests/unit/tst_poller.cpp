// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/backoff.h"
#include "models/engine/poller.h"
#include "tests/support/fakes.h"

#include <QSignalSpy>
#include <QTest>

using namespace muster;
using namespace muster::test;

namespace {

constexpr Cadence kFast{Millis{20}, Millis{20}, Millis{200}};
constexpr Cadence kSlow{Millis{20}, Millis{3600000}, Millis{200}};

} // namespace

class PollerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void givesEachSourceItsOwnNamedThread()
    {
        auto script = std::make_shared<SourceScript>();
        Poller poller;
        poller.add(std::make_unique<FakeSource>("redis/cache", kFast, script));
        QSignalSpy batches(&poller, &Poller::batchArrived);
        poller.start();
        QTRY_VERIFY(batches.count() >= 3);
        poller.stop();
        QCOMPARE(script->threadName, std::string("redis/cache"));
        QVERIFY(!script->hasOverlapped);
    }

    void asksNothingMoreWhileTheReceiverIsBusy()
    {
        auto script = std::make_shared<SourceScript>();
        Poller poller;
        poller.add(std::make_unique<FakeSource>("redis/cache", kFast, script));
        poller.start();
        // The event loop is not run: the first result waits, and so must the source, however often it is due.
        const auto until = BootClock::now() + Millis{300};
        while (BootClock::now() < until)
            std::this_thread::yield();
        QCOMPARE(script->rounds.load(), 1);
        QTRY_VERIFY(script->rounds >= 2);
        poller.stop();
    }

    void measuresNowWithoutWaitingForTheCadence()
    {
        auto script = std::make_shared<SourceScript>();
        Poller poller;
        poller.add(std::make_unique<FakeSource>("redis/cache", kSlow, script));
        QSignalSpy batches(&poller, &Poller::batchArrived);
        poller.start();
        QTRY_COMPARE(batches.count(), 1);
        poller.measureNow();
        QTRY_COMPARE(batches.count(), 2);
        poller.stop();
    }

    void subscribedSourcesAreAskedFaster()
    {
        auto script = std::make_shared<SourceScript>();
        Poller poller;
        poller.add(std::make_unique<FakeSource>("redis/cache", kSlow, script));
        QSignalSpy batches(&poller, &Poller::batchArrived);
        poller.start();
        QTRY_COMPARE(batches.count(), 1);
        poller.subscribe({"redis/cache"});
        QTRY_VERIFY(batches.count() >= 4);
        poller.stop();
    }

    void takesTheSecondSampleOfRatesSoon()
    {
        auto script = std::make_shared<SourceScript>();
        Poller poller;
        auto cadence = kSlow;
        cadence.secondSample = Millis{100};
        poller.add(std::make_unique<FakeSource>("redis/cache", cadence, script));
        QSignalSpy batches(&poller, &Poller::batchArrived);
        poller.start();
        QTRY_COMPARE(batches.count(), 2);
        QVERIFY(poller.ratedSourceIds().contains("redis/cache"));
        QTest::qWait(300);
        QCOMPARE(batches.count(), 2); // and then the cadence holds again
        poller.stop();
    }

    void interruptsAndReportsARoundThatOverruns()
    {
        auto script = std::make_shared<SourceScript>();
        script->isBlocking = true;
        script->answer = [](int) { return std::unexpected(Fault{FaultKind::Timeout, "query", "broken off", ""}); };
        Poller poller;
        poller.add(std::make_unique<FakeSource>("redis/cache", kFast, script));
        QSignalSpy faults(&poller, &Poller::sourceFailed);
        poller.start();
        QTRY_VERIFY_WITH_TIMEOUT(faults.count() >= 2, 5000);
        QCOMPARE(faults.at(0).at(1).value<Fault>().stage, std::string("deadline"));
        QVERIFY(script->interrupts >= 1);
        poller.stop();
    }

    void recoversAfterAFaultWithinTheBackoff()
    {
        auto script = std::make_shared<SourceScript>();
        script->answer = [](int round) -> std::expected<FactBatch, Fault> {
            if (round <= 2)
                return std::unexpected(Fault{FaultKind::Refused, "tcp", "refused", ""});
            return batchOf("redis/cache", "fake.value", round);
        };
        Poller poller;
        poller.add(std::make_unique<FakeSource>("redis/cache", kSlow, script));
        QSignalSpy batches(&poller, &Poller::batchArrived);
        QSignalSpy faults(&poller, &Poller::sourceFailed);
        poller.start();
        QTRY_COMPARE_WITH_TIMEOUT(batches.count(), 1, 5000);
        QCOMPARE(faults.count(), 2);
        poller.stop();
    }

    void stopEndsBlockedRoundsAndLeavesNoThread()
    {
        auto script = std::make_shared<SourceScript>();
        script->isBlocking = true;
        {
            Poller poller;
            poller.add(std::make_unique<FakeSource>("redis/cache", Cadence{Millis{20}, Millis{20}, Millis{60000}}, script));
            poller.start();
            QTRY_COMPARE(script->rounds.load(), 1);
        }
        QTRY_VERIFY(script->isDestroyed);
    }

    void backoffGrowsWithJitterAndStaysUnderFourSeconds()
    {
        std::minstd_rand random(1);
        QVERIFY(backoff(1, random) >= Millis{375} && backoff(1, random) <= Millis{500});
        QVERIFY(backoff(2, random) >= Millis{750} && backoff(2, random) <= Millis{1000});
        for (int failures = 4; failures < 1000; failures += 37)
            QVERIFY(backoff(failures, random) >= Millis{3000} && backoff(failures, random) <= Millis{4000});
    }
};

QTEST_GUILESS_MAIN(PollerTest)
#include "tst_poller.moc"
