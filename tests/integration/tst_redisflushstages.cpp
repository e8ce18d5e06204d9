// SPDX-License-Identifier: GPL-3.0-or-later
// A flush in stages on a real server.
#include "connectors/redis/flushaction.h"
#include "tests/integration/rediskit.h"

#include <QTest>

using namespace muster;
using namespace muster::test;
using redis::FlushAction;
using Scope = FlushRequest::Scope;
using namespace std::chrono_literals;

namespace {

/// `share` 20 = twenty times all of them a minute: three seconds in all.
FlushRequest staged(double share, std::string pattern = "cache:")
{
    FlushRequest result;
    result.pattern = std::move(pattern);
    result.stageShare = share;
    result.maxLatency = Millis{1000}; // a busy build machine is not the thing under test
    return result;
}

long long numberIn(const std::string &text)
{
    return QString::fromStdString(text).remove(QChar(0x202f)).section(QLatin1Char(' '), 0, 0).toLongLong();
}

Millis since(BootTime at)
{
    return std::chrono::duration_cast<Millis>(BootClock::now() - at);
}

} // namespace

class TestRedisFlushStages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void spreadsTheKeysOverTime();
    void progressHasTheExactTotal();
    void cancelEndsAWaitAtOnce();
    void pauseSavesNothingUp();
    void resumesWithTheKeysThatWereNotSent();
    void waitsForTheHitRate();
    void cancelWhileCountingDeletesNothing();
    void flushesBytesInStages();

private:
    [[nodiscard]] long long size() { return m_admin->call({"DBSIZE"}).integer; }

    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<RedisAdmin> m_admin;
    redis::Target m_target;
};

void TestRedisFlushStages::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("redis")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    m_target = redisTarget(*m_servers, u"redis", true);
    m_admin = std::make_unique<RedisAdmin>(m_target);
}

void TestRedisFlushStages::init()
{
    QVERIFY(m_admin->call({"FLUSHALL"}).isStatus("OK"));
}

void TestRedisFlushStages::spreadsTheKeysOverTime()
{
    QVERIFY(m_admin->fill("cache:", 5000));
    QVERIFY(m_admin->fill("sess:", 3000));
    FlushAction action(m_target, staged(20));
    std::vector<std::pair<Millis, double>> course;
    std::optional<BootTime> began;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &, std::stop_source &) {
        if (!progress.phase.starts_with("deleting"))
            return;
        if (!began)
            began = BootClock::now();
        course.emplace_back(since(*began), progress.done);
    });
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QVERIFY2(run.outcome.summary.find("% a minute of 5000 keys") != std::string::npos, run.outcome.summary.c_str()); // what the audit log keeps
    QCOMPARE(numberIn(detailOf(run.outcome, "Deleted")), 5000);
    QCOMPARE(size(), 3000LL);
    QVERIFY2(course.size() >= 20, QByteArray::number(qsizetype(course.size())).constData()); // slices of a tenth of a second
    QVERIFY(course.back().first >= 2500ms);
    for (const auto &[at, done] : course) // never faster than asked, but for the second that may be saved up
        QVERIFY2(done <= 5000 * (double(at.count()) + 1100) / 3000, QByteArray::number(done).constData());
}

void TestRedisFlushStages::progressHasTheExactTotal()
{
    QVERIFY(m_admin->fill("cache:", 700));
    QVERIFY(m_admin->fill("sess:", 300));
    FlushAction action(m_target, staged(60));
    std::optional<double> total;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &, std::stop_source &) { total = progress.total ? progress.total : total; });
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(total, 700.0);
    QVERIFY2(detailOf(run.outcome, "In stages").ends_with("of 700 keys, counted before"), detailOf(run.outcome, "In stages").c_str());
}

void TestRedisFlushStages::cancelEndsAWaitAtOnce()
{
    QVERIFY(m_admin->fill("cache:", 100));
    FlushAction action(m_target, staged(0.1)); // ten keys a minute: the first goes after six seconds
    BootTime asked{};
    std::jthread canceller;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &, std::stop_source &source) {
        if (canceller.joinable() || !progress.total)
            return;
        canceller = std::jthread([&] {
            asked = BootClock::now();
            source.request_stop();
        });
    });
    canceller.join();
    QVERIFY2(run.outcome.kind == OutcomeKind::Cancelled, run.outcome.summary.c_str());
    QVERIFY2(since(asked) < 3000ms, QByteArray::number(qlonglong(since(asked).count())).constData());
    QCOMPARE(numberIn(detailOf(run.outcome, "Deleted")) + size(), 100LL);
    QVERIFY(size() >= 99);
}

void TestRedisFlushStages::pauseSavesNothingUp()
{
    QVERIFY(m_admin->fill("cache:", 4000));
    FlushAction action(m_target, staged(20)); // 1333 a second
    bool isPaused = false;
    long long atPause = 0;
    double afterwards = -1;
    std::jthread resumer;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &control, std::stop_source &) {
        if (!isPaused && progress.total && progress.done > 0) {
            isPaused = true;
            control.setPaused(true);
        } else if (progress.message == "paused") {
            atPause = size();
            resumer = std::jthread([&control](const std::stop_token &stop) {
                redis::rest(stop, Millis{2000}); // the pause itself, twice as long as what may be saved up
                control.setPaused(false);
            });
        } else if (progress.message == "going on") {
            QCOMPARE(size(), atPause);
        } else if (resumer.joinable() && afterwards < 0 && progress.done > 4000 - double(atPause)) {
            afterwards = progress.done - (4000 - double(atPause));
        }
    });
    if (resumer.joinable())
        resumer.join();
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QVERIFY(atPause > 0);
    QVERIFY2(afterwards > 0 && afterwards <= 1400, QByteArray::number(afterwards).constData()); // a second's worth, not two
    QCOMPARE(size(), 0LL);
}

void TestRedisFlushStages::resumesWithTheKeysThatWereNotSent()
{
    QVERIFY(m_admin->fill("cache:", 3000));
    QVERIFY(m_admin->fill("sess:", 100));
    FlushAction action(m_target, staged(30));
    int kills = 0;
    double lastKill = 0;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &control, std::stop_source &) {
        if (kills < 2 && progress.total && progress.message.empty() && progress.done > lastKill + 500) {
            control.setPaused(true); // between two slices nothing is in flight
        } else if (progress.message == "paused") {
            lastKill = progress.done;
            kills += m_admin->call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).integer >= 1 ? 1 : 0;
            control.setPaused(false);
        }
    });
    QCOMPARE(kills, 2);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QVERIFY2(detailOf(run.outcome, "Connected anew").starts_with("2 times,"), detailOf(run.outcome, "Connected anew").c_str());
    QCOMPARE(numberIn(detailOf(run.outcome, "Deleted")), 3000);
    QCOMPARE(size(), 100LL);
}

/// An application that finds nothing any more: the flush waits, and goes on when most lookups are answered again.
void TestRedisFlushStages::waitsForTheHitRate()
{
    QVERIFY(m_admin->fill("cache:", 2000));
    QVERIFY(m_admin->fill("hot:", 1));
    auto request = staged(6); // ten seconds
    request.leastHitRatio = 0.8;
    FlushAction action(m_target, request);
    std::atomic<bool> isHealthy{false};
    std::atomic<long long> atStorm{-1};
    bool isKept = true;
    std::string storm;
    std::jthread application([&](const std::stop_token &stop) {
        RedisAdmin admin(m_target);
        while (!stop.stop_requested()) {
            for (int i = 0; i < 100; ++i)
                (void)admin.call({"GET", isHealthy ? "hot:0" : "nothing:0"});
            redis::rest(stop, Millis{20}); // some thousand lookups a second
        }
    });
    const auto run = runAction(action, [&](const Progress &progress, RunControl &, std::stop_source &) {
        if (progress.message.starts_with("waiting: the hit rate")) {
            storm = progress.message;
            atStorm = size();
            isHealthy = true;
        } else if (progress.message == "going on" && atStorm >= 0) {
            isKept = isKept && size() == atStorm;
            atStorm = -1;
        }
    });
    application.request_stop();
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QVERIFY2(storm.ends_with("below 80.0 %"), storm.c_str());
    QVERIFY(isKept);
    const auto told = detailOf(run.outcome, "Hit rate meanwhile");
    QVERIFY2(told.find("waited for it") != std::string::npos, told.c_str());
    QCOMPARE(numberIn(detailOf(run.outcome, "Deleted")), 2000);
}

void TestRedisFlushStages::cancelWhileCountingDeletesNothing()
{
    QVERIFY(m_admin->fill("cache:", 20'000));
    FlushAction action(m_target, staged(20));
    const auto run = runAction(action, [](const Progress &, RunControl &, std::stop_source &source) { source.request_stop(); });
    QVERIFY2(run.outcome.kind == OutcomeKind::Cancelled, run.outcome.summary.c_str());
    QVERIFY2(run.outcome.summary.starts_with("Nothing was deleted"), run.outcome.summary.c_str());
    QCOMPARE(size(), 20'000LL);
}

void TestRedisFlushStages::flushesBytesInStages()
{
    const std::string prefix("c*\0[\xff\r\n", 7);
    for (int i = 0; i < 200; ++i)
        QVERIFY(m_admin->call({"SET", prefix + std::to_string(i), "1"}).isStatus("OK"));
    QVERIFY(m_admin->call({"SET", "cx", "1"}).isStatus("OK"));
    FlushAction action(m_target, staged(60, prefix));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(numberIn(detailOf(run.outcome, "Deleted")), 200);
    QCOMPARE(size(), 1LL);
}

QTEST_GUILESS_MAIN(TestRedisFlushStages)
#include "tst_redisflushstages.moc"
