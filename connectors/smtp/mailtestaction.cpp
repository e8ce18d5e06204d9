// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/mailtestaction.h"

#include "connectors/dns/dnsclient.h"
#include "connectors/smtp/arrivalwatch.h"
#include "connectors/smtp/mailforecast.h"
#include "connectors/smtp/mailtestrun.h"
#include "connectors/smtp/smtpclient.h"
#include "models/facts/fact.h"

#include <algorithm>

namespace muster::smtp {

namespace {

constexpr Millis kForecastLimit{6000};

std::string joined(const std::vector<std::string> &list)
{
    std::string text;
    for (const std::string &word : list)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// "192.0.2.1" of "192.0.2.1:25", "::1" of "[::1]:25".
std::string hostPart(const std::string &address)
{
    const auto host = address.substr(0, address.rfind(':'));
    return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

std::string modeInWords(TlsMode mode)
{
    switch (mode) {
    case TlsMode::StartTls:
        return "STARTTLS, required";
    case TlsMode::Implicit:
        return "TLS from the first byte, required";
    case TlsMode::None:
        break;
    }
    return "none, as the environment says";
}

PlanCheck failed(std::string title, const Fault &fault)
{
    return {std::move(title), PlanCheckState::Failed, fault.stage + ": " + fault.detail + (fault.hint.empty() ? "" : " — " + fault.hint)};
}

} // namespace

bool TestEnvelope::isAscii() const
{
    return from.isAscii() && std::all_of(to.begin(), to.end(), [](const MailAddress &address) { return address.isAscii(); });
}

std::string identityOf(const Target &target, const SmtpClient &client)
{
    const std::string where = target.host + ":" + std::to_string(target.port);
    if (client.isTls() && !client.tls().chain.empty())
        return where + ", certificate " + client.tls().chain.front().sha256;
    return where + ", " + bannerHost(client.banner());
}

std::string tlsInWords(const SmtpClient &client)
{
    if (!client.isTls())
        return "none";
    const net::TlsInfo &tls = client.tls();
    std::string text = tls.version + " " + tls.cipher;
    if (!tls.chain.empty())
        text += ", certificate " + tls.chain.front().subject + " issued by " + tls.chain.front().issuer + ", valid until " + dateHeader(tls.chain.front().notAfter);
    return text;
}

MailTestAction::MailTestAction(Target target, std::vector<std::string> to, StageLimits limits, Millis arrivalLimit) :
    m_target(std::move(target)), m_to(to.empty() ? m_target.to : std::move(to)), m_limits(limits), m_arrivalLimit(arrivalLimit) {}

std::expected<TestEnvelope, std::string> MailTestAction::envelope() const
{
    TestEnvelope envelope;
    auto from = parseAddress(m_target.from);
    if (!from)
        return std::unexpected("sender: " + from.error());
    envelope.from = std::move(*from);
    if (m_to.empty())
        return std::unexpected("no recipient is declared or given");
    for (const std::string &text : m_to) {
        auto to = parseAddress(text);
        if (!to)
            return std::unexpected("recipient: " + to.error());
        envelope.to.push_back(std::move(*to));
    }
    return envelope;
}

Plan MailTestAction::draftPlan() const
{
    Plan plan;
    plan.action = name();
    plan.title = "Send a test mail through " + m_target.host;
    plan.target = m_target.id;
    plan.changes = {{"Relay", m_target.host + ":" + std::to_string(m_target.port)},
                    {"Envelope from", m_target.from},
                    {"Envelope to", joined(m_to)},
                    {"Messages", "1, to " + std::to_string(m_to.size()) + (m_to.size() == 1 ? " recipient" : " recipients")},
                    {"TLS declared", modeInWords(m_target.mode)}};
    plan.command = "EHLO, TLS, AUTH, MAIL, RCPT, DATA, QUIT as " + (m_target.user.empty() ? std::string("nobody") : m_target.user);
    return plan;
}

void MailTestAction::addServerFindings(Plan &plan, const SmtpClient &client, const TestEnvelope &envelope) const
{
    const Capabilities &capabilities = client.capabilities();
    plan.identity = identityOf(m_target, client);
    plan.changes.push_back({"Server", client.banner().text()});
    plan.changes.push_back({"TLS", tlsInWords(client)});
    plan.changes.push_back({"Announced", muster::clamp(joined(capabilities.keywords), 1024)});
    if (m_target.mode == TlsMode::None)
        plan.checks.push_back({"TLS is used", PlanCheckState::Warned, "the environment declares none: the mail travels in clear"});
    else
        plan.checks.push_back({"TLS verifies", PlanCheckState::Passed, tlsInWords(client)});
    if (!envelope.isAscii())
        plan.checks.push_back({"The relay takes addresses beyond ASCII", capabilities.has("SMTPUTF8") ? PlanCheckState::Passed : PlanCheckState::Failed,
                               capabilities.has("SMTPUTF8") ? "SMTPUTF8 is announced" : "SMTPUTF8 is not announced"});
    plan.changes.push_back({"Delivery reports", capabilities.has("DSN") ? "asked for (DSN); they come by mail to the sender, later" : "not offered by the relay"});
}

void MailTestAction::lookAtServer(Plan &plan, const TestEnvelope &envelope, Deadline deadline)
{
    SmtpClient client(m_target, m_interrupter, m_limits);
    if (auto opened = client.open(deadline); !opened) {
        plan.checks.push_back(failed("The relay answers and its TLS verifies", opened.error()));
        return;
    }
    plan.checks.push_back({"The relay answers", PlanCheckState::Passed, client.banner().text()});
    addServerFindings(plan, client, envelope);
    if (auto authenticated = client.authenticate(deadline); !authenticated) {
        plan.checks.push_back(failed("Credentials are accepted", authenticated.error()));
        return;
    }
    if (m_target.user.empty()) {
        plan.checks.push_back({"Credentials are accepted", PlanCheckState::Passed, "no user is declared: none are sent"});
    } else {
        const std::string mechanism = std::string(toString(client.choice().mechanism)) + ", " + client.choice().reason;
        plan.changes.push_back({"Authentication", mechanism});
        plan.checks.push_back({"Credentials are accepted", PlanCheckState::Passed, m_target.user + " by " + mechanism});
    }
    client.quit(deadline);
    addForecast(plan, client, envelope, deadline);
}

void MailTestAction::addForecast(Plan &plan, const SmtpClient &client, const TestEnvelope &envelope, Deadline deadline)
{
    ForecastQuestion question;
    question.sender = envelope.from.text();
    for (const MailAddress &to : envelope.to)
        question.recipients.push_back(to.text());
    question.relayName = bannerHost(client.banner());
    question.dkimSelector = m_target.dkimSelector;
    question.dkimDomain = m_target.dkimDomain;
    question.isEgressDeclared = !m_target.egress.empty();
    auto egress = m_target.egress;
    for (const net::Attempt &attempt : client.attempts()) {
        if (m_target.egress.empty() && attempt.error.empty())
            egress.push_back(hostPart(attempt.address));
    }
    for (const std::string &text : egress) {
        if (const auto address = dns::IpAddress::parse(text))
            question.egress.push_back(*address);
    }
    dns::DnsClient resolver(deadline.atMost(kForecastLimit), m_interrupter, m_target.dnsServers);
    auto checks = forecast(resolver, question);
    plan.checks.insert(plan.checks.end(), std::make_move_iterator(checks.begin()), std::make_move_iterator(checks.end()));
    plan.changes.push_back({"Proof of arrival", m_target.mailbox ? "looked for in " + m_target.mailbox->display() : "none: no mailbox is declared"});
}

std::expected<Plan, Fault> MailTestAction::preflight(Deadline deadline, std::stop_token stop)
{
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    Plan plan = draftPlan();
    const auto checked = envelope();
    if (!checked) {
        plan.checks.push_back({"Addresses are valid", PlanCheckState::Failed, checked.error()});
        return plan;
    }
    plan.checks.push_back({"Addresses are valid", PlanCheckState::Passed, m_target.from + " to " + joined(m_to)});
    lookAtServer(plan, *checked, deadline);
    if (m_interrupter.isInterrupted())
        return std::unexpected(net::cancelledFault("preflight"));
    return plan;
}

Outcome MailTestAction::run(const Plan &plan, RunControl &control)
{
    const std::stop_callback onStop(control.stopToken(), [this] { m_interrupter.interrupt(); });
    m_finalReply.clear();
    const auto checked = envelope();
    if (!checked)
        return {OutcomeKind::Refused, "nothing was sent: " + checked.error(), {}, {}, {}};
    MailTestRun run(m_target, *checked, m_limits, m_interrupter, control);
    Outcome outcome = run.send(plan);
    m_finalReply = run.finalReply();
    m_messageId = run.sentMessageId();
    return outcome;
}

void MailTestAction::proveArrival(Outcome &outcome, RunControl &control)
{
    const std::stop_callback onStop(control.stopToken(), [this] { m_interrupter.interrupt(); });
    imap::ImapClient client(*m_target.mailbox, m_interrupter);
    const auto arrival = waitForArrival(client, m_messageId, m_arrivalLimit, control);
    if (!arrival) {
        outcome.details.push_back({"Arrival", "not proven, the mailbox could not be read; " + arrival.error().stage + ": " + arrival.error().detail});
        return;
    }
    if (!*arrival) {
        outcome.details.push_back({"Arrival", "not seen in " + m_target.mailbox->display() + " so far; it may still come"});
        return;
    }
    outcome.summary += "; arrived in the mailbox";
    auto lines = arrivalLines(**arrival);
    outcome.details.insert(outcome.details.begin(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
}

Outcome MailTestAction::verify(const Plan &, Outcome outcome, RunControl &control)
{
    if (outcome.kind != OutcomeKind::Succeeded)
        return outcome;
    if (!m_finalReply.starts_with("2")) {
        outcome.kind = OutcomeKind::Unknown;
        outcome.summary = "the relay's reply to the message was not kept";
        return outcome;
    }
    if (m_target.mailbox)
        proveArrival(outcome, control);
    else
        outcome.details.push_back({"Arrival", "not proven: the relay took the mail over. Whether it reached a mailbox is seen there, or in the relay's log under the queue id. Declare smtp.mailbox to have it proven."});
    return outcome;
}

} // namespace muster::smtp
