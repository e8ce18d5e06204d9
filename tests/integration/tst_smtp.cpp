// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/mailtestaction.h"
#include "connectors/smtp/smtpauth.h"
#include "connectors/smtp/smtpsource.h"
#include "tests/support/testservers.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace muster;
using namespace muster::smtp;
using muster::test::TestServers;
using std::chrono_literals::operator""ms;

/// Against the demo's mail server: STARTTLS with AUTH, implicit TLS, and one with neither.
class TestSmtp : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void observesAWorkingRelay_data();
    void observesAWorkingRelay();
    void seesThatTlsIsMissing();
    void showsTheCertificateThatDoesNotVerify();
    void saysThatThePasswordIsWrongAndWaits();
    void saysWhichRecipientIsRefused();
    void greylistedRecipientIsNoRefusal();
    void diagnosesStageByStage();
    void planSaysWhatWouldBeSent();
    void planIsNotAllowedWithAWrongPassword();
    void planIsNotAllowedWithABadAddress();
    void sendsOneMailAndClaimsNoDelivery();
    void namesEachRefusedRecipient();
    void wordsGreylistingAsTemporary();
    void refusesAnotherServerThanThePlanned();
    void leavesALostReplyUnknownAndDoesNotSendAgain();
    void keepsThePasswordOutOfEverything();

private:
    std::unique_ptr<TestServers> m_servers;

    [[nodiscard]] Target target(QStringView server) const
    {
        Target result;
        result.environment = "caf\xc3\xa9";
        result.host = "127.0.0.1";
        result.port = m_servers->port(server);
        result.mode = server == u"smtp-implicit" ? TlsMode::Implicit : TlsMode::StartTls;
        result.user = "oncall";
        const std::string password = m_servers->text(server, u"password").toStdString();
        result.secret = [password] { return Secret(password); };
        result.tls.caFile = m_servers->ca().toStdString();
        result.from = "alerts@shop.example";
        result.to = {"oncall@shop.example"};
        result.heloName = "console.shop.example";
        result.dnsServers = "127.0.0.1:9"; // nobody answers there: no test asks the world
        return result;
    }
    [[nodiscard]] QList<QByteArray> mails(QStringView server) const
    {
        QList<QByteArray> list;
        const QDir folder(m_servers->text(server, u"mail"));
        for (const QString &name : folder.entryList({QStringLiteral("*.eml")}, QDir::Files)) {
            QFile file(folder.filePath(name));
            if (file.open(QIODevice::ReadOnly))
                list.append(file.readAll());
        }
        return list;
    }
    static Value value(const FactBatch &batch, std::string_view name)
    {
        for (const Fact &fact : batch.facts) {
            if (fact.name == name)
                return fact.value;
        }
        return Unknown{"missing", ""};
    }
    static bool isTrue(const FactBatch &batch, std::string_view name)
    {
        const Value found = value(batch, name);
        return asTruth(found) && *asTruth(found);
    }
    static bool isFalse(const FactBatch &batch, std::string_view name)
    {
        const Value found = value(batch, name);
        return asTruth(found) && !*asTruth(found);
    }
    static std::string detail(const Outcome &outcome, std::string_view label)
    {
        for (const PlanLine &line : outcome.details) {
            if (line.label == label)
                return line.value;
        }
        return {};
    }
    static Outcome runAll(MailTestAction &action)
    {
        const auto plan = action.preflight(Deadline::after(20000ms), {});
        if (!plan || !plan->isAllowed())
            return {OutcomeKind::Refused, plan ? plan->firstObstacle() : plan.error().detail, {}, {}, {}};
        RunControl control({}, [](const Progress &) {});
        return action.verify(*plan, action.run(*plan, control), control);
    }
};

void TestSmtp::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("smtp"), QStringLiteral("smtp-plain"), QStringLiteral("smtp-implicit")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
}

void TestSmtp::init()
{
    for (const QStringView server : {u"smtp", u"smtp-plain", u"smtp-implicit"})
        QVERIFY(m_servers->setFaults(server, "{}"));
}

void TestSmtp::observesAWorkingRelay_data()
{
    QTest::addColumn<QString>("server");
    QTest::newRow("starttls") << QStringLiteral("smtp");
    QTest::newRow("implicit") << QStringLiteral("smtp-implicit");
}

void TestSmtp::observesAWorkingRelay()
{
    QFETCH(QString, server);
    const auto before = mails(server).size();
    SmtpSource source(target(server));
    const auto batch = source.collect(Deadline::after(15000ms), {});
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QVERIFY2(!batch->fault, batch->fault ? batch->fault->detail.c_str() : "");
    for (const char *fact : {"smtp.reachable", "smtp.tls_in_use", "smtp.tls_required_met", "smtp.auth_ok", "smtp.sender_ok", "smtp.recipients_ok", "smtp.ready",
                             "tls.verified", "tls.name_ok", "tls.key_ok", "tls.legacy_checked"})
        QVERIFY2(isTrue(*batch, fact), fact);
    QVERIFY(isFalse(*batch, "tls.legacy_offered"));
    QVERIFY(asText(value(*batch, "smtp.greeting"))->starts_with("mail.shop.example"));
    QVERIFY(asText(value(*batch, "smtp.auth_offered"))->find("PLAIN") != std::string::npos);
    const Value stages = value(*batch, "smtp.stages");
    QVERIFY(asTable(stages)->rows.size() >= 8);
    QCOMPARE(asTable(stages)->text(0, "stage"), std::string("dns"));
    QCOMPARE(mails(server).size(), before); // nothing was sent
}

void TestSmtp::seesThatTlsIsMissing()
{
    SmtpSource source(target(u"smtp-plain"));
    const auto batch = source.collect(Deadline::after(15000ms), {});
    QVERIFY(batch && batch->fault);
    QVERIFY(batch->fault->kind == FaultKind::Tls);
    QCOMPARE(batch->fault->stage, std::string("tls"));
    QVERIFY(isFalse(*batch, "smtp.tls_required_met"));
    QVERIFY(isFalse(*batch, "smtp.ready"));
    QVERIFY(isTrue(*batch, "smtp.reachable"));

    Target clear = target(u"smtp-plain");
    clear.mode = TlsMode::None;
    clear.user.clear();
    SmtpSource other(clear);
    const auto open = other.collect(Deadline::after(15000ms), {});
    QVERIFY(open && !open->fault);
    QVERIFY(isTrue(*open, "smtp.ready"));
    QVERIFY(isFalse(*open, "smtp.tls_in_use"));
}

void TestSmtp::showsTheCertificateThatDoesNotVerify()
{
    Target untrusted = target(u"smtp");
    untrusted.tls.caFile.clear();
    SmtpSource source(untrusted);
    const auto batch = source.collect(Deadline::after(15000ms), {});
    QVERIFY(batch && batch->fault);
    QVERIFY(batch->fault->kind == FaultKind::Tls);
    QCOMPARE(batch->fault->stage, std::string("tls"));
    QVERIFY(isFalse(*batch, "tls.verified"));
    QVERIFY(!asText(value(*batch, "tls.subject"))->empty());
    QVERIFY(!asText(value(*batch, "tls.verify_error"))->empty());
    QVERIFY(isFalse(*batch, "smtp.ready"));
    QVERIFY(std::holds_alternative<Unknown>(value(*batch, "smtp.auth_ok"))); // no credentials were sent there
    const auto again = source.collect(Deadline::after(15000ms), {}); // not held back: a new certificate shows in the next round
    QVERIFY(again && again->fault);
    QVERIFY(isFalse(*again, "tls.verified"));
}

void TestSmtp::saysThatThePasswordIsWrongAndWaits()
{
    Target wrong = target(u"smtp");
    int fetched = 0;
    wrong.secret = [&fetched] {
        ++fetched;
        return Secret("not-the-password");
    };
    SmtpSource source(wrong);
    const auto batch = source.collect(Deadline::after(15000ms), {});
    QVERIFY(batch && batch->fault);
    QVERIFY(batch->fault->kind == FaultKind::Auth);
    QCOMPARE(batch->fault->stage, std::string("auth"));
    QVERIFY(isFalse(*batch, "smtp.auth_ok"));
    const auto again = source.collect(Deadline::after(15000ms), {});
    QVERIFY(!again);
    QVERIFY(again.error() == *batch->fault);
    QCOMPARE(fetched, 1); // not asked again for 30 s
    source.wantAll(); // unless the operator does
    QVERIFY(source.collect(Deadline::after(15000ms), {}));
    QCOMPARE(fetched, 2);
}

void TestSmtp::saysWhichRecipientIsRefused()
{
    Target some = target(u"smtp");
    some.to = {"oncall@shop.example", "nobody@shop.example"};
    SmtpSource source(some);
    const auto batch = source.collect(Deadline::after(15000ms), {});
    QVERIFY(batch && !batch->fault);
    QVERIFY(isTrue(*batch, "smtp.sender_ok"));
    QVERIFY(isFalse(*batch, "smtp.recipients_ok"));
    QVERIFY(isFalse(*batch, "smtp.ready"));
    QVERIFY(asText(value(*batch, "smtp.refusal"))->find("nobody@shop.example: refusal: 550 5.1.1") != std::string::npos);
}

void TestSmtp::greylistedRecipientIsNoRefusal()
{
    Target some = target(u"smtp");
    some.to = {"later@shop.example"};
    SmtpSource source(some);
    const auto batch = source.collect(Deadline::after(15000ms), {});
    QVERIFY(batch && !batch->fault);
    QVERIFY(isTrue(*batch, "smtp.sender_ok"));
    for (const char *fact : {"smtp.recipients_ok", "smtp.ready"}) {
        const Value unknown = value(*batch, fact);
        const auto *why = std::get_if<Unknown>(&unknown);
        QVERIFY2(why && why->reason.find("later@shop.example: temporary refusal") != std::string::npos, fact);
    }
    some.to = {"later@shop.example", "nobody@shop.example"};
    SmtpSource other(some);
    const auto both = other.collect(Deadline::after(15000ms), {});
    QVERIFY(both && isFalse(*both, "smtp.recipients_ok")); // one of them will never be taken
}

void TestSmtp::diagnosesStageByStage()
{
    SmtpSource good(target(u"smtp"));
    std::vector<std::string> names;
    for (const DoctorStage &stage : good.diagnose(Deadline::after(15000ms), {})) {
        QVERIFY2(stage.isGood, stage.detail.c_str());
        names.push_back(stage.name);
    }
    QCOMPARE(names, (std::vector<std::string>{"dns", "tcp", "protocol", "tls", "protocol", "auth", "privileges"}));

    Target untrusted = target(u"smtp");
    untrusted.tls.caFile.clear();
    SmtpSource bad(untrusted);
    const auto stages = bad.diagnose(Deadline::after(15000ms), {});
    QCOMPARE(stages.back().name, std::string("tls"));
    QVERIFY(!stages.back().isGood);
    QVERIFY(!stages.back().hint.empty());
}

void TestSmtp::planSaysWhatWouldBeSent()
{
    const auto before = mails(u"smtp").size();
    MailTestAction action(target(u"smtp"), {"boss@shop.example", "oncall@shop.example"});
    const auto plan = action.preflight(Deadline::after(15000ms), {});
    QVERIFY(plan);
    QVERIFY2(plan->isAllowed(), plan->firstObstacle().c_str());
    std::string words;
    for (const PlanLine &line : plan->changes)
        words += line.label + "=" + line.value + "\n";
    for (const char *part : {"Envelope from=alerts@shop.example", "boss@shop.example, oncall@shop.example", "TLS=TLSv1.3", "Authentication=PLAIN, strongest"})
        QVERIFY2(words.find(part) != std::string::npos, words.c_str());
    QVERIFY(plan->identity.find("certificate ") != std::string::npos);
    QVERIFY(!plan->isDestructive);
    QCOMPARE(mails(u"smtp").size(), before);
}

void TestSmtp::planIsNotAllowedWithAWrongPassword()
{
    Target wrong = target(u"smtp");
    wrong.secret = [] { return Secret("not-the-password"); };
    MailTestAction action(wrong);
    const auto plan = action.preflight(Deadline::after(15000ms), {});
    QVERIFY(plan && !plan->isAllowed());
    QVERIFY2(plan->firstObstacle().starts_with("Credentials are accepted"), plan->firstObstacle().c_str());
}

void TestSmtp::planIsNotAllowedWithABadAddress()
{
    MailTestAction action(target(u"smtp"), {"oncall@shop.example>\r\nDATA"});
    const auto plan = action.preflight(Deadline::after(15000ms), {});
    QVERIFY(plan && !plan->isAllowed());
    QVERIFY2(plan->firstObstacle().starts_with("Addresses are valid"), plan->firstObstacle().c_str());
    RunControl control({}, [](const Progress &) {});
    QVERIFY(action.run(*plan, control).kind == OutcomeKind::Refused);
}

void TestSmtp::sendsOneMailAndClaimsNoDelivery()
{
    const auto before = mails(u"smtp-implicit").size();
    MailTestAction action(target(u"smtp-implicit"));
    const Outcome outcome = runAll(action);
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, outcome.summary.c_str());
    QVERIFY2(outcome.summary.starts_with("accepted by mail.shop.example as "), outcome.summary.c_str());
    QVERIFY(outcome.summary.find("delivered") == std::string::npos);
    QVERIFY(detail(outcome, "Arrival").starts_with("not proven"));
    const auto list = mails(u"smtp-implicit");
    QCOMPARE(list.size(), before + 1);
    const QByteArray &mail = list.back();
    QVERIFY(mail.contains("X-Envelope-To: oncall@shop.example"));
    QVERIFY(mail.contains(("Message-ID: " + detail(outcome, "Message-ID")).c_str()));
    QVERIFY(mail.contains(("id " + detail(outcome, "Queue id")).c_str()));
    QVERIFY(mail.contains("Subject: =?UTF-8?B?"));
    QVERIFY(mail.contains("Auto-Submitted: auto-generated"));
    QVERIFY(!QByteArray(mail).replace("\r\n", "").contains('\n'));
}

void TestSmtp::namesEachRefusedRecipient()
{
    const auto before = mails(u"smtp").size();
    MailTestAction some(target(u"smtp"), {"oncall@shop.example", "nobody@shop.example"});
    const Outcome partly = runAll(some);
    QVERIFY(partly.kind == OutcomeKind::Failed);
    QVERIFY(partly.summary.find("for 1 of 2 recipients") != std::string::npos);
    QVERIFY(detail(partly, "nobody@shop.example").starts_with("refusal: 550 5.1.1"));
    QVERIFY(detail(partly, "oncall@shop.example").starts_with("accepted"));
    QCOMPARE(mails(u"smtp").size(), before + 1);

    MailTestAction none(target(u"smtp"), {"nobody@shop.example"});
    QVERIFY(runAll(none).kind == OutcomeKind::Failed);
    QCOMPARE(mails(u"smtp").size(), before + 1);
}

void TestSmtp::wordsGreylistingAsTemporary()
{
    MailTestAction action(target(u"smtp"), {"later@shop.example"});
    const Outcome outcome = runAll(action);
    QVERIFY(outcome.kind == OutcomeKind::Failed);
    QVERIFY2(outcome.summary.find("temporary refusal") != std::string::npos, outcome.summary.c_str());
    QVERIFY(detail(outcome, "Next step").find("Greylisted") != std::string::npos);
}

void TestSmtp::refusesAnotherServerThanThePlanned()
{
    const auto before = mails(u"smtp").size();
    MailTestAction action(target(u"smtp"));
    auto plan = action.preflight(Deadline::after(15000ms), {});
    QVERIFY(plan);
    plan->identity += "0";
    RunControl control({}, [](const Progress &) {});
    const Outcome outcome = action.run(*plan, control);
    QVERIFY(outcome.kind == OutcomeKind::Refused);
    QCOMPARE(mails(u"smtp").size(), before);
}

void TestSmtp::leavesALostReplyUnknownAndDoesNotSendAgain()
{
    QVERIFY(m_servers->setFaults(u"smtp", R"({"BODY": {"drop": true, "times": 1}})"));
    const auto before = mails(u"smtp").size();
    MailTestAction action(target(u"smtp"));
    const Outcome outcome = runAll(action);
    QVERIFY2(outcome.kind == OutcomeKind::Unknown, outcome.summary.c_str());
    QVERIFY(outcome.howToFindOut.find(detail(outcome, "Message-ID")) != std::string::npos);
    QCOMPARE(mails(u"smtp").size(), before); // a second sending would have arrived
}

void TestSmtp::keepsThePasswordOutOfEverything()
{
    const std::string password = m_servers->text(u"smtp", u"password").toStdString();
    const std::string encoded = QByteArray::fromStdString(password).toBase64().toStdString();
    QVERIFY(m_servers->setFaults(u"smtp", ("{\"MAIL\": {\"reply\": \"550 5.7.1 your password is " + password + "\"}}").c_str()));
    MailTestAction action(target(u"smtp"));
    const Outcome outcome = runAll(action);
    std::string everything = outcome.summary + outcome.transcript;
    for (const PlanLine &line : outcome.details)
        everything += line.label + line.value;
    SmtpSource source(target(u"smtp"));
    const auto batch = source.collect(Deadline::after(15000ms), {});
    QVERIFY(batch);
    for (const Fact &fact : batch->facts) {
        everything += fact.raw;
        if (const std::string *text = asText(fact.value))
            everything += *text;
    }
    QVERIFY(everything.find("[hidden]") != std::string::npos);
    QVERIFY(everything.find("AUTH PLAIN") != std::string::npos);
    QVERIFY(everything.find(password) == std::string::npos);
    QVERIFY(everything.find(encoded) == std::string::npos);
    QVERIFY(everything.find(smtp::plainResponse("oncall", password)) == std::string::npos);
}

QTEST_GUILESS_MAIN(TestSmtp)
#include "tst_smtp.moc"
