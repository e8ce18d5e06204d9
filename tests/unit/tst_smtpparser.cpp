// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpfaults.h"
#include "connectors/smtp/smtpparser.h"

#include <QTest>

using namespace muster;
using namespace muster::smtp;

class TestSmtpParser : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void joinsTheLinesOfAReply();
    void refusesWhatIsNoReply_data();
    void refusesWhatIsNoReply();
    void refusesAReplyThatChangesItsCode();
    void refusesAReplyWithoutEnd();
    void readsEnhancedCodes_data();
    void readsEnhancedCodes();
    void makesServerTextInert();
    void readsCapabilitiesInAnyCase();
    void saysWhatChangedBetweenTwoHellos();
    void findsTheQueueId_data();
    void findsTheQueueId();
    void takesTheBannerHostOnlyWhenItIsOne();
    void wordsRefusalsByStageAndClass();

private:
    static Reply reply(std::initializer_list<const char *> lines)
    {
        ReplyAssembler assembler;
        for (const char *line : lines) {
            auto fed = assembler.feed(line);
            if (fed && *fed)
                return **fed;
        }
        return {};
    }
};

void TestSmtpParser::joinsTheLinesOfAReply()
{
    ReplyAssembler assembler;
    auto first = assembler.feed("250-mail.example greets you");
    QVERIFY(first && !*first);
    auto second = assembler.feed("250-SIZE 10240000");
    QVERIFY(second && !*second);
    auto last = assembler.feed("250");
    QVERIFY(last && *last);
    QCOMPARE((*last)->code, 250);
    QCOMPARE((*last)->lines, (std::vector<std::string>{"mail.example greets you", "SIZE 10240000", ""}));
    auto next = assembler.feed("221 bye");
    QVERIFY(next && *next);
    QCOMPARE((*next)->text(), std::string("221 bye"));
}

void TestSmtpParser::refusesWhatIsNoReply_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("http") << QByteArray("HTTP/1.1 400 Bad Request");
    QTest::newRow("short code") << QByteArray("25");
    QTest::newRow("no separator") << QByteArray("250x");
    QTest::newRow("code 199") << QByteArray("199 no");
    QTest::newRow("code 600") << QByteArray("600 no");
    QTest::newRow("letters") << QByteArray("2a0 no");
    QTest::newRow("ssh") << QByteArray("SSH-2.0-OpenSSH_9.2");
    QTest::newRow("space first") << QByteArray(" 250 ok");
}

void TestSmtpParser::refusesWhatIsNoReply()
{
    QFETCH(QByteArray, line);
    QVERIFY(!ReplyAssembler().feed(line.toStdString()));
}

void TestSmtpParser::refusesAReplyThatChangesItsCode()
{
    ReplyAssembler assembler;
    QVERIFY(assembler.feed("250-one"));
    QVERIFY(!assembler.feed("550 two"));
}

void TestSmtpParser::refusesAReplyWithoutEnd()
{
    ReplyAssembler assembler;
    for (std::size_t i = 0; i < kMaxLines; ++i)
        QVERIFY(assembler.feed("250-more"));
    QVERIFY(!assembler.feed("250-more"));
}

void TestSmtpParser::readsEnhancedCodes_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("code");
    QTest::newRow("auth") << QByteArray("535 5.7.8 bad credentials") << QByteArray("5.7.8");
    QTest::newRow("long") << QByteArray("450 4.7.123 wait") << QByteArray("4.7.123");
    QTest::newRow("none") << QByteArray("550 no such user") << QByteArray();
    QTest::newRow("other class") << QByteArray("250 5.7.1 odd") << QByteArray();
    QTest::newRow("an address") << QByteArray("550 5.6.7.8 is blocked") << QByteArray();
    QTest::newRow("two parts") << QByteArray("550 5.7 no") << QByteArray();
    QTest::newRow("empty part") << QByteArray("550 5..71 no") << QByteArray();
    QTest::newRow("alone") << QByteArray("250 2.0.0") << QByteArray("2.0.0");
}

void TestSmtpParser::readsEnhancedCodes()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, code);
    QCOMPARE(reply({line.constData()}).enhanced, code.toStdString());
}

void TestSmtpParser::makesServerTextInert()
{
    QCOMPARE(reply({"250 a\tb\x1b[31mc\x7f"}).lines.front(), std::string("a b [31mc "));
    QCOMPARE(reply({"250 caf\xe9"}).lines.front(), std::string("caf?"));
    QCOMPARE(reply({"250 caf\xc3\xa9"}).lines.front(), std::string("caf\xc3\xa9"));
}

void TestSmtpParser::readsCapabilitiesInAnyCase()
{
    const auto seen = parseCapabilities(reply({"250-mail.example hello", "250-size 1000", "250-Auth plain Login", "250-AUTH=LOGIN SCRAM-SHA-256", "250-", "250 SmtpUtf8"}));
    QCOMPARE(seen.greeting, std::string("mail.example hello"));
    QVERIFY(seen.has("SIZE"));
    QVERIFY(seen.has("SMTPUTF8"));
    QVERIFY(!seen.has("SMTP"));
    QVERIFY(!seen.has("STARTTLS"));
    QCOMPARE(seen.size.value_or(0), std::uint64_t{1000});
    QCOMPARE(seen.auth, (std::vector<std::string>{"PLAIN", "LOGIN", "SCRAM-SHA-256"}));
    QVERIFY(!parseCapabilities(reply({"250-x", "250 SIZE much"})).size);
    QVERIFY(parseCapabilities({}).keywords.empty());
}

void TestSmtpParser::saysWhatChangedBetweenTwoHellos()
{
    const auto before = parseCapabilities(reply({"250-x", "250-STARTTLS", "250 DSN"}));
    const auto after = parseCapabilities(reply({"250-x", "250-DSN", "250 AUTH PLAIN"}));
    QCOMPARE(difference(before, after), std::string("+AUTH PLAIN -STARTTLS"));
    QCOMPARE(difference(before, before), std::string());
}

void TestSmtpParser::findsTheQueueId_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("id");
    QTest::newRow("postfix") << QByteArray("250 2.0.0 Ok: queued as 4Zk3pX1Q2z") << QByteArray("4Zk3pX1Q2z");
    QTest::newRow("exim") << QByteArray("250 OK id=1rXyZa-0001Ab-2C") << QByteArray("1rXyZa-0001Ab-2C");
    QTest::newRow("sendmail") << QByteArray("250 2.0.0 40BCpRZp012345 Message accepted for delivery") << QByteArray("40BCpRZp012345");
    QTest::newRow("exchange") << QByteArray("250 2.6.0 <a@b> [InternalId=1234567890123, Hostname=X] Queued mail for delivery") << QByteArray("1234567890123");
    QTest::newRow("none") << QByteArray("250 thank you") << QByteArray();
    QTest::newRow("empty") << QByteArray("250") << QByteArray();
    QTest::newRow("marker at the end") << QByteArray("250 queued as") << QByteArray();
    QTest::newRow("markup") << QByteArray("250 queued as <b>x</b>") << QByteArray("b");
}

void TestSmtpParser::findsTheQueueId()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, id);
    QCOMPARE(queueId(reply({line.constData()})), id.toStdString());
}

void TestSmtpParser::takesTheBannerHostOnlyWhenItIsOne()
{
    QCOMPARE(bannerHost(reply({"220 mail.shop.example ESMTP Postfix"})), std::string("mail.shop.example"));
    QCOMPARE(bannerHost(reply({"220 <script>alert</script> ESMTP"})), std::string());
    QCOMPARE(bannerHost(reply({"220"})), std::string());
}

void TestSmtpParser::wordsRefusalsByStageAndClass()
{
    const Fault auth = refusal("auth", reply({"535 5.7.8 no"}));
    QVERIFY(auth.kind == FaultKind::Auth);
    QCOMPARE(auth.stage, std::string("auth"));
    QVERIFY(auth.hint.find("password is wrong") != std::string::npos);
    QVERIFY(refusal("rcpt", reply({"450 4.7.1 greylisted"})).kind == FaultKind::Unavailable);
    QVERIFY(refusal("rcpt", reply({"450 4.7.1 greylisted"})).detail.starts_with("temporary refusal"));
    QVERIFY(refusal("rcpt", reply({"550 5.1.1 no"})).kind == FaultKind::Denied);
    QVERIFY(refusal("banner", reply({"554 no"})).kind == FaultKind::Refused);
    const Fault greeting = atStageOfSource(refusal("banner", reply({"554 no"})));
    QCOMPARE(greeting.stage, std::string("protocol"));
    QCOMPARE(greeting.detail, std::string("banner: refusal: 554 no"));
    QVERIFY(atStageOfSource(auth) == auth);
    QVERIFY(refusal("starttls", reply({"502 no"})).kind == FaultKind::Tls);
    QVERIFY(refusal("ehlo", reply({"504 5.5.2 no"})).hint.find("heloName") != std::string::npos);
}

QTEST_APPLESS_MAIN(TestSmtpParser)
#include "tst_smtpparser.moc"
