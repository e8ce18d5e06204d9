// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushrisks.h"

#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::redis;
using Scope = FlushRequest::Scope;

namespace {

constexpr const char *kInfo = "redis_version:7.0.15\nrun_id:abc\nrole:master\nserver_time_usec:2000000000000000\nuptime_in_seconds:5000\n";

FlushSurvey survey(const std::string &info, const std::vector<std::string> &keys, const std::string &deletedPrefix = "cache:")
{
    FlushSurvey result;
    result.pattern = deletedPrefix + "*";
    result.info = parseInfo(kInfo + info);
    result.keysInDatabase = static_cast<double>(keys.size());
    result.savePoints = "3600 1";
    result.ping.kind = Reply::Kind::Status;
    result.dryRun = Reply{Reply::Kind::Status, 0, "OK", {}};
    const auto isDeleted = [deletedPrefix](std::string_view key) { return key.starts_with(deletedPrefix); };
    result.sample.addGroup("", isDeleted);
    result.sample.addPrefixes({"cache:"});
    addRiskGroups(result, {"cache:"}, isDeleted);
    for (const auto &key : keys)
        result.sample.take(key);
    result.sample.setComplete();
    return result;
}

Plan planOf(const FlushSurvey &survey, Scope scope = Scope::Prefix, Purpose role = Purpose::Cache)
{
    Target target;
    target.id = "redis/cache";
    target.host = "cache1";
    target.declaredRole = role;
    FlushRequest request;
    request.scope = scope;
    request.pattern = "cache:";
    return flushPlan(target, request, survey);
}

std::string change(const Plan &plan, const std::string &label)
{
    const auto it = std::ranges::find(plan.changes, label, &PlanLine::label);
    return it == plan.changes.end() ? std::string() : it->value;
}

const PlanCheck *check(const Plan &plan, const std::string &title)
{
    const auto it = std::ranges::find(plan.checks, title, &PlanCheck::title);
    return it == plan.checks.end() ? nullptr : &*it;
}

} // namespace

class TestRedisFlushRisks : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void knowsDwellersByTheirNames_data();
    void knowsDwellersByTheirNames();
    void saysWhoStays();
    void warnsOfSessionsAmongTheKeys();
    void saysNothingOfAPlainCache();
    void saysWhatItCouldBeBroughtBackFrom_data();
    void saysWhatItCouldBeBroughtBackFrom();
    void aSaveOfTheStartIsNoSave();
    void flushAllOverwritesTheSnapshot();
    void aStoreWithoutAnySaveIsWarned();
    void saysReplicasAndAof();
    void aPatternTakesAPartOfAPrefix();
};

void TestRedisFlushRisks::knowsDwellersByTheirNames_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QString>("kinds");
    QTest::newRow("sess:") << QByteArray("sess:4711") << QStringLiteral("s");
    QTest::newRow("spring") << QByteArray("spring:session:sessions:1") << QStringLiteral("s");
    QTest::newRow("PHPREDIS_SESSION") << QByteArray("PHPREDIS_SESSION:abc") << QStringLiteral("s");
    QTest::newRow("shop/Session") << QByteArray("shop/Session/9") << QStringLiteral("s");
    QTest::newRow("bull") << QByteArray("bull:mail:17") << QStringLiteral("q");
    QTest::newRow("rq") << QByteArray("rq:job:1") << QStringLiteral("q");
    QTest::newRow("queues") << QByteArray("resque:queues") << QStringLiteral("q");
    QTest::newRow("rl") << QByteArray("rl:10.0.0.1") << QStringLiteral("l");
    QTest::newRow("ratelimit") << QByteArray("api-ratelimit:7") << QStringLiteral("l");
    QTest::newRow("lock") << QByteArray("cache:lock:1") << QStringLiteral("k");
    QTest::newRow("cache of jobs page") << QByteArray("cache:joburg") << QString();
    QTest::newRow("later segments") << QByteArray("cache:page:a:session") << QString();
    QTest::newRow("clock") << QByteArray("clock:1") << QString();
    QTest::newRow("rlx") << QByteArray("rlx:1") << QString();
    QTest::newRow("empty") << QByteArray() << QString();
    QTest::newRow("bytes") << QByteArray("\xff\xfe\0:\n", 5) << QString();
    QTest::newRow("separators") << QByteArray("::::") << QString();
    QTest::newRow("a megabyte") << QByteArray(1 << 20, 's') << QString();
}

void TestRedisFlushRisks::knowsDwellersByTheirNames()
{
    QFETCH(QByteArray, key);
    const auto bytes = key.toStdString();
    QString kinds;
    kinds += looksLikeSession(bytes) ? QStringLiteral("s") : QString();
    kinds += looksLikeQueue(bytes) ? QStringLiteral("q") : QString();
    kinds += looksLikeLimiter(bytes) ? QStringLiteral("l") : QString();
    kinds += looksLikeLock(bytes) ? QStringLiteral("k") : QString();
    QTEST(kinds, "kinds");
}

void TestRedisFlushRisks::saysWhoStays()
{
    const auto plan = planOf(survey("", {"cache:1", "cache:2", "sess:1", "sess:2", "sess:3", "bull:mail:1"}));
    QCOMPARE(change(plan, "Look like sessions"), "3 in this database; none of them goes, such as “sess:1”");
    QCOMPARE(change(plan, "Look like queues"), "1 in this database; none of them goes, such as “bull:mail:1”");
    QVERIFY(change(plan, "Look like locks").empty());
    QVERIFY(!check(plan, "Nothing but cached data goes"));
    for (const auto &line : plan.changes)
        QVERIFY(line.label.find("“sessions”") == std::string::npos); // groups of our own are no declared prefixes
}

void TestRedisFlushRisks::warnsOfSessionsAmongTheKeys()
{
    const auto plan = planOf(survey("", {"cache:1", "cache:session:7", "sess:1"}));
    QCOMPARE(change(plan, "Look like sessions"), "2 in this database; 1 of them go, such as “cache:session:7”");
    const auto *warned = check(plan, "Nothing but cached data goes");
    QVERIFY(warned && warned->state == PlanCheckState::Warned);
    QCOMPARE(warned->detail, "Among these keys there seem to be sessions, such as “cache:session:7”: their users are logged out.");
    QVERIFY(plan.isAllowed()); // a likelihood
}

void TestRedisFlushRisks::saysNothingOfAPlainCache()
{
    const auto plan = planOf(survey("", {"cache:1", "cache:2", "page:7"}));
    QVERIFY(std::ranges::none_of(plan.changes, [](const PlanLine &line) { return line.label.starts_with("Look like"); }));
    QVERIFY(!check(plan, "Nothing but cached data goes") && !check(plan, "There is something to bring it back from"));
}

void TestRedisFlushRisks::saysWhatItCouldBeBroughtBackFrom_data()
{
    QTest::addColumn<QByteArray>("info");
    QTest::addColumn<QString>("text");
    QTest::newRow("nothing") << QByteArray("aof_enabled:0\nrdb_saves:0\n") << QStringLiteral("nothing on this server: no snapshot since its start, no append-only file");
    QTest::newRow("a snapshot") << QByteArray("aof_enabled:0\nrdb_saves:3\nrdb_last_save_time:1999999280\nrdb_changes_since_last_save:340\nrdb_last_bgsave_status:ok\n")
                                << QStringLiteral("a snapshot written 12 min ago, 340 changes since");
    QTest::newRow("a failed one since") << QByteArray("rdb_saves:3\nrdb_last_save_time:1999999280\nrdb_changes_since_last_save:1\nrdb_last_bgsave_status:err\n")
                                        << QStringLiteral("a snapshot written 12 min ago, 1 change since; the last attempt to save failed");
    QTest::newRow("of the start") << QByteArray("rdb_saves:0\nrdb_last_save_time:1999995000\nrdb_last_load_keys_loaded:1200\nrdb_changes_since_last_save:5\n")
                                  << QString::fromUtf8("the file that the server started with (1200 keys), 5 changes since");
    QTest::newRow("AOF") << QByteArray("aof_enabled:1\nrdb_saves:0\n") << QStringLiteral("the append-only file, if it is copied before it is rewritten: the deletion stands at its end");
}

void TestRedisFlushRisks::saysWhatItCouldBeBroughtBackFrom()
{
    QFETCH(QByteArray, info);
    const auto plan = planOf(survey(info.toStdString(), {"cache:1"}));
    auto text = QString::fromStdString(change(plan, "Could be brought back from")).remove(QChar(0x202f));
    QTEST(text, "text");
}

void TestRedisFlushRisks::aSaveOfTheStartIsNoSave()
{
    // Before Redis 7 there is no rdb_saves: the time of the last save is then the start.
    const auto plan = planOf(survey("rdb_last_save_time:1999995000\naof_enabled:0\n", {"cache:1"}));
    QVERIFY2(change(plan, "Could be brought back from").starts_with("nothing on this server"), change(plan, "Could be brought back from").c_str());
    auto clockless = survey("rdb_last_save_time:1999995000\naof_enabled:0\n", {"cache:1"});
    clockless.info.fields.erase("server_time_usec"); // no +time on an old one: not known is not nothing
    QCOMPARE(change(planOf(clockless), "Could be brought back from"), "this server does not say when it saved last");
}

void TestRedisFlushRisks::flushAllOverwritesTheSnapshot()
{
    auto seen = survey("rdb_saves:3\nrdb_last_save_time:1999999280\n", {"cache:1"});
    QVERIFY(change(planOf(seen, Scope::All), "Could be brought back from").ends_with("this flush overwrites it"));
    QVERIFY(!change(planOf(seen, Scope::Database), "Could be brought back from").ends_with("this flush overwrites it"));
    seen.savePoints = "";
    QVERIFY(!change(planOf(seen, Scope::All), "Could be brought back from").ends_with("this flush overwrites it"));
    seen.savePoints.reset(); // not permitted to read: assume the worse
    QVERIFY(change(planOf(seen, Scope::All), "Could be brought back from").ends_with("this flush overwrites it"));
}

void TestRedisFlushRisks::aStoreWithoutAnySaveIsWarned()
{
    const char *const title = "There is something to bring it back from";
    const auto plain = survey("rdb_saves:0\naof_enabled:0\n", {"cache:1"});
    QVERIFY(!check(planOf(plain), title)); // a cache is made again
    QVERIFY(check(planOf(plain, Scope::Prefix, Purpose::Store), title));
    QVERIFY(check(planOf(survey("rdb_saves:0\naof_enabled:0\n", {"cache:session:1"})), title));
    QVERIFY(!check(planOf(survey("rdb_saves:1\n", {"cache:1"}), Scope::Prefix, Purpose::Store), title));
    QVERIFY(!check(planOf(survey("rdb_saves:0\naof_enabled:1\n", {"cache:1"}), Scope::Prefix, Purpose::Store), title));
}

void TestRedisFlushRisks::saysReplicasAndAof()
{
    const auto plan = planOf(survey("connected_slaves:2\naof_enabled:1\n", {"cache:1"}));
    QCOMPARE(change(plan, "Replicas"), "2; they delete the same keys");
    QVERIFY(change(plan, "AOF").starts_with("on:"));
}

/// "cache:1*" takes some of "cache:": to say that these stay would be false.
void TestRedisFlushRisks::aPatternTakesAPartOfAPrefix()
{
    Target target;
    target.id = "redis/cache";
    FlushRequest request;
    request.scope = Scope::Glob;
    request.pattern = "cache:1*";
    const auto part = flushPlan(target, request, survey("", {"cache:1", "cache:12", "cache:2", "sess:1"}, "cache:1"));
    QCOMPARE(change(part, "Also hit: “cache:”"), "3 keys (all keys were looked at); of them go 2 keys (all keys were looked at)");
    request.pattern = "*:9*";
    QVERIFY(!change(flushPlan(target, request, survey("", {"cache:1", "sess:9"}, "sess:9")), "Stays: “cache:”").empty());
    auto sampled = survey("", {}, "sess:9");
    sampled.sample = PrefixSample(20);
    sampled.sample.addGroup("", [](std::string_view) { return false; });
    sampled.sample.addPrefixes({"cache:"});
    addRiskGroups(sampled, {"cache:"}, [](std::string_view) { return false; });
    sampled.sample.take("cache:1");
    QVERIFY(!change(flushPlan(target, request, sampled), "Stays, by the sample: “cache:”").empty());
}

QTEST_APPLESS_MAIN(TestRedisFlushRisks)
#include "tst_redisflushrisks.moc"
