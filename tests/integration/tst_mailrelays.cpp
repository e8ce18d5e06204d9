// SPDX-License-Identifier: GPL-3.0-or-later
// The relays of the distribution: Postfix with Dovecot's authentication, and Dovecot's submission server in front of it.
#include "connectors/smtp/mailtestaction.h"
#include "connectors/smtp/smtpsource.h"
#include "tests/support/testservers.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::smtp;
using muster::test::TestServers;

class TestMailRelays : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void provesArrivalThroughEachMechanism_data();
    void provesArrivalThroughEachMechanism();
    void wordsAWrongPasswordAndAnEndedToken_data();
    void wordsAWrongPasswordAndAnEndedToken();
    void needsAMechanismForTheToken();
    void namesWhoAndWhatIsRefused();
    void sendsNothingWhileObserving();
    void asksForDeliveryNotices();

private:
    std::unique_ptr<TestServers> m_servers;

    [[nodiscard]] std::string text(QStringView key) const { return m_servers->text(u"postfix", key).toStdString(); }
    [[nodiscard]] Target target(const QString &port, Credential credential = Credential::Password) const;
    [[nodiscard]] qsizetype arrived() const { return QDir(m_servers->text(u"postfix", u"mail")).entryList(QDir::Files).size(); }
};

namespace {

std::string detailOf(const Outcome &outcome, std::string_view label)
{
    const auto at = std::ranges::find(outcome.details, label, &PlanLine::label);
    return at == outcome.details.end() ? std::string() : at->value;
}

Value valueOf(const FactBatch &batch, std::string_view name)
{
    const auto at = std::ranges::find(batch.facts, name, &Fact::name);
    return at == batch.facts.end() ? Value(Unknown{"missing", ""}) : at->value;
}

bool isTrue(const FactBatch &batch, std::string_view name)
{
    const Value value = valueOf(batch, name);
    return asTruth(value) && *asTruth(value);
}

Outcome sent(MailTestAction &action)
{
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    if (!plan || !plan->isAllowed())
        return {OutcomeKind::Refused, plan ? plan->firstObstacle() : plan.error().detail, {}, {}, {}};
    RunControl control({}, [](const Progress &) {});
    return action.verify(*plan, action.run(*plan, control), control);
}

} // namespace

void TestMailRelays::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("postfix"), QStringLiteral("imap")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
}

Target TestMailRelays::target(const QString &port, Credential credential) const
{
    Target result;
    result.environment = "shop";
    result.host = "127.0.0.1";
    result.port = m_servers->port(u"postfix", port);
    result.mode = port == QLatin1String("tls") ? TlsMode::Implicit : TlsMode::StartTls;
    result.user = "oncall";
    result.credential = credential;
    const std::string password = text(u"password");
    const std::string secret = credential == Credential::Token ? text(u"token") : password;
    result.secret = [secret] { return Secret(secret); };
    result.tls.caFile = m_servers->ca().toStdString();
    result.from = "alerts@shop.example";
    result.to = {"oncall@shop.example"};
    result.heloName = "console.shop.example";
    result.dnsServers = "127.0.0.1:9"; // nobody answers there: no test asks the world
    result.mailbox.emplace();
    result.mailbox->host = "127.0.0.1";
    result.mailbox->port = m_servers->port(u"imap");
    result.mailbox->user = "oncall";
    result.mailbox->secret = [password] { return Secret(password); };
    result.mailbox->tls.caFile = m_servers->ca().toStdString();
    return result;
}

void TestMailRelays::provesArrivalThroughEachMechanism_data()
{
    QTest::addColumn<QString>("port");
    QTest::addColumn<bool>("isToken");
    QTest::addColumn<QByteArray>("mechanism");
    QTest::newRow("Postfix, SCRAM of four") << QStringLiteral("postfix") << false << QByteArray("AUTH SCRAM-SHA-256");
    QTest::newRow("Postfix, PLAIN of two") << QStringLiteral("plain") << false << QByteArray("AUTH PLAIN");
    QTest::newRow("Postfix, only LOGIN") << QStringLiteral("login") << false << QByteArray("AUTH LOGIN");
    QTest::newRow("Postfix, token") << QStringLiteral("xoauth2") << true << QByteArray("AUTH XOAUTH2");
    QTest::newRow("Postfix, implicit TLS") << QStringLiteral("tls") << false << QByteArray("AUTH PLAIN");
    QTest::newRow("Dovecot submission, SCRAM") << QStringLiteral("submission") << false << QByteArray("AUTH SCRAM-SHA-256");
    QTest::newRow("Dovecot submission, token") << QStringLiteral("submission") << true << QByteArray("AUTH XOAUTH2");
}

void TestMailRelays::provesArrivalThroughEachMechanism()
{
    QFETCH(QString, port);
    QFETCH(bool, isToken);
    QFETCH(QByteArray, mechanism);
    MailTestAction action(target(port, isToken ? Credential::Token : Credential::Password));
    const Outcome outcome = sent(action);
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, (outcome.summary + "\n" + outcome.transcript).c_str());
    QVERIFY2(outcome.transcript.find(mechanism.toStdString()) != std::string::npos, outcome.transcript.c_str());
    QVERIFY2(outcome.summary.find("arrived in the mailbox") != std::string::npos, outcome.summary.c_str());
    for (const std::string &secret : {text(u"password"), text(u"token")})
        QVERIFY(outcome.transcript.find(secret) == std::string::npos);

    // Postfix's own log knows the message by the queue id and the Message-ID that the console shows.
    QFile log(m_servers->directory() + QStringLiteral("/postfix/mail.log"));
    QVERIFY(log.open(QIODevice::ReadOnly));
    const std::string id = detailOf(outcome, "Queue id");
    const std::string line = id + ": message-id=" + detailOf(outcome, "Message-ID");
    QVERIFY2(!id.empty() && log.readAll().toStdString().find(line) != std::string::npos, line.c_str());
}

void TestMailRelays::wordsAWrongPasswordAndAnEndedToken_data()
{
    QTest::addColumn<QString>("port");
    QTest::addColumn<bool>("isToken");
    QTest::addColumn<QByteArray>("hint");
    QTest::newRow("SCRAM") << QStringLiteral("postfix") << false << QByteArray("password is wrong");
    QTest::newRow("PLAIN") << QStringLiteral("plain") << false << QByteArray("password is wrong");
    QTest::newRow("LOGIN") << QStringLiteral("login") << false << QByteArray("password is wrong");
    QTest::newRow("XOAUTH2") << QStringLiteral("xoauth2") << true << QByteArray("renew it");
    QTest::newRow("XOAUTH2, Dovecot") << QStringLiteral("submission") << true << QByteArray("renew it");
}

void TestMailRelays::wordsAWrongPasswordAndAnEndedToken()
{
    QFETCH(QString, port);
    QFETCH(bool, isToken);
    QFETCH(QByteArray, hint);
    Target wrong = target(port, isToken ? Credential::Token : Credential::Password);
    wrong.mailbox.reset();
    wrong.secret = [] { return Secret("ended"); };
    SmtpSource source(wrong);
    const auto batch = source.collect(Deadline::after(Millis{15000}), {});
    QVERIFY(batch && batch->fault);
    QVERIFY2(batch->fault->kind == FaultKind::Auth, batch->fault->detail.c_str());
    QVERIFY2(batch->fault->hint.find(hint.toStdString()) != std::string::npos, batch->fault->hint.c_str());
    const Value ready = valueOf(*batch, "smtp.ready");
    QVERIFY(asTruth(ready) && !*asTruth(ready));
}

void TestMailRelays::needsAMechanismForTheToken()
{
    SmtpSource source(target(QStringLiteral("plain"), Credential::Token));
    const auto batch = source.collect(Deadline::after(Millis{15000}), {});
    QVERIFY(batch && batch->fault);
    QVERIFY2(batch->fault->detail.find("offers only PLAIN LOGIN") != std::string::npos, batch->fault->detail.c_str());
    QVERIFY2(batch->fault->hint.find("XOAUTH2") != std::string::npos, batch->fault->hint.c_str());
}

void TestMailRelays::namesWhoAndWhatIsRefused()
{
    Target foreign = target(QStringLiteral("postfix"));
    foreign.to = {"oncall@shop.example", "nobody@shop.example"};
    SmtpSource unknown(foreign);
    auto batch = unknown.collect(Deadline::after(Millis{15000}), {});
    QVERIFY(batch && !batch->fault);
    const Value recipients = valueOf(*batch, "smtp.recipients_ok");
    QVERIFY(asTruth(recipients) && !*asTruth(recipients));
    QVERIFY(asText(valueOf(*batch, "smtp.refusal"))->find("nobody@shop.example: refusal: 550 5.1.1") != std::string::npos);

    Target sender = target(QStringLiteral("postfix"));
    sender.from = "refused@shop.example";
    SmtpSource refused(sender);
    batch = refused.collect(Deadline::after(Millis{15000}), {});
    QVERIFY(batch);
    const Value ready = valueOf(*batch, "smtp.ready");
    QVERIFY(asTruth(ready) && !*asTruth(ready));
    QVERIFY2(asText(valueOf(*batch, "smtp.refusal"))->find("554 5.7.1") != std::string::npos, asText(valueOf(*batch, "smtp.refusal"))->c_str());
}

void TestMailRelays::sendsNothingWhileObserving()
{
    const qsizetype before = arrived();
    SmtpSource source(target(QStringLiteral("postfix")));
    const auto batch = source.collect(Deadline::after(Millis{15000}), {});
    QVERIFY(batch && !batch->fault);
    for (const char *fact : {"smtp.reachable", "smtp.tls_in_use", "smtp.auth_ok", "smtp.sender_ok", "smtp.recipients_ok", "smtp.ready", "tls.verified"})
        QVERIFY2(isTrue(*batch, fact), fact);
    QFile log(m_servers->directory() + QStringLiteral("/postfix/mail.log"));
    QVERIFY(log.open(QIODevice::ReadOnly));
    const QByteArray lines = log.readAll();
    QVERIFY2(lines.contains("rcpt=1 rset=1 quit=1"), "Postfix counts the commands of a connection: as far as RCPT, then RSET");
    QCOMPARE(arrived(), before);
}

void TestMailRelays::asksForDeliveryNotices()
{
    MailTestAction action(target(QStringLiteral("postfix"))); // announces DSN
    const Outcome outcome = sent(action);
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, outcome.summary.c_str());
    QVERIFY2(outcome.transcript.find("RET=HDRS ENVID=") != std::string::npos, outcome.transcript.c_str());
    QVERIFY(outcome.transcript.find("NOTIFY=SUCCESS,FAILURE,DELAY") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestMailRelays)
#include "tst_mailrelays.moc"
