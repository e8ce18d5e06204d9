// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushplan.h"
#include "connectors/redis/scansteering.h"

#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::redis;
using namespace std::chrono_literals;
using Scope = FlushRequest::Scope;

class TestRedisSteering : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesPercentiles();
    void growsWhilePagesAreCheap();
    void shrinksWhenPagesAreDear();
    void leavesGoodPagesAlone();
    void countsRoundTripOut();
    void forgivesLatePages();
    void halvesAndRestsWhenOthersWait();
    void halvesOnceForOneSlowSpell();
    void probeDrivesBelowFirstCount();
    void trustsHighBaseline();
    void waitsWhenLimitIsPassedAgainAndAgain();
    void knowsHowFarTheCursorIs();
    void plansPrefixFlush();
    void refusesReplica();
    void refusesNamelessServer();
    void warnsOfOverwrittenDump();
    void saysWhoElseIsHit();
    void saysMissingPermission();
};

namespace {

constexpr Micros kRoundTrip{200};

ProbeView probe(Micros p95, Micros baseline = Micros{200})
{
    return {baseline, baseline, p95, 0, 0, true};
}

FlushSurvey survey(const char *info = "redis_version:7.0.15\nrun_id:abc\nrole:master\nconnected_slaves:0\naof_enabled:0\n")
{
    FlushSurvey result;
    result.pattern = "cache:*";
    result.info = parseInfo(info);
    result.keysInDatabase = 1000;
    result.savePoints = "3600 1";
    result.ping.kind = Reply::Kind::Status;
    result.dryRun = Reply{Reply::Kind::Status, 0, "OK", {}};
    result.sample.addGroup("", [](std::string_view key) { return key.starts_with("cache:"); });
    result.sample.addPrefixes({"cache:", "cache:api:", "sess:"});
    for (int i = 0; i < 100; ++i)
        result.sample.take((i % 4 == 0 ? "sess:" : "cache:api:\n") + std::to_string(i));
    return result;
}

Target target()
{
    Target result;
    result.id = "redis/cache";
    result.host = "cache1";
    result.user = "oncall";
    return result;
}

FlushRequest request(Scope scope)
{
    FlushRequest result;
    result.scope = scope;
    result.pattern = scope == Scope::Prefix ? "cache:" : "";
    return result;
}

bool hasChange(const Plan &plan, std::string_view label, std::string_view value)
{
    return std::ranges::any_of(plan.changes, [&](const PlanLine &line) { return line.label == label && line.value.find(value) != std::string::npos; });
}

} // namespace

void TestRedisSteering::takesPercentiles()
{
    QCOMPARE(percentile({}, 0.5), 0us);
    QCOMPARE(percentile({5us}, 0.99), 5us);
    QCOMPARE(percentile({4us, 1us, 3us, 2us}, 0.5), 2us);
    QCOMPARE(percentile({4us, 1us, 3us, 2us}, 0.95), 4us);
}

void TestRedisSteering::growsWhilePagesAreCheap()
{
    ScanSteering steering(kRoundTrip);
    QCOMPARE(steering.count(), ScanSteering::kFirstCount);
    for (int i = 0; i < 100; ++i)
        steering.pageCame(500us);
    QCOMPARE(steering.count(), ScanSteering::kLargestCount);
}

void TestRedisSteering::shrinksWhenPagesAreDear()
{
    ScanSteering steering(kRoundTrip);
    for (int i = 0; i < 100; ++i)
        steering.pageCame(500us);
    for (int i = 0; i < 5; ++i)
        steering.pageCame(20ms);
    QVERIFY(steering.count() < ScanSteering::kLargestCount);
    for (int i = 0; i < 100; ++i)
        steering.pageCame(20ms);
    QCOMPARE(steering.count(), ScanSteering::kFirstCount);
}

void TestRedisSteering::leavesGoodPagesAlone()
{
    ScanSteering steering(kRoundTrip);
    for (int i = 0; i < 100; ++i)
        steering.pageCame(2200us);
    QCOMPARE(steering.count(), ScanSteering::kFirstCount);
}

void TestRedisSteering::countsRoundTripOut()
{
    ScanSteering far(10ms);
    for (int i = 0; i < 5; ++i)
        far.pageCame(10500us); // half a millisecond of work, the rest is distance
    QVERIFY(far.count() > ScanSteering::kFirstCount);
}

void TestRedisSteering::forgivesLatePages()
{
    ScanSteering steering(kRoundTrip);
    for (int i = 0; i < 100; ++i)
        steering.pageCame(i % 5 < 2 ? Micros(50ms) : Micros(2ms));
    QCOMPARE(steering.count(), ScanSteering::kFirstCount);
}

void TestRedisSteering::halvesAndRestsWhenOthersWait()
{
    ScanSteering steering(kRoundTrip);
    for (int i = 0; i < 20; ++i)
        steering.pageCame(500us);
    const auto before = steering.count();
    QCOMPARE(steering.rest(probe(4900us)), 0ms);
    QCOMPARE(steering.count(), before);
    QVERIFY(steering.rest(probe(5100us)) > 0ms);
    QCOMPARE(steering.count(), before / 2);
}

void TestRedisSteering::halvesOnceForOneSlowSpell()
{
    ScanSteering steering(kRoundTrip);
    for (int i = 0; i < 20; ++i)
        steering.pageCame(500us);
    (void)steering.rest(probe(6ms));
    const auto halved = steering.count();
    QVERIFY(steering.rest(probe(6ms)) > 0ms); // goes on resting
    QCOMPARE(steering.count(), halved);       // but the probe has not seen the smaller page yet
}

void TestRedisSteering::probeDrivesBelowFirstCount()
{
    ScanSteering steering(kRoundTrip);
    for (int i = 0; i < 100; ++i) {
        steering.pageCame(20ms);
        (void)steering.rest(probe(50ms));
    }
    QCOMPARE(steering.count(), ScanSteering::kSmallestCount);
    for (int i = 0; i < 100; ++i)
        steering.pageCame(2ms); // calm again
    QVERIFY(steering.count() >= ScanSteering::kFirstCount);
}

void TestRedisSteering::trustsHighBaseline()
{
    ScanSteering steering(kRoundTrip);
    QCOMPARE(steering.rest(probe(30ms, 10ms)), 0ms); // a far server: 4 × 10 ms
    QVERIFY(steering.rest(probe(41ms, 10ms)) > 0ms);
    auto noisy = probe(9ms);
    noisy.before95 = 5ms; // it was so before we began
    QCOMPARE(steering.rest(noisy), 0ms);
    QCOMPARE(steering.rest({}), 0ms); // no probe, nothing to judge
}

void TestRedisSteering::waitsWhenLimitIsPassedAgainAndAgain()
{
    auto view = probe(6ms);
    view.overLimit = 1;
    QVERIFY(!ScanSteering::mustWait(view));
    view.overLimit = 2;
    QVERIFY(ScanSteering::mustWait(view));
    view.calm = ScanSteering::kCalmPings; // it is over
    QVERIFY(!ScanSteering::mustWait(view));
}

void TestRedisSteering::knowsHowFarTheCursorIs()
{
    // In a table of 8 buckets SCAN visits 0, 4, 2, 6, 1, 5, 3, 7: the cursor names the next one.
    const unsigned long long order[]{0, 4, 2, 6, 1, 5, 3, 7};
    for (int i = 0; i < 8; ++i)
        QCOMPARE(scannedShare(order[i]), i / 8.0);
}

void TestRedisSteering::plansPrefixFlush()
{
    const auto plan = flushPlan(target(), request(Scope::Prefix), survey());
    QVERIFY2(plan.isAllowed(), plan.firstObstacle().c_str());
    QVERIFY(plan.isDestructive);
    QCOMPARE(plan.target, "redis/cache");
    QVERIFY(plan.identity.find("run_id abc") != std::string::npos);
    QVERIFY(hasChange(plan, "Deleted", "about 750 ±"));
    QVERIFY(hasChange(plan, "Stays: “sess:”", "about 250"));
    QVERIFY(hasChange(plan, "Also hit: “cache:api:”", "about 750"));
    QVERIFY(hasChange(plan, "Example", "cache:api:\\x0a"));
    QVERIFY(plan.command.find("cache:*") != std::string::npos);
    auto counting = request(Scope::Prefix);
    counting.isCountOnly = true;
    QVERIFY(!flushPlan(target(), counting, survey()).isDestructive);
}

void TestRedisSteering::refusesReplica()
{
    const auto replica = survey("run_id:abc\nrole:slave\n");
    QVERIFY(!flushPlan(target(), request(Scope::Prefix), replica).isAllowed());
    auto counting = request(Scope::Prefix);
    counting.isCountOnly = true;
    QVERIFY(flushPlan(target(), counting, replica).isAllowed());
}

void TestRedisSteering::refusesNamelessServer()
{
    auto nameless = survey("");
    nameless.infoDenied = Unknown{"no permission: needs +info", "ACL SETUSER oncall +info"};
    const auto plan = flushPlan(target(), request(Scope::Prefix), nameless);
    QVERIFY(!plan.isAllowed());
    QVERIFY(plan.firstObstacle().find("ACL SETUSER oncall +info") != std::string::npos);
}

void TestRedisSteering::warnsOfOverwrittenDump()
{
    const auto warns = [](const Plan &plan) {
        return std::ranges::any_of(plan.checks, [](const PlanCheck &check) { return check.state == PlanCheckState::Warned && check.title.find("dump.rdb") != std::string::npos; });
    };
    auto seen = survey();
    QVERIFY(warns(flushPlan(target(), request(Scope::All), seen)));
    QVERIFY(!warns(flushPlan(target(), request(Scope::Database), seen)));
    seen.savePoints = "";
    QVERIFY(!warns(flushPlan(target(), request(Scope::All), seen)));
    seen.savePoints.reset();
    QVERIFY(warns(flushPlan(target(), request(Scope::All), seen)));
}

void TestRedisSteering::saysWhoElseIsHit()
{
    const auto plan = flushPlan(target(), request(Scope::Database), survey());
    QVERIFY(hasChange(plan, "Deleted", "1 000 keys") || hasChange(plan, "Deleted", "1000 keys"));
    QVERIFY(hasChange(plan, "Also hit: “sess:”", "about 250"));
}

void TestRedisSteering::saysMissingPermission()
{
    auto denied = survey();
    denied.dryRun = Reply{Reply::Kind::Bulk, 0, "This user has no permissions to run the 'unlink' command", {}};
    QVERIFY(!flushPlan(target(), request(Scope::Prefix), denied).isAllowed());
    denied.dryRun = Reply{Reply::Kind::Error, 0, "ERR unknown subcommand 'DRYRUN'", {}};
    QVERIFY(flushPlan(target(), request(Scope::Prefix), denied).isAllowed()); // told apart at run time
}

QTEST_APPLESS_MAIN(TestRedisSteering)
#include "tst_redissteering.moc"
