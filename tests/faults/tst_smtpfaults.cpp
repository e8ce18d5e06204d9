// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/mailtestaction.h"
#include "connectors/smtp/smtpfaults.h"
#include "connectors/smtp/smtpsource.h"
#include "tests/support/scriptedserver.h"

#include <QElapsedTimer>
#include <QTest>

#include <future>

using namespace muster;
using namespace muster::smtp;
using namespace muster::test;
using S = ScriptedServer;
using std::chrono_literals::operator""ms;

/// Far below the deadlines of 30 s, far above a busy machine's delays. By itself it takes under a millisecond.
constexpr Millis kPrompt = 2000ms;

/// What no mail server does on request. In clear, so that a script can play it.
class TestSmtpFaults : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void takes421AtEveryStage_data();
    void takes421AtEveryStage();
    void namesTheStageThatIsSilent_data();
    void namesTheStageThatIsSilent();
    void refusesHostileReplies_data();
    void refusesHostileReplies();
    void refusesWordsSlippedInBeforeTls();
    void staysInClearForNobody();
    void sendsNoCredentialsInClear();
    void sendsAClosedBodyAsFailed();
    void leavesTheLostAnswerUnknown_data();
    void leavesTheLostAnswerUnknown();
    void takesA421AtTheDotAsAnAnswer();
    void asksForDeliveryReportsWhereOffered();
    void cancelBeforeTheDotSendsNothing();
    void cancelAtTheDotIsUnknown();
    void interruptEndsARound();

private:
    /// The replies of a relay in clear, one for each command, up to `count`, then `last`.
    static S::Script script(int count, const S::Script &last)
    {
        static const std::array<const char *, 5> kReplies{"220 mail.test ESMTP\r\n", "250-mail.test\r\n250 DSN\r\n", "250 2.1.0 ok\r\n", "250 2.1.5 ok\r\n", "354 go\r\n"};
        S::Script steps;
        for (int i = 0; i < count; ++i) {
            if (i > 0)
                steps.push_back(S::ReadLine{});
            steps.push_back(S::Send{kReplies.at(static_cast<std::size_t>(i))});
        }
        if (count > 0)
            steps.push_back(S::ReadLine{});
        steps.insert(steps.end(), last.begin(), last.end());
        return steps;
    }
    /// After 354: the whole message up to the dot (a header of 10 lines, a blank one, a body of 7), then the dot.
    static S::Script afterBody(const S::Script &last)
    {
        S::Script steps = script(5, {});
        for (int i = 0; i < kMessageLines; ++i)
            steps.push_back(S::ReadLine{});
        steps.insert(steps.end(), last.begin(), last.end());
        return steps;
    }
    static constexpr int kMessageLines = 18; ///< one line was read by script() already; with the dot

    static Target target(const ScriptedServer &server)
    {
        Target result;
        result.host = "127.0.0.1";
        result.port = server.port();
        result.mode = TlsMode::None;
        result.from = "a@shop.example";
        result.to = {"b@shop.example"};
        return result;
    }
    static std::expected<FactBatch, Fault> round(const ScriptedServer &server, Millis limit = 5000ms)
    {
        return SmtpSource(target(server)).collect(Deadline::after(limit), {});
    }
    static Plan planFor(const ScriptedServer &server)
    {
        Plan plan;
        plan.identity = "127.0.0.1:" + std::to_string(server.port()) + ", mail.test";
        return plan;
    }
    static Outcome run(const ScriptedServer &server, std::stop_token stop = {}, StageLimits limits = {})
    {
        MailTestAction action(target(server), {}, limits);
        RunControl control(stop, [](const Progress &) {});
        const Plan plan = planFor(server);
        return action.verify(plan, action.run(plan, control), control);
    }
};

void TestSmtpFaults::takes421AtEveryStage_data()
{
    QTest::addColumn<int>("replies");
    QTest::addColumn<QByteArray>("stage");
    QTest::newRow("banner") << 0 << QByteArray("banner");
    QTest::newRow("ehlo") << 1 << QByteArray("ehlo");
    QTest::newRow("mail") << 2 << QByteArray("mail");
    QTest::newRow("rcpt") << 3 << QByteArray("rcpt");
    QTest::newRow("data") << 4 << QByteArray("data");
}

void TestSmtpFaults::takes421AtEveryStage()
{
    QFETCH(int, replies);
    QFETCH(QByteArray, stage);
    const ScriptedServer server(script(replies, {S::Send{"421 4.3.2 closing down\r\n"}, S::Close{}}));
    const Outcome outcome = run(server);
    QVERIFY2(outcome.kind == OutcomeKind::Failed, outcome.summary.c_str());
    QVERIFY2(outcome.summary.find("stage " + stage.toStdString()) != std::string::npos, outcome.summary.c_str());
    QVERIFY(outcome.summary.find("421 4.3.2 closing down") != std::string::npos);
    if (replies < 4) { // a round does not go as far as DATA
        const auto batch = round(server);
        QVERIFY(!batch);
        QVERIFY(batch.error().kind == FaultKind::Unavailable);
        QCOMPARE(batch.error().stage, std::string(stageOf(stage.toStdString())));
        QVERIFY2(batch.error().detail.starts_with(stage.toStdString() + ": "), batch.error().detail.c_str());
    }
}

void TestSmtpFaults::namesTheStageThatIsSilent_data()
{
    QTest::addColumn<int>("replies");
    QTest::addColumn<QByteArray>("stage");
    QTest::newRow("banner") << 0 << QByteArray("banner");
    QTest::newRow("ehlo") << 1 << QByteArray("ehlo");
    QTest::newRow("mail") << 2 << QByteArray("mail");
    QTest::newRow("rcpt") << 3 << QByteArray("rcpt");
}

void TestSmtpFaults::namesTheStageThatIsSilent()
{
    QFETCH(int, replies);
    QFETCH(QByteArray, stage);
    const ScriptedServer server(script(replies, {S::Hang{}}));
    QElapsedTimer timer;
    timer.start();
    const auto batch = round(server, 300ms);
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Timeout);
    QCOMPARE(batch.error().stage, std::string(stageOf(stage.toStdString())));
    QVERIFY2(batch.error().detail.starts_with(stage.toStdString() + ": "), batch.error().detail.c_str());
    QVERIFY(timer.elapsed() < 2000);
}

void TestSmtpFaults::refusesHostileReplies_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("times");
    QTest::addColumn<int>("kind");
    QTest::newRow("http") << QByteArray("HTTP/1.1 400 Bad Request\r\n") << 1 << int(FaultKind::Protocol);
    QTest::newRow("line without end") << QByteArray(4096, 'x') << 1000000 << int(FaultKind::TooLarge);
    QTest::newRow("reply without end") << QByteArray("220-more\r\n") << 1000000 << int(FaultKind::Protocol);
    QTest::newRow("code that changes") << QByteArray("220-one\r\n250 two\r\n") << 1 << int(FaultKind::Protocol);
    QTest::newRow("blocked") << QByteArray("554 5.7.1 go away\r\n") << 1 << int(FaultKind::Refused);
}

void TestSmtpFaults::refusesHostileReplies()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, times);
    QFETCH(int, kind);
    const ScriptedServer server(S::Script{S::Flood{bytes.toStdString(), static_cast<std::size_t>(times)}, S::Hang{}});
    const auto batch = round(server);
    QVERIFY(!batch);
    QCOMPARE(int(batch.error().kind), kind);
    QCOMPARE(batch.error().stage, std::string("protocol"));
    QVERIFY(!batch.error().hint.empty());
}

void TestSmtpFaults::refusesWordsSlippedInBeforeTls()
{
    const ScriptedServer server(S::Script{S::Send{"220 mail.test ESMTP\r\n"}, S::ReadLine{}, S::Send{"250-mail.test\r\n250 STARTTLS\r\n"}, S::ReadLine{},
                                          S::Send{"220 go\r\n250-mail.test\r\n250 AUTH PLAIN\r\n"}, S::Hang{}});
    Target strict = target(server);
    strict.mode = TlsMode::StartTls;
    const auto batch = SmtpSource(strict).collect(Deadline::after(3000ms), {});
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Protocol);
    QCOMPARE(batch.error().stage, std::string("tls"));
}

void TestSmtpFaults::staysInClearForNobody()
{
    const ScriptedServer server(S::Script{S::Send{"220 mail.test\r\n"}, S::ReadLine{}, S::Send{"250-mail.test\r\n250 AUTH PLAIN\r\n"}, S::ReadLine{}, S::Hang{}});
    Target strict = target(server);
    strict.mode = TlsMode::StartTls;
    strict.user = "oncall";
    strict.secret = [] { return Secret("canary-5f1c"); };
    MailTestAction action(strict);
    const auto plan = action.preflight(Deadline::after(3000ms), {});
    QVERIFY(plan && !plan->isAllowed());
    QVERIFY(server.received().find("AUTH") == std::string::npos);
    QVERIFY(server.received().find("MAIL") == std::string::npos);
}

void TestSmtpFaults::sendsNoCredentialsInClear()
{
    const ScriptedServer server(S::Script{S::Send{"220 mail.test\r\n"}, S::ReadLine{}, S::Send{"250-mail.test\r\n250 AUTH PLAIN LOGIN SCRAM-SHA-256\r\n"}, S::ReadLine{}, S::Hang{}});
    Target clear = target(server);
    clear.user = "oncall";
    clear.secret = [] { return Secret("canary-5f1c"); };
    const auto batch = SmtpSource(clear).collect(Deadline::after(3000ms), {});
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Config);
    QCOMPARE(batch.error().stage, std::string("auth"));
    QVERIFY(server.received().find("AUTH") == std::string::npos);
}

void TestSmtpFaults::sendsAClosedBodyAsFailed()
{
    const ScriptedServer server(script(4, {S::Send{"451 4.3.0 not now\r\n"}, S::ReadLine{}, S::Send{"250 reset\r\n"}, S::ReadLine{}, S::Close{}}));
    const Outcome outcome = run(server);
    QVERIFY(outcome.kind == OutcomeKind::Failed);
    QVERIFY2(outcome.summary.find("temporary refusal") != std::string::npos, outcome.summary.c_str());
    QTRY_VERIFY(server.received().find("RSET") != std::string::npos);
}

void TestSmtpFaults::leavesTheLostAnswerUnknown_data()
{
    QTest::addColumn<int>("how");
    QTest::newRow("closed") << 0;
    QTest::newRow("reset") << 1;
    QTest::newRow("half an answer") << 2;
    QTest::newRow("rubbish") << 3;
    QTest::newRow("silent") << 4;
}

void TestSmtpFaults::leavesTheLostAnswerUnknown()
{
    QFETCH(int, how);
    const std::array<S::Script, 5> ends{S::Script{S::Close{}}, S::Script{S::Reset{}}, S::Script{S::Send{"250 2.0.0 Ok: queu"}, S::Close{}},
                                        S::Script{S::Send{"what?\r\n"}, S::Close{}}, S::Script{S::Hang{}}};
    const ScriptedServer server(afterBody(ends.at(static_cast<std::size_t>(how))));
    StageLimits limits;
    limits.finalDot = 300ms;
    const Outcome outcome = run(server, {}, limits);
    QVERIFY2(outcome.kind == OutcomeKind::Unknown, outcome.summary.c_str());
    QVERIFY(outcome.howToFindOut.find("Message-ID") != std::string::npos);
    QCOMPARE(server.connectionCount(), 1); // never sent again
    QVERIFY(server.received().ends_with("\r\n.\r\n"));
}

void TestSmtpFaults::takesA421AtTheDotAsAnAnswer()
{
    const ScriptedServer server(afterBody({S::Send{"421 4.3.2 closing down\r\n"}, S::Close{}}));
    const Outcome outcome = run(server);
    QVERIFY2(outcome.kind == OutcomeKind::Failed, outcome.summary.c_str());
    QVERIFY(outcome.summary.find("421") != std::string::npos);
}

void TestSmtpFaults::asksForDeliveryReportsWhereOffered()
{
    const ScriptedServer server(afterBody({S::Send{"250 2.0.0 Ok: queued as 4ABC\r\n"}, S::ReadLine{}, S::Close{}}));
    const Outcome outcome = run(server);
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, outcome.summary.c_str()); // a close after the 250 changes nothing
    QCOMPARE(outcome.summary, std::string("accepted by mail.test as 4ABC"));
    QVERIFY(server.received().find("RET=HDRS ENVID=muster.") != std::string::npos);
    QVERIFY(server.received().find("RCPT TO:<b@shop.example> NOTIFY=SUCCESS,FAILURE,DELAY\r\n") != std::string::npos);
    QVERIFY(server.received().find("EHLO [127.0.0.1]\r\n") != std::string::npos);
}

void TestSmtpFaults::cancelBeforeTheDotSendsNothing()
{
    const ScriptedServer server(script(3, {S::Hang{}}));
    std::stop_source stop;
    auto outcome = std::async(std::launch::async, [&] { return run(server, stop.get_token()); });
    QTRY_VERIFY(server.received().find("RCPT") != std::string::npos);
    stop.request_stop();
    QVERIFY(outcome.wait_for(kPrompt) == std::future_status::ready);
    QVERIFY(outcome.get().kind == OutcomeKind::Cancelled);
    QVERIFY(server.received().find("DATA") == std::string::npos);
}

void TestSmtpFaults::cancelAtTheDotIsUnknown()
{
    const ScriptedServer server(afterBody({S::Hang{}}));
    std::stop_source stop;
    auto outcome = std::async(std::launch::async, [&] { return run(server, stop.get_token()); });
    QTRY_VERIFY(server.received().ends_with("\r\n.\r\n"));
    stop.request_stop();
    QVERIFY(outcome.wait_for(kPrompt) == std::future_status::ready);
    QVERIFY(outcome.get().kind == OutcomeKind::Unknown);
}

void TestSmtpFaults::interruptEndsARound()
{
    const ScriptedServer server(S::Script{S::Hang{}});
    SmtpSource source(target(server));
    auto batch = std::async(std::launch::async, [&] { return source.collect(Deadline::after(30000ms), {}); });
    QTRY_COMPARE(server.openCount(), 1);
    source.interrupt();
    QVERIFY(batch.wait_for(kPrompt) == std::future_status::ready);
    QVERIFY(batch.get().error().kind == FaultKind::Cancelled);
    QTRY_COMPARE(server.openCount(), 0); // no socket is left behind
}

QTEST_GUILESS_MAIN(TestSmtpFaults)
#include "tst_smtpfaults.moc"
