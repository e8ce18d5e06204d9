// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpsource.h"

#include "connectors/smtp/smtpclient.h"
#include "connectors/smtp/smtpfaults.h"
#include "connectors/tls/tlsfacts.h"

#include <chrono>

namespace muster::smtp {

namespace {

constexpr Millis kBudget{15 * 60 * 1000};
constexpr Millis kLookLimit{5000};
constexpr std::chrono::minutes kEnvelopeEvery{5}; // AUTH, MAIL, RCPT: what a relay logs and may count
constexpr Millis kAuthHold{30000};
constexpr std::chrono::hours kLegacyEvery{1};
constexpr std::size_t kStageLimit = 40;

/// A round must end inside its deadline, with the stage that was slow.
constexpr StageLimits kRoundLimits{Millis{5000}, Millis{8000}, Millis{8000}, Millis{5000}, Millis{5000}, Millis{8000}};

std::string joined(const std::vector<std::string> &list, std::string_view separator)
{
    std::string text;
    for (const std::string &word : list)
        text += (text.empty() ? "" : std::string(separator)) + word;
    return clamp(text, 2048);
}

Table stageTable(const std::vector<Step> &steps)
{
    Table table;
    table.columns = {{"stage", ""}, {"took", "s"}, {"code", "count"}, {"reply", ""}};
    table.limit = kStageLimit;
    for (const Step &step : steps) {
        if (table.rows.size() == kStageLimit) {
            table.isTruncated = true;
            break;
        }
        table.rows.push_back({step.stage, toSeconds(step.took), step.code == 0 ? Cell() : Cell(static_cast<double>(step.code)), step.reply});
    }
    return table;
}

Value truthOf(std::optional<bool> truth, const char *why)
{
    return truth ? Value(*truth) : Value(Unknown{why, ""});
}

void noteRefusal(std::string &refusal, const std::string &whom, const Reply &reply)
{
    refusal += (refusal.empty() ? "" : "; ") + whom + ": " + verdict(reply);
}

} // namespace

SmtpSource::SmtpSource(Target target) : m_target(std::move(target)) {}

Cadence SmtpSource::cadence() const { return {Millis{4000}, Millis{60000}, Millis{9500}}; }

std::expected<SmtpSource::Envelope, Fault> SmtpSource::tryEnvelope(SmtpClient &client, Deadline deadline) const
{
    Envelope envelope;
    const auto from = parseAddress(m_target.from);
    if (!from)
        return std::unexpected(Fault{FaultKind::Config, "mail", from.error(), "Correct smtp.from in the environment file."});
    EnvelopeOptions options;
    options.isUtf8 = !from->isAscii();
    const auto mail = client.mail(*from, options, deadline);
    if (!mail)
        return std::unexpected(mail.error());
    envelope.isSenderOk = mail->isPositive();
    if (!*envelope.isSenderOk) {
        noteRefusal(envelope.refusal, m_target.from, *mail);
        return envelope;
    }
    for (const std::string &text : m_target.to) {
        const auto to = parseAddress(text);
        if (!to)
            return std::unexpected(Fault{FaultKind::Config, "rcpt", to.error(), "Correct smtp.to in the environment file."});
        const auto rcpt = client.rcpt(*to, options, deadline);
        if (!rcpt)
            return std::unexpected(rcpt.error());
        envelope.areRecipientsOk = envelope.areRecipientsOk.value_or(true) && rcpt->isPositive();
        if (!rcpt->isPositive())
            noteRefusal(envelope.refusal, text, *rcpt);
    }
    client.reset(deadline);
    return envelope;
}

void SmtpSource::addReachFacts(FactBatch &batch, const SmtpClient &client) const
{
    const net::ConnectTimes &times = client.times();
    batch.add("smtp.reachable", true, "", kBudget);
    batch.add("smtp.connect_time", toSeconds(times.tcp + times.tls), "s", kBudget);
}

void SmtpSource::addClientFacts(FactBatch &batch, const SmtpClient &client) const
{
    addReachFacts(batch, client);
    batch.add("smtp.greeting", joined(client.banner().lines, " / "), "", kBudget);
    batch.add("smtp.capabilities", joined(client.capabilities().keywords, ", "), "", kBudget);
    batch.add("smtp.auth_offered", joined(client.capabilities().auth, " "), "", kBudget, client.choice().reason);
    batch.add("smtp.tls_in_use", client.isTls(), "", kBudget);
    batch.add("smtp.tls_required_met", m_target.mode == TlsMode::None || client.isTls(), "", kBudget);
    batch.add("smtp.stages", stageTable(client.conversation().steps()), "", kBudget, clamp(client.conversation().transcript()));
}

void SmtpSource::addEnvelopeFacts(FactBatch &batch, const Envelope &envelope) const
{
    batch.add("smtp.auth_ok", true, "", kBudget, m_target.user.empty() ? "no user is declared: nothing to log in with" : "");
    batch.add("smtp.sender_ok", truthOf(envelope.isSenderOk, "MAIL was not reached"), "", kBudget);
    batch.add("smtp.recipients_ok", truthOf(envelope.areRecipientsOk, "RCPT was not reached"), "", kBudget);
    batch.add("smtp.refusal", envelope.refusal, "", kBudget);
    batch.add("smtp.ready", envelope.isSenderOk.value_or(false) && envelope.areRecipientsOk.value_or(false), "", kBudget);
}

tls::Opener SmtpSource::opener()
{
    return [this](Deadline limit) -> std::expected<std::unique_ptr<net::Stream>, Fault> {
        SmtpClient client(m_target, m_interrupter, kRoundLimits);
        if (auto opened = client.openForTls(limit); !opened)
            return std::unexpected(opened.error());
        return client.release();
    };
}

std::expected<net::TlsInfo, Fault> SmtpSource::lookUnverified(Deadline deadline)
{
    auto stream = opener()(deadline);
    if (!stream)
        return std::unexpected(stream.error());
    net::TlsOptions options = m_target.tls;
    options.isVerifying = false;
    if (auto started = (*stream)->startTls(options, m_target.host, deadline); !started)
        return std::unexpected(started.error());
    return (*stream)->tls();
}

void SmtpSource::addTls(FactBatch &batch, const net::TlsInfo &info, Deadline deadline)
{
    if (BootClock::now() >= m_legacyAgain) {
        m_legacy = tls::checkLegacy(opener(), m_target.host, m_target.tls, deadline);
        m_legacyAgain = BootClock::now() + (m_legacy.isChecked ? std::chrono::duration_cast<Millis>(kLegacyEvery) : kAuthHold);
    }
    tls::addTlsFacts(batch, info, m_legacy, kBudget);
}

/// What was seen before the fault, for the page; the source is in fault all the same.
FactBatch SmtpSource::halfWay(const SmtpClient &client, Fault fault, Deadline deadline)
{
    FactBatch batch{m_target.id, Stamp::now(), {}};
    addClientFacts(batch, client);
    const bool isAuth = fault.stage == "auth";
    batch.add("smtp.auth_ok", isAuth ? Value(false) : Value(Unknown{"AUTH was not reached", ""}), "", kBudget);
    batch.add("smtp.refusal", fault.stage + ": " + fault.detail, "", kBudget);
    batch.add("smtp.ready", false, "", kBudget);
    if (client.isTls())
        addTls(batch, client.tls(), deadline);
    else if (auto info = lookUnverified(deadline))
        addTls(batch, *info, deadline);
    batch.fault = std::move(fault);
    return batch;
}

std::expected<FactBatch, Fault> SmtpSource::collect(Deadline deadline, std::stop_token stop)
{
    if (m_authFault && BootClock::now() < m_authAgain)
        return std::unexpected(*m_authFault);
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    if (!m_isAllWanted.exchange(false) && BootClock::now() < m_envelopeAgain)
        return look(deadline.atMost(kLookLimit));
    m_envelopeAgain = {};
    SmtpClient client(m_target, m_interrupter, kRoundLimits);
    if (auto opened = client.open(deadline); !opened) {
        if (opened.error().kind != FaultKind::Tls)
            return std::unexpected(opened.error());
        return halfWay(client, opened.error(), deadline);
    }
    m_authFault.reset();
    if (auto authenticated = client.authenticate(deadline); !authenticated) {
        if (authenticated.error().kind != FaultKind::Auth)
            return std::unexpected(authenticated.error());
        m_authFault = authenticated.error();
        m_authAgain = BootClock::now() + kAuthHold;
        client.quit(deadline);
        return halfWay(client, *m_authFault, deadline);
    }
    const auto envelope = tryEnvelope(client, deadline);
    if (!envelope)
        return std::unexpected(envelope.error());
    client.quit(deadline);
    FactBatch batch{m_target.id, Stamp::now(), {}};
    addClientFacts(batch, client);
    addEnvelopeFacts(batch, *envelope);
    if (client.isTls())
        addTls(batch, client.tls(), deadline);
    m_envelopeAgain = BootClock::now() + kEnvelopeEvery;
    return batch;
}

/// Is it still there? Up to the second EHLO, then QUIT.
std::expected<FactBatch, Fault> SmtpSource::look(Deadline deadline)
{
    SmtpClient client(m_target, m_interrupter, kRoundLimits);
    if (auto opened = client.open(deadline); !opened) {
        m_envelopeAgain = {};
        return std::unexpected(opened.error());
    }
    client.quit(deadline);
    FactBatch batch{m_target.id, Stamp::now(), {}};
    addReachFacts(batch, client);
    return batch;
}

} // namespace muster::smtp
