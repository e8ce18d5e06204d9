// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushaction.h"
#include "connectors/redis/redissource.h"
#include "tests/integration/rediskit.h"
#include "tests/support/scriptedserver.h"

#include <QElapsedTimer>
#include <QTest>

#include <csignal>

using namespace muster;
using namespace muster::test;
using redis::RedisSource;
using S = ScriptedServer;
using namespace std::chrono_literals;

namespace {

constexpr int kScriptsEnd = 2000; // ms: a round of 500 ms plus what a loaded machine adds

redis::Target scripted(const S &server)
{
    redis::Target target;
    target.id = "redis/scripted";
    target.host = "127.0.0.1";
    target.port = server.port();
    return target;
}

/// What a server answers to a login without password and to INFO.
std::string welcome()
{
    const std::string info = "redis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\nrole:master\r\n";
    return "+OK\r\n$7\r\ndefault\r\n$" + std::to_string(info.size()) + "\r\n" + info + "\r\n";
}

std::expected<FactBatch, Fault> round(RedisSource &source, Millis limit = Millis{500})
{
    return source.collect(Deadline::after(limit), {});
}

S::Script reads(int lines)
{
    return S::Script(static_cast<std::size_t>(lines), S::ReadLine{});
}

S::Script joined(S::Script script, const S::Script &tail)
{
    script.insert(script.end(), tail.begin(), tail.end());
    return script;
}

FlushRequest request(FlushRequest::Scope scope)
{
    FlushRequest result;
    result.scope = scope;
    result.pattern = "cache:";
    return result;
}

Plan planFor(const S &server)
{
    Plan plan;
    plan.identity = "run_id abc · primary · 127.0.0.1:" + std::to_string(server.port()) + " · database 0";
    return plan;
}

// Lines that the client writes: every argument is two, the count is one.
constexpr int kLoginLines = 7 + 5 + 3; // CLIENT SETNAME x, ACL WHOAMI, INFO

} // namespace

class TestRedisFaults : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void refusedPortNamesTheStage();
    void stoppedServerTimesOutAndRecovers();
    void killedServerIsRefused();
    void wrongPasswordIsTriedOnce();
    void otherUserIsAuthFault();
    void hostileAnswersEndTheRound_data();
    void hostileAnswersEndTheRound();
    void interruptEndsBlockedRound();
    void stopRequestEndsBeforeConnecting();
    void secretStaysOutOfFaults();
    void missingSecretIsSaid();
    void lostFlushReplyIsUnknown();
    void lostUnlinkReplyIsUnknown();
    void lostUnlinkReplyInStagesIsUnknown();
    void closedBeforeUnlinkIsFailed();
    void refusedUnlinkStopsWithCount();
    void interruptEndsBlockedFlush();
    void stoppedServerDuringFlushIsInterrupted();
};

void TestRedisFaults::refusedPortNamesTheStage()
{
    redis::Target target;
    {
        S server(S::Script{});
        target = scripted(server);
    }
    RedisSource source(target);
    const auto batch = round(source);
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Refused);
    QCOMPARE(batch.error().stage, "tcp");
    QVERIFY(!batch.error().hint.empty());
}

void TestRedisFaults::stoppedServerTimesOutAndRecovers()
{
    TestServers servers({QStringLiteral("redis")});
    QVERIFY2(servers.isRunning(), servers.errorText());
    RedisSource source(redisTarget(servers, u"redis"));
    QVERIFY(round(source, 5s));
    ::kill(static_cast<pid_t>(servers.pid(u"redis")), SIGSTOP);
    QElapsedTimer timer;
    timer.start();
    const auto stopped = round(source);
    const auto took = timer.elapsed();
    const auto again = round(source); // a new connection: the kernel accepts, nobody answers
    ::kill(static_cast<pid_t>(servers.pid(u"redis")), SIGCONT);
    QVERIFY(!stopped);
    QVERIFY(stopped.error().kind == FaultKind::Timeout);
    QVERIFY(!again);
    QVERIFY(again.error().kind == FaultKind::Timeout);
    QVERIFY(took < kScriptsEnd);
    const auto back = round(source, 5s);
    QVERIFY2(back, back ? "" : back.error().detail.c_str());
}

void TestRedisFaults::killedServerIsRefused()
{
    TestServers servers({QStringLiteral("redis")});
    QVERIFY2(servers.isRunning(), servers.errorText());
    RedisSource source(redisTarget(servers, u"redis"));
    QVERIFY(round(source, 5s));
    ::kill(static_cast<pid_t>(servers.pid(u"redis")), SIGKILL);
    QTRY_VERIFY(!round(source));
    const auto dead = round(source);
    QVERIFY(!dead);
    QVERIFY(dead.error().kind == FaultKind::Refused);
}

void TestRedisFaults::wrongPasswordIsTriedOnce()
{
    TestServers servers({QStringLiteral("redis")});
    QVERIFY2(servers.isRunning(), servers.errorText());
    auto target = redisTarget(servers, u"redis");
    target.secret = [] { return std::expected<Secret, Fault>(Secret("canary-wrong")); };
    RedisSource source(target);
    for (int i = 0; i < 5; ++i) {
        const auto batch = round(source, 5s);
        QVERIFY(!batch);
        QVERIFY(batch.error().kind == FaultKind::Auth);
        QCOMPARE(batch.error().stage, "auth");
    }
    RedisAdmin admin(redisTarget(servers, u"redis", true));
    const auto log = admin.call({"ACL", "LOG"});
    QCOMPARE(log.elements.size(), 1U);
    QCOMPARE(log.elements[0].elements[1].integer, 1LL); // "count": one attempt in five rounds
}

void TestRedisFaults::otherUserIsAuthFault()
{
    S server(S::Script{S::Send{"+OK\r\n$5\r\nother\r\n"}, S::Hang{}});
    RedisSource source(scripted(server));
    const auto batch = round(source);
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Auth);
    QVERIFY(batch.error().detail.find("other") != std::string::npos);
}

void TestRedisFaults::hostileAnswersEndTheRound_data()
{
    QTest::addColumn<int>("which");
    QTest::addColumn<int>("kind");
    const auto row = [](const char *name, int which, FaultKind kind) { QTest::newRow(name) << which << static_cast<int>(kind); };
    row("silent", 0, FaultKind::Timeout);
    row("closes at once", 1, FaultKind::Unavailable);
    row("huge multi-bulk", 2, FaultKind::TooLarge);
    row("endless bulk", 3, FaultKind::TooLarge);
    row("HTTP", 4, FaultKind::Protocol);
    row("drips", 5, FaultKind::Timeout);
    row("shape of WHOAMI", 6, FaultKind::Protocol);
    row("max clients", 7, FaultKind::Refused);
    row("INFO without end", 8, FaultKind::TooLarge);
    row("reset", 9, FaultKind::Unavailable);
    row("loading", 10, FaultKind::Unavailable);
}

void TestRedisFaults::hostileAnswersEndTheRound()
{
    QFETCH(int, which);
    QFETCH(int, kind);
    const std::string megabyte(1U << 20U, 'x');
    const std::string login = "+OK\r\n$7\r\ndefault\r\n+PONG\r\n";
    const std::vector<S::Script> scripts{
        {S::Hang{}},
        {S::Close{}},
        {S::Send{"*2147483647\r\n"}, S::Hang{}},
        {S::Send{"$999999999\r\n"}, S::Flood{megabyte, 100}, S::Hang{}},
        {S::Send{"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"}, S::Hang{}},
        {S::Drip{"$1000\r\n" + std::string(1000, 'x'), 20ms}, S::Hang{}},
        {S::Send{"+OK\r\n:5\r\n"}, S::Hang{}},
        {S::Send{"-ERR max number of clients reached\r\n-ERR max number of clients reached\r\n"}, S::Hang{}},
        {S::Send{login + "$999999999\r\n"}, S::Flood{megabyte, 100}, S::Hang{}},
        {S::ReadLine{}, S::Reset{}},
        {S::Send{login + "$45\r\nrun_id:a\r\nloading:1\r\nloading_eta_seconds:42\r\n\r\n"}, S::Hang{}},
    };
    S server(scripts.at(static_cast<std::size_t>(which)));
    RedisSource source(scripted(server));
    QElapsedTimer timer;
    timer.start();
    const auto batch = round(source);
    QVERIFY(timer.elapsed() < kScriptsEnd);
    QVERIFY(!batch);
    QVERIFY2(static_cast<int>(batch.error().kind) == kind, (std::string(toString(batch.error().kind)) + ": " + batch.error().detail).c_str());
    QVERIFY(batch.error().detail.size() < 2000);
    QTRY_COMPARE(server.openCount(), 0); // the connection is not kept
}

void TestRedisFaults::interruptEndsBlockedRound()
{
    S server(S::Script{S::Hang{}});
    RedisSource source(scripted(server));
    std::expected<FactBatch, Fault> batch;
    std::atomic<bool> isOver = false;
    std::jthread thread([&] {
        batch = round(source, 60s);
        isOver = true;
    });
    QTRY_COMPARE(server.connectionCount(), 1);
    QElapsedTimer timer;
    timer.start();
    source.interrupt();
    thread.join();
    QVERIFY(timer.elapsed() < 500);
    QVERIFY(isOver && !batch);
    QVERIFY(batch.error().kind == FaultKind::Cancelled);
}

void TestRedisFaults::stopRequestEndsBeforeConnecting()
{
    S server(S::Script{S::Hang{}});
    RedisSource source(scripted(server));
    std::stop_source stop;
    stop.request_stop();
    const auto batch = source.collect(Deadline::after(60s), stop.get_token());
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Cancelled);
    QCOMPARE(server.connectionCount(), 0);
}

void TestRedisFaults::secretStaysOutOfFaults()
{
    for (const auto *answer : {"-WRONGPASS no\r\n", ":1\r\n", "HTTP/1.1 400\r\n"}) {
        S server(S::Script{S::Send{answer}, S::Hang{}});
        auto target = scripted(server);
        target.user = "oncall";
        target.secret = [] { return std::expected<Secret, Fault>(Secret("canary-secret")); };
        RedisSource source(target);
        const auto batch = round(source);
        QVERIFY(!batch);
        QVERIFY((batch.error().detail + batch.error().hint).find("canary") == std::string::npos);
    }
}

void TestRedisFaults::missingSecretIsSaid()
{
    S server(S::Script{S::Hang{}});
    auto target = scripted(server);
    target.secret = [] { return std::expected<Secret, Fault>(std::unexpected(Fault{FaultKind::Config, "auth", "SHOP_REDIS is not set", "Set it."})); };
    RedisSource source(target);
    const auto batch = round(source);
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Config);
    QVERIFY(batch.error().detail.find("SHOP_REDIS") != std::string::npos);
}

void TestRedisFaults::lostFlushReplyIsUnknown()
{
    // DBSIZE has three lines, FLUSHDB ASYNC five.
    S server(joined(joined({S::Send{welcome() + ":100\r\n"}}, reads(kLoginLines + 3 + 5)), {S::Close{}}));
    redis::FlushAction action(scripted(server), request(FlushRequest::Scope::Database));
    RunControl control({}, [](const Progress &) {});
    const auto outcome = action.run(planFor(server), control);
    QVERIFY2(outcome.kind == OutcomeKind::Unknown, outcome.summary.c_str());
    QVERIFY(!outcome.howToFindOut.empty());
    QCOMPARE(server.connectionCount(), 1); // not sent again
}

namespace {

/// The second connection is the probe's: logs in and gets its PONGs.
S::Script probeScript()
{
    return {S::Send{"+OK\r\n$7\r\ndefault\r\n"}, S::Flood{"+PONG\r\n", 2000}, S::Hang{}};
}

Outcome runPattern(const S &server, double stageShare = 0)
{
    auto wanted = request(FlushRequest::Scope::Prefix);
    wanted.stageShare = stageShare;
    redis::FlushAction action(scripted(server), wanted);
    RunControl control({}, [](const Progress &) {});
    return action.run(planFor(server), control);
}

const std::string kLastPage = "*2\r\n$1\r\n0\r\n*2\r\n$7\r\ncache:1\r\n$7\r\ncache:2\r\n";
constexpr int kScanLines = 13; // SCAN 0 MATCH p COUNT n
constexpr int kUnlinkLines = 7;

} // namespace

void TestRedisFaults::lostUnlinkReplyIsUnknown()
{
    S server({joined(joined({S::Send{welcome() + kLastPage}}, reads(kLoginLines + kScanLines + kUnlinkLines)), {S::Close{}}), probeScript()});
    const auto outcome = runPattern(server);
    QVERIFY2(outcome.kind == OutcomeKind::Unknown, outcome.summary.c_str());
    QVERIFY2(outcome.summary.find("for 2 more") != std::string::npos, outcome.summary.c_str());
    QVERIFY(!outcome.howToFindOut.empty());
}

/// First the count and its probe, then the flush: SCAN, a look at the hits, UNLINK, and no answer.
void TestRedisFaults::lostUnlinkReplyInStagesIsUnknown()
{
    const std::string stats = "keyspace_hits:1\r\nkeyspace_misses:1\r\n";
    const auto answers = welcome() + kLastPage + "$" + std::to_string(stats.size()) + "\r\n" + stats + "\r\n";
    S server({{S::Send{welcome() + kLastPage}, S::Hang{}}, probeScript(), joined(joined({S::Send{answers}}, reads(kLoginLines + kScanLines + 5 + kUnlinkLines)), {S::Close{}}), probeScript()});
    const auto outcome = runPattern(server, 60'000); // two keys in a millisecond
    QVERIFY2(outcome.kind == OutcomeKind::Unknown, outcome.summary.c_str());
    QVERIFY2(outcome.summary.find("for 2 more") != std::string::npos, outcome.summary.c_str());
    QVERIFY(!outcome.howToFindOut.empty());
    QCOMPARE(server.connectionCount(), 4); // nothing is sent again
}

void TestRedisFaults::closedBeforeUnlinkIsFailed()
{
    S server({joined(joined({S::Send{welcome()}}, reads(kLoginLines + kScanLines)), {S::Close{}}), probeScript()});
    const auto outcome = runPattern(server);
    QVERIFY2(outcome.kind == OutcomeKind::Failed, outcome.summary.c_str()); // nothing that could delete was sent
    QCOMPARE(detailOf(outcome, "Deleted"), "0");
}

void TestRedisFaults::refusedUnlinkStopsWithCount()
{
    const std::string page = "*2\r\n$1\r\n8\r\n*2\r\n$7\r\ncache:1\r\n$7\r\ncache:2\r\n";
    S server({S::Script{S::Send{welcome() + page + kLastPage + ":2\r\n" + "-NOPERM no permissions to access a key\r\n"}, S::Hang{}}, probeScript()});
    const auto outcome = runPattern(server);
    QVERIFY2(outcome.kind == OutcomeKind::Failed, outcome.summary.c_str());
    QCOMPARE(detailOf(outcome, "Deleted"), "2");
    QVERIFY(outcome.summary.find("NOPERM") != std::string::npos);
}

void TestRedisFaults::interruptEndsBlockedFlush()
{
    S server({S::Script{S::Send{welcome()}, S::Hang{}}, probeScript()});
    redis::FlushAction action(scripted(server), request(FlushRequest::Scope::Prefix));
    std::stop_source stop;
    RunControl control(stop.get_token(), [](const Progress &) {});
    Outcome outcome;
    std::jthread thread([&] { outcome = action.run(planFor(server), control); });
    QTRY_COMPARE(server.connectionCount(), 2);
    stop.request_stop();
    QElapsedTimer timer;
    timer.start();
    action.interrupt();
    thread.join();
    QVERIFY(timer.elapsed() < 500);
    QVERIFY2(outcome.kind == OutcomeKind::Cancelled || outcome.kind == OutcomeKind::Failed, outcome.summary.c_str());
    QTRY_COMPARE(server.openCount(), 0);
}

void TestRedisFaults::stoppedServerDuringFlushIsInterrupted()
{
    TestServers servers({QStringLiteral("redis")});
    QVERIFY2(servers.isRunning(), servers.errorText());
    const auto target = redisTarget(servers, u"redis", true);
    RedisAdmin admin(target);
    QVERIFY(admin.fill("cache:", 200'000));
    const auto pid = static_cast<pid_t>(servers.pid(u"redis"));
    redis::FlushAction action(target, request(FlushRequest::Scope::Prefix));
    std::jthread rescuer;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &, std::stop_source &source) {
        if (progress.done == 0 || rescuer.joinable())
            return;
        ::kill(pid, SIGSTOP);
        source.request_stop();
        rescuer = std::jthread([&action] { action.interrupt(); }); // as the runner does when a cancel is not heard
    });
    ::kill(pid, SIGCONT);
    QVERIFY2(run.outcome.kind == OutcomeKind::Unknown || run.outcome.kind == OutcomeKind::Cancelled, run.outcome.summary.c_str());
    QVERIFY(run.outcome.kind == OutcomeKind::Cancelled || !run.outcome.howToFindOut.empty());
    QTRY_VERIFY(admin.call({"DBSIZE"}).integer > 0); // alive again, and the rest is there
}

QTEST_GUILESS_MAIN(TestRedisFaults)
#include "tst_redisfaults.moc"
