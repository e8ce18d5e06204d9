// SPDX-License-Identifier: GPL-3.0-or-later
// Before the mail: what DNS says of it (dnsmasq). After it: the mailbox (Dovecot).
#include "connectors/dns/dnsclient.h"
#include "connectors/smtp/arrivalwatch.h"
#include "connectors/smtp/mailforecast.h"
#include "connectors/smtp/mailtestaction.h"
#include "connectors/smtp/smtpsource.h"
#include "tests/support/testservers.h"

#include <QFile>
#include <QProcess>
#include <QTest>

#include <algorithm>
#include <csignal>

using namespace muster;
using namespace muster::smtp;
using muster::test::TestServers;

class TestMailProof : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void asksDnsLikeDig();
    void saysThatDnsIsSilent();
    void forecastsAGoodEnvelope();
    void forecastsABrokenOne();
    void forecastsWhatPolicyAsksFor();
    void provesArrival();
    void saysThatItDidNotArriveYet();
    void saysWhyTheMailboxCannotBeRead();
    void findsTheNewestTestMail();
    void leavesTheMailUnread();
    void observesTheProof();

private:
    std::unique_ptr<TestServers> m_servers;
    net::Interrupter m_interrupter;

    [[nodiscard]] dns::DnsClient resolver() { return {Deadline::after(Millis{5000}), m_interrupter, m_servers->text(u"dns", u"servers").toStdString()}; }
    [[nodiscard]] imap::MailboxTarget mailbox() const;
    [[nodiscard]] Target target() const;
    [[nodiscard]] Outcome send(MailTestAction &action);
};

namespace {

const PlanCheck *find(const std::vector<PlanCheck> &checks, std::string_view title)
{
    const auto at = std::ranges::find_if(checks, [title](const PlanCheck &check) { return check.title.find(title) != std::string::npos; });
    return at == checks.end() ? nullptr : &*at;
}

std::string detailOf(const Outcome &outcome, std::string_view label)
{
    const auto at = std::ranges::find(outcome.details, label, &PlanLine::label);
    return at == outcome.details.end() ? std::string() : at->value;
}

ForecastQuestion question(const std::string &domain, const std::string &egress)
{
    ForecastQuestion result;
    result.sender = "alerts@" + domain;
    result.recipients = {"oncall@shop.example"};
    result.relayName = "mail.shop.example";
    result.egress = {*dns::IpAddress::parse(egress)};
    result.isEgressDeclared = true;
    result.dkimSelector = "s1";
    return result;
}

bool has(const PlanCheck *check, PlanCheckState state, std::string_view word)
{
    if (check && check->state == state && check->detail.find(word) != std::string::npos)
        return true;
    qWarning("%s", check ? check->detail.c_str() : "no such check");
    return false;
}

} // namespace

void TestMailProof::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("smtp"), QStringLiteral("imap"), QStringLiteral("dns")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
}

imap::MailboxTarget TestMailProof::mailbox() const
{
    imap::MailboxTarget result;
    result.host = "127.0.0.1";
    result.port = m_servers->port(u"imap");
    result.user = m_servers->text(u"imap", u"user").toStdString();
    const auto password = m_servers->text(u"imap", u"password").toStdString();
    result.secret = [password] { return Secret(password); };
    result.tls.caFile = m_servers->ca().toStdString();
    return result;
}

Target TestMailProof::target() const
{
    Target result;
    result.host = "127.0.0.1";
    result.port = m_servers->port(u"smtp");
    result.user = "oncall";
    const auto password = m_servers->text(u"smtp", u"password").toStdString();
    result.secret = [password] { return Secret(password); };
    result.tls.caFile = m_servers->ca().toStdString();
    result.from = "alerts@shop.example";
    result.to = {"oncall@shop.example"};
    result.dnsServers = m_servers->text(u"dns", u"servers").toStdString();
    result.egress = {"192.0.2.7"};
    result.mailbox = mailbox();
    return result;
}

Outcome TestMailProof::send(MailTestAction &action)
{
    const auto plan = action.preflight(Deadline::after(Millis{20'000}), {});
    if (!plan || !plan->isAllowed())
        return {OutcomeKind::Refused, plan ? plan->firstObstacle() : plan.error().detail, {}, {}, {}};
    RunControl control({}, [](const Progress &) {});
    const auto outcome = action.run(*plan, control);
    return outcome.kind == OutcomeKind::Succeeded ? action.verify(*plan, outcome, control) : outcome;
}

void TestMailProof::asksDnsLikeDig()
{
    auto client = resolver();
    const auto mx = client.mx("shop.example");
    QVERIFY(mx.status == dns::Status::Found);
    QCOMPARE(mx.records.size(), 2U);
    QCOMPARE(mx.records.front().exchange, "mail.shop.example");
    QCOMPARE(int(mx.records.front().preference), 10);
    const auto txt = client.txt("_spf.shop.example");
    QVERIFY(txt.status == dns::Status::Found);
    QCOMPARE(txt.records.front(), "v=spf1 ip4:198.51.100.0/24 -all"); // two strings, joined
    QCOMPARE(client.addresses("mail.shop.example", true).records.front().text(), "192.0.2.7");
    QCOMPARE(client.addresses("mail.shop.example", false).records.front().text(), "2001:db8::7");
    QCOMPARE(client.pointers(*dns::IpAddress::parse("192.0.2.7")).records.front(), "mail.shop.example");
    QVERIFY(client.txt("nowhere.example").status == dns::Status::NoName);
    QVERIFY(client.mx("mail.shop.example").isVoid());
    QVERIFY(client.txt("bad..name").status == dns::Status::NoName);
}

void TestMailProof::saysThatDnsIsSilent()
{
    dns::DnsClient client(Deadline::after(Millis{300}), m_interrupter, "192.0.2.1"); // a documentation address: nothing comes back
    const auto answer = client.txt("shop.example");
    QVERIFY(answer.status == dns::Status::Failed);
    QVERIFY(!answer.detail.empty());
    const auto checks = forecast(client, question("shop.example", "192.0.2.7"));
    QVERIFY(has(find(checks, "Bounces"), PlanCheckState::Warned, "unknown"));
    QVERIFY(has(find(checks, "SPF"), PlanCheckState::Warned, "temperror"));
}

void TestMailProof::forecastsAGoodEnvelope()
{
    auto client = resolver();
    const auto checks = forecast(client, question("shop.example", "192.0.2.7"));
    QVERIFY(has(find(checks, "Bounces"), PlanCheckState::Passed, "10 mail.shop.example"));
    QVERIFY(has(find(checks, "SPF"), PlanCheckState::Passed, "1 of 10 look-ups"));
    QVERIFY(has(find(checks, "SPF"), PlanCheckState::Passed, "decided by a:mail.shop.example"));
    QVERIFY(has(find(checks, "DKIM"), PlanCheckState::Passed, "ed25519, 256 bits"));
    QVERIFY(has(find(checks, "DMARC"), PlanCheckState::Passed, "policy reject"));
    QVERIFY(has(find(checks, "Reverse name"), PlanCheckState::Passed, "as the relay calls itself"));
}

void TestMailProof::forecastsABrokenOne()
{
    auto client = resolver();
    const auto checks = forecast(client, question("broken.example", "192.0.2.8"));
    QVERIFY(has(find(checks, "Bounces"), PlanCheckState::Warned, "null MX"));
    QVERIFY(has(find(checks, "SPF"), PlanCheckState::Warned, "2 SPF records"));
    QVERIFY(has(find(checks, "DKIM"), PlanCheckState::Warned, "revoked"));
    QVERIFY(has(find(checks, "DMARC"), PlanCheckState::Warned, "does not exist"));
    QVERIFY(has(find(checks, "Reverse name"), PlanCheckState::Warned, "does not lead back"));
}

void TestMailProof::forecastsWhatPolicyAsksFor()
{
    auto client = resolver();
    const auto checks = forecast(client, question("strict.example", "192.0.2.7"));
    QVERIFY(has(find(checks, "DMARC"), PlanCheckState::Warned, "asked to quarantine"));
    auto below = question("news.strict.example", "192.0.2.7");
    const auto inherited = forecast(client, below);
    QVERIFY(has(find(inherited, "DMARC"), PlanCheckState::Warned, "policy none")); // sp= of the parent
    auto foreign = question("shop.example", "203.0.113.1");
    foreign.dkimDomain = "esp.example";
    QVERIFY(has(find(forecast(client, foreign), "DMARC"), PlanCheckState::Warned, "asked to reject"));
}

void TestMailProof::provesArrival()
{
    MailTestAction action(target());
    const auto outcome = send(action);
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, outcome.summary.c_str());
    QVERIFY2(outcome.summary.find("arrived in the mailbox") != std::string::npos, outcome.summary.c_str());
    QVERIFY(!detailOf(outcome, "Arrived").empty());
    QVERIFY(detailOf(outcome, "Receiver's judgement").find("none") == 0);
}

void TestMailProof::saysThatItDidNotArriveYet()
{
    auto elsewhere = target();
    elsewhere.mailbox->folder = "INBOX";
    QVERIFY(m_servers->setFaults(u"smtp", QByteArray("{'BODY': {'reply': '250 2.0.0 Ok: queued as NOWHERE', 'times': 1}}").replace('\'', '"'))); // taken over, and dropped
    MailTestAction action(elsewhere, {}, {}, Millis{600});
    const auto outcome = send(action);
    QVERIFY(m_servers->setFaults(u"smtp", "{}"));
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, outcome.summary.c_str());
    QVERIFY(outcome.summary.find("arrived") == std::string::npos);
    QVERIFY2(detailOf(outcome, "Arrival").find("not seen") == 0, detailOf(outcome, "Arrival").c_str());
}

void TestMailProof::saysWhyTheMailboxCannotBeRead()
{
    auto wrong = target();
    wrong.mailbox->secret = [] { return Secret("wrong"); };
    MailTestAction action(wrong);
    const auto outcome = send(action);
    QVERIFY(outcome.kind == OutcomeKind::Succeeded);
    QVERIFY2(detailOf(outcome, "Arrival").find("auth") != std::string::npos, detailOf(outcome, "Arrival").c_str());
    auto foreign = mailbox();
    foreign.tls.caFile.clear();
    const auto untrusted = imap::ImapClient(foreign, m_interrupter).search("ALL", Deadline::after(Millis{5000}));
    QVERIFY(!untrusted);
    QVERIFY(untrusted.error().kind == FaultKind::Tls);
}

void TestMailProof::findsTheNewestTestMail()
{
    imap::ImapClient client(mailbox(), m_interrupter);
    const auto now = Stamp::now().wall;
    const auto newest = newestTestMail(client, "alerts@shop.example", 7, now, Deadline::after(Millis{5000}));
    QVERIFY(newest);
    QVERIFY(*newest);
    QVERIFY((*newest)->messageId.find("@shop.example>") != std::string::npos);
    QVERIFY((*newest)->arrived && now - *(*newest)->arrived < std::chrono::minutes(5));
    const auto later = newestTestMail(client, "alerts@shop.example", 7, now + std::chrono::days(8), Deadline::after(Millis{5000}));
    QVERIFY(later && !*later); // a week has passed
    const auto foreign = newestTestMail(client, "somebody@shop.example", 7, now, Deadline::after(Millis{5000}));
    QVERIFY(foreign && !*foreign);
}

void TestMailProof::leavesTheMailUnread()
{
    imap::ImapClient client(mailbox(), m_interrupter);
    const auto all = client.search("ALL", Deadline::after(Millis{5000}));
    const auto unseen = client.search("UNSEEN", Deadline::after(Millis{5000}));
    QVERIFY(all && unseen && !all->empty());
    QCOMPARE(unseen->size(), all->size());
}

void TestMailProof::observesTheProof()
{
    const auto ageIn = [](Target target) -> Value {
        SmtpSource source(std::move(target));
        const auto batch = source.collect(Deadline::after(Millis{15'000}), {});
        if (!batch || batch->fault)
            return Unknown{"the round failed", {}};
        const auto at = std::ranges::find(batch->facts, "smtp.arrival_age", &Fact::name);
        return at == batch->facts.end() ? Value(Unknown{"no such fact", {}}) : at->value;
    };
    const auto proven = ageIn(target());
    QVERIFY(asNumber(proven) && *asNumber(proven) < 300);
    auto silent = target();
    silent.from = "nobody-yet@shop.example"; // no test mail of this sender arrived
    const auto none = ageIn(silent);
    QVERIFY(asNumber(none) && *asNumber(none) > 1e11);
    auto closed = target();
    closed.mailbox->secret = [] { return Secret("wrong"); };
    const auto unread = ageIn(closed);
    QVERIFY(std::holds_alternative<Unknown>(unread));
    QVERIFY(std::get<Unknown>(unread).reason.starts_with("auth"));
    auto without = target();
    without.mailbox.reset();
    QVERIFY(std::holds_alternative<NotApplicable>(ageIn(without)));
}

QTEST_GUILESS_MAIN(TestMailProof)
#include "tst_mailproof.moc"
