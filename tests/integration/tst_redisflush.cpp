// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushaction.h"
#include "connectors/redis/redisinfoparser.h"
#include "tests/integration/rediskit.h"

#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::test;
using redis::FlushAction;
using redis::Reply;
using Scope = FlushRequest::Scope;
using namespace std::string_literals;

namespace {

FlushRequest request(Scope scope, std::string pattern = {}, int database = 0)
{
    FlushRequest result;
    result.scope = scope;
    result.pattern = std::move(pattern);
    result.database = database;
    result.maxLatency = Millis{200}; // a busy build machine is not the thing under test
    return result;
}

} // namespace

class TestRedisFlush : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void deletesExactlyThePrefix_data();
    void deletesExactlyThePrefix();
    void deletesByGlob();
    void countsWithoutDeleting();
    void flushesOneDatabase();
    void flushesEverything();
    void worksOverTls();
    void refusesReplica();
    void refusesAnotherServer();
    void refusesEmptyPattern();
    void refusesWithoutRights();
    void cancelLeavesTheRest();
    void pauseHoldsBetweenPages();
    void resumesFromTheCursorOnANewConnection();
    void saysWhatCameBack();
    void namesItselfToTheServer();
    void planSaysWhoLivesThereAndWhatIsLeftAfterwards();

private:
    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<RedisAdmin> m_admin;
    redis::Target m_target;
};

void TestRedisFlush::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("redis"), QStringLiteral("redis-tls"), QStringLiteral("redis-replica")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    m_target = redisTarget(*m_servers, u"redis", true);
    m_admin = std::make_unique<RedisAdmin>(m_target);
}

void TestRedisFlush::init()
{
    QVERIFY(m_admin->call({"FLUSHALL"}).isStatus("OK"));
}

void TestRedisFlush::deletesExactlyThePrefix_data()
{
    QTest::addColumn<QByteArray>("prefix");
    QTest::newRow("plain") << QByteArray("cache:");
    QTest::newRow("star") << QByteArray("c*");
    QTest::newRow("question") << QByteArray("c?");
    QTest::newRow("class") << QByteArray("c[a-z]");
    QTest::newRow("backslash") << QByteArray("c\\");
    QTest::newRow("all of them") << QByteArray("[]*?\\^-");
    QTest::newRow("not UTF-8") << QByteArray("\xff\xfe[\x80");
    QTest::newRow("with zero and newline") << QByteArray("a\0b\r\n", 5);
}

void TestRedisFlush::deletesExactlyThePrefix()
{
    QFETCH(QByteArray, prefix);
    const auto literal = prefix.toStdString();
    const std::vector<std::string> others{"cache", "c", "cat", "ca", "cb:1", "cx", "[", "]", "[]", "\\", "\xff", "\xff\xfe", "a", "a\0b"s, "*", "?", "xx" + literal + "1"};
    std::size_t kept = 0;
    for (const auto &key : others) {
        if (key.starts_with(literal))
            continue;
        ++kept;
        QVERIFY(m_admin->call({"SET", key, "1"}).isStatus("OK"));
    }
    for (const auto *tail : {"", "1", "*", "[x]", "\\", "\n", "\xff"})
        QVERIFY(m_admin->call({"SET", literal + tail, "1"}).isStatus("OK"));
    FlushAction action(m_target, request(Scope::Prefix, literal));
    const auto run = runAction(action);
    QVERIFY(run.plan);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(detailOf(run.outcome, "Deleted"), "7");
    QCOMPARE(detailOf(run.outcome, "Match now"), "0");
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, static_cast<long long>(kept));
}

void TestRedisFlush::deletesByGlob()
{
    QVERIFY(m_admin->fill("cache:a:", 1500));
    QVERIFY(m_admin->fill("cache:b:", 1500));
    FlushAction action(m_target, request(Scope::Glob, "cache:a:*"));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 1500LL);
}

void TestRedisFlush::countsWithoutDeleting()
{
    QVERIFY(m_admin->fill("cache:", 5000));
    QVERIFY(m_admin->fill("sess:", 1000));
    auto counting = request(Scope::Prefix, "cache:");
    counting.isCountOnly = true;
    FlushAction action(m_target, counting);
    const auto run = runAction(action);
    QVERIFY(!run.plan->isDestructive);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QVERIFY2(run.outcome.summary.starts_with("5000 "), run.outcome.summary.c_str());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 6000LL);
    QCOMPARE(redisCli(*m_servers, u"redis", {QStringLiteral("--scan"), QStringLiteral("--pattern"), QStringLiteral("cache:*")}).count('\n') + 1, 5000);
}

void TestRedisFlush::flushesOneDatabase()
{
    QVERIFY(m_admin->fill("cache:", 1000));
    QVERIFY(m_admin->call({"SELECT", "3"}).isStatus("OK"));
    QVERIFY(m_admin->fill("other:", 700));
    FlushAction action(m_target, request(Scope::Database, {}, 3));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(detailOf(run.outcome, "Keys before"), "700");
    QCOMPARE(detailOf(run.outcome, "Keys now"), "0");
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 0LL);
    QVERIFY(m_admin->call({"SELECT", "0"}).isStatus("OK"));
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 1000LL);
}

void TestRedisFlush::flushesEverything()
{
    QVERIFY(m_admin->fill("cache:", 1000));
    QVERIFY(m_admin->call({"SELECT", "3"}).isStatus("OK"));
    QVERIFY(m_admin->fill("other:", 700));
    QVERIFY(m_admin->call({"SELECT", "0"}).isStatus("OK"));
    FlushAction action(m_target, request(Scope::All));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(detailOf(run.outcome, "Keys before"), "1700");
    QVERIFY(redis::parseInfo(m_admin->call({"INFO", "keyspace"}).text).keyspace.empty());
    bool isWarned = false;
    for (const auto &check : run.plan->checks)
        isWarned |= check.title.find("dump.rdb") != std::string::npos;
    QVERIFY(isWarned); // the test's servers have save points
}

void TestRedisFlush::worksOverTls()
{
    const auto target = redisTarget(*m_servers, u"redis-tls", true);
    RedisAdmin admin(target);
    QVERIFY(admin.fill("cache:", 3000));
    QVERIFY(admin.fill("sess:", 10));
    FlushAction action(redisTarget(*m_servers, u"redis-tls"), request(Scope::Prefix, "cache:")); // the console's own user
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(admin.call({"DBSIZE"}).integer, 10LL);
}

void TestRedisFlush::refusesReplica()
{
    QVERIFY(m_admin->fill("cache:", 10));
    FlushAction action(redisTarget(*m_servers, u"redis-replica", true), request(Scope::Prefix, "cache:"));
    const auto plan = action.preflight(Deadline::after(Millis{5000}), {});
    QVERIFY(plan);
    QVERIFY(!plan->isAllowed());
    QVERIFY(plan->firstObstacle().find("replica") != std::string::npos);
}

void TestRedisFlush::refusesAnotherServer()
{
    QVERIFY(m_admin->fill("cache:", 10));
    FlushAction action(m_target, request(Scope::Prefix, "cache:"));
    auto plan = action.preflight(Deadline::after(Millis{5000}), {});
    QVERIFY(plan && plan->isAllowed());
    const auto at = plan->identity.find("run_id ") + 7;
    plan->identity[at] = plan->identity[at] == '0' ? '1' : '0'; // as after a restart
    RunControl control({}, [](const Progress &) {});
    const auto outcome = action.run(*plan, control);
    QVERIFY(outcome.kind == OutcomeKind::Refused);
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 10LL);
}

void TestRedisFlush::refusesEmptyPattern()
{
    QVERIFY(m_admin->fill("cache:", 10));
    for (const auto scope : {Scope::Prefix, Scope::Glob}) {
        FlushAction action(m_target, request(scope, ""));
        const auto plan = action.preflight(Deadline::after(Millis{5000}), {});
        QVERIFY(plan && !plan->isAllowed());
        RunControl control({}, [](const Progress &) {});
        QVERIFY(action.run(*plan, control).kind == OutcomeKind::Refused); // even when somebody runs it all the same
    }
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 10LL);
}

void TestRedisFlush::refusesWithoutRights()
{
    QVERIFY(m_admin->fill("private:", 10));
    FlushAction action(redisTarget(*m_servers, u"redis"), request(Scope::Prefix, "private:")); // outside ~cache:* ~sess:* ~rl:*
    const auto plan = action.preflight(Deadline::after(Millis{5000}), {});
    QVERIFY(plan);
    const auto right = std::ranges::find(plan->checks, "The ACL user may do it", &PlanCheck::title);
    QVERIFY(right != plan->checks.end());
    const bool canBeAsked = !m_admin->call({"ACL", "DRYRUN", "default", "PING"}).isError(); // from Redis 7 on
    QVERIFY(right->state == (canBeAsked ? PlanCheckState::Failed : PlanCheckState::Warned));
    RunControl control({}, [](const Progress &) {});
    const auto outcome = action.run(*plan, control);
    QVERIFY(outcome.kind == OutcomeKind::Failed);
    QCOMPARE(detailOf(outcome, "Deleted"), "0");
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 10LL);
}

void TestRedisFlush::cancelLeavesTheRest()
{
    QVERIFY(m_admin->fill("cache:", 200'000));
    FlushAction action(m_target, request(Scope::Prefix, "cache:"));
    const auto run = runAction(action, [](const Progress &, RunControl &, std::stop_source &source) {
        source.request_stop(); // at the first page: its keys go, the next page's stay, however fast the server is
    });
    QVERIFY2(run.outcome.kind == OutcomeKind::Cancelled, run.outcome.summary.c_str());
    const auto left = m_admin->call({"DBSIZE"}).integer;
    QVERIFY(left > 0 && left < 200'000);
    const auto deleted = QString::fromStdString(detailOf(run.outcome, "Deleted")).remove(QChar(0x202f)).toLongLong();
    QCOMPARE(deleted + left, 200'000LL); // exact, whatever was in flight
}

void TestRedisFlush::pauseHoldsBetweenPages()
{
    QVERIFY(m_admin->fill("cache:", 100'000));
    FlushAction action(m_target, request(Scope::Prefix, "cache:"));
    long long atPause = -1;
    long long later = -2;
    std::jthread resumer;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &control, std::stop_source &) {
        if (atPause < 0 && progress.message.empty()) {
            atPause = 0;
            control.setPaused(true); // at the first page, so that a fast server is not done before
        } else if (progress.message == "paused") {
            atPause = m_admin->call({"DBSIZE"}).integer;
            resumer = std::jthread([&control, &later, this] {
                for (int i = 0; i < 3000; ++i) // as long as a pause lasts here
                    later = m_admin->call({"DBSIZE"}).integer;
                control.setPaused(false);
            });
        }
    });
    if (resumer.joinable())
        resumer.join();
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QVERIFY(atPause > 0 && atPause < 100'000);
    QCOMPARE(later, atPause);
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 0LL);
}

/// A pause outlives the connection (a server's "timeout", a firewall): no deletion was open, so the walk goes on where it was.
void TestRedisFlush::resumesFromTheCursorOnANewConnection()
{
    QVERIFY(m_admin->fill("cache:", 50'000));
    QVERIFY(m_admin->fill("sess:", 100));
    FlushAction action(m_target, request(Scope::Prefix, "cache:"));
    bool isPaused = false;
    bool isKilled = false;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &control, std::stop_source &) {
        if (!isPaused && progress.message.empty()) {
            isPaused = true;
            control.setPaused(true); // at the first page
        } else if (!isKilled && progress.message == "paused") {
            isKilled = m_admin->call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).integer >= 1;
            control.setPaused(false);
        }
    });
    QVERIFY(isKilled);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QVERIFY2(detailOf(run.outcome, "Connected anew").starts_with("1 time,"), detailOf(run.outcome, "Connected anew").c_str());
    QCOMPARE(QString::fromStdString(detailOf(run.outcome, "Deleted")).remove(QChar(0x202f)), QStringLiteral("50000"));
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 100LL);
}

void TestRedisFlush::saysWhatCameBack()
{
    QVERIFY(m_admin->fill("cache:", 5000));
    FlushAction action(m_target, request(Scope::Prefix, "cache:"));
    auto plan = action.preflight(Deadline::after(Millis{5000}), {});
    RunControl control({}, [](const Progress &) {});
    auto outcome = action.run(*plan, control);
    QVERIFY(outcome.kind == OutcomeKind::Succeeded);
    QVERIFY(m_admin->fill("cache:", 3));
    outcome = action.verify(*plan, outcome, control);
    QVERIFY(outcome.kind == OutcomeKind::Succeeded);
    QVERIFY2(outcome.summary.find("3 match now") != std::string::npos, outcome.summary.c_str());
}

void TestRedisFlush::namesItselfToTheServer()
{
    auto target = m_target;
    target.operatorName = "jane@laptop";
    RedisAdmin admin(target);
    QVERIFY(m_admin->call({"CLIENT", "LIST"}).text.find("name=muster:jane@laptop ") != std::string::npos);
}

void TestRedisFlush::planSaysWhoLivesThereAndWhatIsLeftAfterwards()
{
    QVERIFY(m_admin->fill("cache:", 400));
    QVERIFY(m_admin->fill("app:session:", 50));
    QVERIFY(m_admin->fill("bull:mail:", 7));
    QVERIFY(m_admin->call({"SAVE"}).isStatus("OK"));
    QVERIFY(m_admin->fill("app:page:", 3));
    FlushAction action(m_target, request(Scope::Glob, "app:*"));
    const auto plan = action.preflight(Deadline::after(Millis{10'000}), {});
    QVERIFY(plan && plan->isAllowed());
    const auto change = [&plan](const std::string &label) {
        const auto it = std::ranges::find(plan->changes, label, &PlanLine::label);
        return it == plan->changes.end() ? std::string() : it->value;
    };
    QCOMPARE(change("Deleted"), "53 keys (all keys were looked at)");
    QVERIFY2(change("Look like sessions").starts_with("50 in this database; 50 of them go, such as “app:session:"), change("Look like sessions").c_str());
    QVERIFY2(change("Look like queues").starts_with("7 in this database; none of them goes"), change("Look like queues").c_str());
    QVERIFY(!change("Stays: “cache:”").empty());
    const auto source = change("Could be brought back from");
    QVERIFY2(source.starts_with("a snapshot written ") && source.find(" changes since") != std::string::npos, source.c_str());
    QVERIFY(std::ranges::count(plan->changes, "Example", &PlanLine::label) == 20);
    QVERIFY(std::ranges::any_of(plan->checks, [](const PlanCheck &check) { return check.state == PlanCheckState::Warned && check.title == "Nothing but cached data goes"; }));
}

QTEST_GUILESS_MAIN(TestRedisFlush)
#include "tst_redisflush.moc"
