// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/mailtestrun.h"

#include "connectors/net/digest.h"
#include "connectors/smtp/smtpfaults.h"

#include <algorithm>

namespace muster::smtp {

namespace {

/// Of everything but the final dot together; the dot has its own limit on top.
constexpr Millis kRunLimit{5 * 60 * 1000};

std::string bodyText(const Target &target, const MailDraft &draft)
{
    return "This is a test mail. An operator sent it with Muster to see whether mail leaves this environment.\n"
           "There is nothing to do, and nobody needs to answer.\n\n"
           "Environment: " + (target.environment.empty() ? std::string("not named") : target.environment) + "\n"
           "Relay: " + target.host + ":" + std::to_string(target.port) + "\n"
           "Run: " + draft.runId + "\n"
           "Sent: " + dateHeader(draft.at) + "\n";
}

} // namespace

MailTestRun::MailTestRun(const Target &target, TestEnvelope envelope, StageLimits limits, net::Interrupter &interrupter, RunControl &control) :
    m_target(target), m_envelope(std::move(envelope)), m_control(control), m_client(target, interrupter, limits, [this](const Step &step) { onStep(step); }),
    m_deadline(Deadline::after(kRunLimit + limits.finalDot))
{
    m_draft.from = m_envelope.from;
    m_draft.to = m_envelope.to;
    m_draft.runId = net::randomHex(12);
    m_draft.at = Stamp::now().wall;
    m_draft.subject = "Test mail from Muster" + (target.environment.empty() ? "" : " for “" + target.environment + "”");
    m_draft.body = bodyText(target, m_draft);
}

void MailTestRun::onStep(const Step &step)
{
    Progress progress;
    progress.phase = step.stage;
    progress.done = static_cast<double>(m_client.conversation().steps().size());
    progress.unit = "stages";
    progress.message = step.stage + " " + step.reply + " (" + std::to_string(step.took.count()) + " ms)";
    m_control.report(progress);
}

void MailTestRun::makeMessage()
{
    const BodyEncoding encoding = chooseEncoding(m_draft.body, m_client.capabilities().has("8BITMIME"));
    const std::string message = compose(m_draft, encoding);
    m_stuffed = dotStuffed(message);
    m_options.size = message.size();
    m_options.isUtf8 = !m_envelope.isAscii();
    m_options.isEightBit = encoding == BodyEncoding::EightBit || m_options.isUtf8;
    m_options.envelopeId = "muster." + m_draft.runId;
}

Outcome MailTestRun::send(const Plan &plan)
{
    if (auto opened = open(plan); !opened)
        return opened.error();
    makeMessage();
    if (auto sent = sendEnvelope(); !sent)
        return sent.error();
    return sendMessage();
}

std::expected<void, Outcome> MailTestRun::open(const Plan &plan)
{
    if (auto opened = m_client.open(m_deadline); !opened)
        return std::unexpected(notSent(opened.error()));
    const std::string identity = identityOf(m_target, m_client);
    if (identity != plan.identity) {
        m_client.quit(m_deadline);
        return std::unexpected(finished(OutcomeKind::Refused, "nothing was sent: the server is not the one of the plan (" + identity + ", planned " + plan.identity + ")"));
    }
    if (auto authenticated = m_client.authenticate(m_deadline); !authenticated)
        return std::unexpected(notSent(authenticated.error()));
    if (!m_envelope.isAscii() && !m_client.capabilities().has("SMTPUTF8")) {
        m_client.quit(m_deadline);
        return std::unexpected(finished(OutcomeKind::Refused, "nothing was sent: the relay does not take addresses beyond ASCII (SMTPUTF8)"));
    }
    return {};
}

std::expected<void, Outcome> MailTestRun::sendEnvelope()
{
    const auto mail = m_client.mail(m_envelope.from, m_options, m_deadline);
    if (!mail)
        return std::unexpected(notSent(mail.error()));
    if (!mail->isPositive())
        return std::unexpected(turnedDown("the sender " + m_envelope.from.text(), *mail));
    for (const MailAddress &to : m_envelope.to) {
        auto rcpt = m_client.rcpt(to, m_options, m_deadline);
        if (!rcpt)
            return std::unexpected(notSent(rcpt.error()));
        m_recipients.push_back({to, std::move(*rcpt)});
    }
    if (acceptedCount() == 0)
        return std::unexpected(turnedDown(m_recipients.size() == 1 ? "the recipient " + m_recipients.front().address.text() : "every recipient",
                                          m_recipients.front().reply));
    return {};
}

Outcome MailTestRun::sendMessage()
{
    const auto data = m_client.data(m_stuffed, m_deadline);
    if (!data)
        return notSent(data.error());
    if (data->code != 354)
        return turnedDown("the message (DATA)", *data);
    if (m_control.isCancelled())
        return notSent(net::cancelledFault("data"));
    m_control.report({"dot", 0, {}, "", "message handed over; waiting for the relay's answer, which may take minutes"});
    const auto reply = m_client.dot(m_deadline);
    if (!reply)
        return lost(reply.error());
    m_finalReply = reply->text();
    if (!reply->isPositive())
        return turnedDown("the message", *reply);
    m_client.quit(m_deadline);
    return accepted(*reply);
}

std::size_t MailTestRun::acceptedCount() const
{
    return static_cast<std::size_t>(std::count_if(m_recipients.begin(), m_recipients.end(), [](const Recipient &recipient) { return recipient.reply.isPositive(); }));
}

Outcome MailTestRun::accepted(const Reply &reply)
{
    const std::string host = bannerHost(m_client.banner());
    const std::string id = queueId(reply);
    std::string summary = "accepted by " + (host.empty() ? m_target.host : host) + (id.empty() ? " (it names no queue id)" : " as " + id);
    const bool isWhole = acceptedCount() == m_recipients.size();
    if (!isWhole)
        summary += " for " + std::to_string(acceptedCount()) + " of " + std::to_string(m_recipients.size()) + " recipients; the others were refused";
    Outcome outcome = finished(isWhole ? OutcomeKind::Succeeded : OutcomeKind::Failed, std::move(summary));
    outcome.details.insert(outcome.details.begin(), {{"Reply", m_finalReply}, {"Queue id", id.empty() ? "none seen" : id}});
    return outcome;
}

Outcome MailTestRun::notSent(const Fault &fault) const
{
    const bool isCancelled = fault.kind == FaultKind::Cancelled;
    std::string summary = isCancelled ? "stopped at stage " + fault.stage + "; nothing was sent" : "nothing was sent; stage " + fault.stage + ": " + fault.detail;
    Outcome outcome = finished(isCancelled ? OutcomeKind::Cancelled : OutcomeKind::Failed, std::move(summary));
    if (!fault.hint.empty())
        outcome.details.push_back({"Next step", fault.hint});
    return outcome;
}

Outcome MailTestRun::turnedDown(std::string_view what, const Reply &reply)
{
    const std::string stage = m_client.conversation().steps().empty() ? std::string() : m_client.conversation().steps().back().stage;
    m_client.reset(m_deadline);
    m_client.quit(m_deadline);
    Outcome outcome = finished(OutcomeKind::Failed, "the relay did not take " + std::string(what) + "; " + verdict(reply));
    outcome.details.push_back({"Next step", refusal(stage, reply).hint});
    return outcome;
}

Outcome MailTestRun::lost(const Fault &fault) const
{
    Outcome outcome = finished(OutcomeKind::Unknown, "the message was handed over, but the relay's answer was lost (" + fault.detail + "): it may be on its way");
    outcome.howToFindOut = "Look for Message-ID " + messageId(m_draft) + " in the relay's log, and into the mailbox. Do not send again before you know.";
    return outcome;
}

Outcome MailTestRun::finished(OutcomeKind kind, std::string summary) const
{
    Outcome outcome;
    outcome.kind = kind;
    outcome.summary = std::move(summary);
    for (const Recipient &recipient : m_recipients)
        outcome.details.push_back({recipient.address.text(), verdict(recipient.reply)});
    outcome.details.push_back({"Envelope from", m_envelope.from.text()});
    outcome.details.push_back({"Message-ID", messageId(m_draft)});
    outcome.details.push_back({"TLS", tlsInWords(m_client)});
    if (m_client.choice().mechanism != Mechanism::None)
        outcome.details.push_back({"Authentication", std::string(toString(m_client.choice().mechanism)) + ", " + m_client.choice().reason});
    if (!m_options.envelopeId.empty() && m_client.capabilities().has("DSN"))
        outcome.details.push_back({"Delivery report", "asked for under ENVID " + m_options.envelopeId + "; it comes by mail to the sender"});
    for (const Step &step : m_client.conversation().steps())
        outcome.details.push_back({"Stage " + step.stage, std::to_string(step.took.count()) + " ms"});
    outcome.transcript = m_client.conversation().transcript();
    return outcome;
}

} // namespace muster::smtp
