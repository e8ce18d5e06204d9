// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushplan.h"
#include "connectors/redis/keypattern.h"
#include "connectors/redis/misswatch.h"
#include "connectors/redis/stagepace.h"

#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::redis;
using namespace std::chrono_literals;

namespace {

constexpr BootTime kStart{1h};

FlushRequest staged(double share, double leastHits = 0)
{
    FlushRequest request;
    request.pattern = "cache:";
    request.stageShare = share;
    request.leastHitRatio = leastHits;
    return request;
}

FlushSurvey survey(int matching)
{
    FlushSurvey result;
    result.pattern = "cache:*";
    result.info = parseInfo("redis_version:7.0.15\nrun_id:abc\nrole:master\n");
    result.keysInDatabase = 1000;
    result.ping.kind = Reply::Kind::Status;
    result.dryRun = Reply{Reply::Kind::Status, 0, "OK", {}};
    result.sample.addGroup("", [](std::string_view key) { return key.starts_with("cache:"); });
    for (int i = 0; i < 1000; ++i)
        result.sample.take((i < matching ? "cache:" : "sess:") + std::to_string(i));
    result.sample.setComplete();
    return result;
}

Target target()
{
    Target result;
    result.id = "redis/cache";
    result.host = "cache1";
    return result;
}

std::string changeOf(const Plan &plan, const std::string &label)
{
    const auto it = std::ranges::find(plan.changes, label, &PlanLine::label);
    return it == plan.changes.end() ? std::string() : it->value;
}

/// Keys that went in so many milliseconds, asked as often as the pace says.
std::size_t goneAfter(StagePace &pace, std::size_t waiting, Millis span)
{
    std::size_t gone = 0;
    for (auto at = Millis{0}; at <= span; at += std::max(Millis{1}, pace.untilNext(waiting - gone, kStart + at))) {
        gone += pace.take(waiting - gone, kStart + at);
        if (gone == waiting)
            break;
    }
    return gone;
}

} // namespace

class TestRedisStages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tenPercentAMinuteTakeTenMinutes_data();
    void tenPercentAMinuteTakeTenMinutes();
    void nothingGoesAtOnce();
    void fewKeysGoOneByOne();
    void aPauseSavesUpOneSecondOnly();
    void manyKeysGoInSlices();
    void missesUnderTheLimitAreAStorm();
    void noTrafficIsNoStorm();
    void aResetBeginsAnew();
    void planSaysStages();
    void planOfAClusterSaysThePaceOnce();
    void refusesStagesOfAWholeDatabase();
};

void TestRedisStages::tenPercentAMinuteTakeTenMinutes_data()
{
    QTest::addColumn<int>("keys");
    for (const int keys : {20, 1000, 123'457, 10'000'000})
        QTest::addRow("%d", keys) << keys;
}

void TestRedisStages::tenPercentAMinuteTakeTenMinutes()
{
    QFETCH(int, keys);
    const auto all = static_cast<std::size_t>(keys);
    StagePace half(keys, 0.1);
    const auto gone = static_cast<double>(goneAfter(half, all, 5min));
    QVERIFY2(gone <= keys * 0.5 && gone >= keys * 0.5 - std::max(1.0, keys * 0.005), QByteArray::number(gone).constData());
    StagePace whole(keys, 0.1);
    QCOMPARE(goneAfter(whole, all, 10min + 1s), all);
    QCOMPARE(whole.perMinute(), keys * 0.1);
}

void TestRedisStages::nothingGoesAtOnce()
{
    StagePace pace(1'000'000, 1);
    QCOMPARE(pace.take(500, kStart), 0U);
    QVERIFY(pace.untilNext(500, kStart) > 0ms);
}

void TestRedisStages::fewKeysGoOneByOne()
{
    StagePace pace(20, 0.1); // two a minute
    QCOMPARE(pace.take(20, kStart), 0U);
    QCOMPARE(pace.untilNext(20, kStart), 30'000ms);
    QCOMPARE(pace.take(20, kStart + 29s), 0U);
    QCOMPARE(pace.take(20, kStart + 31s), 1U);
}

void TestRedisStages::aPauseSavesUpOneSecondOnly()
{
    StagePace pace(60'000, 0.1); // a hundred a second
    QCOMPARE(pace.take(1000, kStart), 0U);
    QCOMPARE(pace.take(1000, kStart + 1h), 100U);
    QCOMPARE(pace.take(1000, kStart + 1h), 0U);
}

void TestRedisStages::manyKeysGoInSlices()
{
    StagePace pace(60'000, 1); // a thousand a second: a hundred a slice
    QCOMPARE(pace.take(1000, kStart), 0U);
    QCOMPARE(pace.take(1000, kStart + 99ms), 0U);
    QCOMPARE(pace.take(1000, kStart + 101ms), 101U);
    QCOMPARE(pace.take(7, kStart + 109ms), 7U); // the rest of a page is a slice too
}

void TestRedisStages::missesUnderTheLimitAreAStorm()
{
    MissWatch watch(0.8);
    watch.add(1000, 0, kStart);
    QVERIFY(!watch.isStorm());
    watch.add(1900, 100, kStart + 1s);
    QCOMPARE(watch.now(), 0.9);
    QVERIFY(!watch.isStorm());
    watch.add(2300, 700, kStart + 2s); // 1300 of 2000
    QVERIFY(watch.isStorm());
    for (int i = 3; i <= 14; ++i)
        watch.add(2300 + 1000 * (i - 2), 700, kStart + std::chrono::seconds(i));
    QVERIFY(!watch.isStorm());
    QCOMPARE(watch.now(), 1.0);
    QCOMPARE(watch.lowest(), 0.65);
}

void TestRedisStages::noTrafficIsNoStorm()
{
    MissWatch watch(0.99);
    watch.add(10, 10, kStart);
    watch.add(10, 100, kStart + 1s); // 90 lookups: noise
    QVERIFY(!watch.now());
    QVERIFY(!watch.isStorm());
}

void TestRedisStages::aResetBeginsAnew()
{
    MissWatch watch(0.8);
    watch.add(1000, 0, kStart);
    watch.add(1000, 1000, kStart + 1s);
    QVERIFY(watch.isStorm());
    watch.add(0, 0, kStart + 2s); // CONFIG RESETSTAT
    QVERIFY(!watch.isStorm());
    QVERIFY(watch.isDue(kStart));
    watch.asked(kStart);
    QVERIFY(!watch.isDue(kStart + 900ms));
    QVERIFY(watch.isDue(kStart + 1s));
}

void TestRedisStages::planSaysStages()
{
    const auto plan = flushPlan(target(), staged(0.1, 0.8), survey(600));
    QVERIFY2(plan.isAllowed(), plan.firstObstacle().c_str());
    QVERIFY2(plan.title.ends_with(", 10 % a minute"), plan.title.c_str());
    const auto stages = changeOf(plan, "In stages");
    QVERIFY2(stages.starts_with("10 % a minute: about 60 keys a minute, 10 min"), stages.c_str());
    QCOMPARE(changeOf(plan, "Waits"), "while the hit rate is below 80.0 %");
    QCOMPARE(plan.changes.back().label, "Example"); // what matters stands before them
    QVERIFY(plan.command.find("10 % a minute") != std::string::npos);
    const auto once = flushPlan(target(), staged(0), survey(600));
    QVERIFY(changeOf(once, "In stages").empty() && once.title.find("a minute") == std::string::npos);
    auto counting = staged(0.1);
    counting.isCountOnly = true;
    QVERIFY(changeOf(flushPlan(target(), counting, survey(600)), "In stages").empty());
}

void TestRedisStages::planOfAClusterSaysThePaceOnce()
{
    const auto request = staged(0.125);
    std::vector<NodePlan> nodes;
    for (const int matching : {600, 200})
        nodes.push_back({"10.0.0.1:7001", flushPlan(target(), request, survey(matching)), plannedKeys(request, survey(matching))});
    const auto plan = clusterPlan(request, nodes);
    QCOMPARE(std::ranges::count(plan.changes, "In stages", &PlanLine::label), 1);
    const auto stages = changeOf(plan, "In stages");
    QVERIFY2(stages.starts_with("12.5 % a minute: about 100 keys a minute, 8 min"), stages.c_str());
}

void TestRedisStages::refusesStagesOfAWholeDatabase()
{
    auto request = staged(0.1);
    QVERIFY(!patternProblem(request));
    for (const auto scope : {FlushRequest::Scope::Database, FlushRequest::Scope::All}) {
        request.scope = scope;
        QVERIFY(patternProblem(request));
    }
}

QTEST_APPLESS_MAIN(TestRedisStages)
#include "tst_redisstages.moc"
