// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpsource.h"

#include "connectors/smtp/arrivalwatch.h"
#include "connectors/smtp/smtpclient.h"
#include "connectors/smtp/smtpfaults.h"
#include "connectors/tls/tlsfacts.h"
#include "models/facts/none.h"

#include <chrono>

namespace muster::smtp {

namespace {

constexpr Millis kBudget{15 * 60 * 1000};
constexpr Millis kLookLimit{5000};
constexpr std::chrono::minutes kEnvelopeEvery{5}; // AUTH, MAIL, RCPT: what a relay logs and may count
constexpr Millis kHold{30000};
constexpr std::chrono::hours kLegacyEvery{1};
constexpr std::size_t kStageLimit = 40;
constexpr Millis kProofLimit{4000};
constexpr int kProofDays = 7;

/// A round must end inside its deadline, with the stage that was slow; silence is on the page 10 s after the start, on a busy machine too.
constexpr StageLimits kRoundLimits{Millis{5000}, Millis{5500}, Millis{5500}, Millis{5000}, Millis{5000}, Millis{5500}};

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

/// A deferral says nothing about tomorrow: a mail server would come again.
Value truthOf(std::optional<bool> truth, const std::string &deferral, const char *why)
{
    return truth ? Value(*truth) : Value(Unknown{deferral.empty() ? why : deferral, deferral.empty() ? "" : "It is asked again in some minutes, as a mail server does."});
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
        return std::unexpected(Fault{FaultKind::Config, "configuration", from.error(), "Correct smtp.from in the environment file."});
    EnvelopeOptions options;
    options.isUtf8 = !from->isAscii();
    const auto mail = client.mail(*from, options, deadline);
    if (!mail)
        return std::unexpected(mail.error());
    if (!mail->isPositive()) {
        noteRefusal(mail->isTemporary() ? envelope.deferral : envelope.refusal, m_target.from, *mail);
        envelope.isSenderOk = mail->isTemporary() ? std::nullopt : std::optional(false);
        return envelope;
    }
    envelope.isSenderOk = true;
    for (const std::string &text : m_target.to) {
        const auto to = parseAddress(text);
        if (!to)
            return std::unexpected(Fault{FaultKind::Config, "configuration", to.error(), "Correct smtp.to in the environment file."});
        const auto rcpt = client.rcpt(*to, options, deadline);
        if (!rcpt)
            return std::unexpected(rcpt.error());
        if (!rcpt->isPositive())
            noteRefusal(rcpt->isTemporary() ? envelope.deferral : envelope.refusal, text, *rcpt);
    }
    if (!envelope.refusal.empty() || envelope.deferral.empty())
        envelope.areRecipientsOk = envelope.refusal.empty();
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
    batch.add("smtp.sender_ok", truthOf(envelope.isSenderOk, envelope.deferral, "MAIL was not reached"), "", kBudget);
    batch.add("smtp.recipients_ok", truthOf(envelope.areRecipientsOk, envelope.deferral, "RCPT was not reached"), "", kBudget);
    batch.add("smtp.refusal", envelope.refusal.empty() ? envelope.deferral : envelope.refusal, "", kBudget);
    const bool isDeferred = envelope.refusal.empty() && !envelope.deferral.empty();
    batch.add("smtp.ready", truthOf(isDeferred ? std::nullopt : std::optional(envelope.isSenderOk.value_or(false) && envelope.areRecipientsOk.value_or(false)), envelope.deferral, ""), "", kBudget);
}

void SmtpSource::addProof(FactBatch &batch, Deadline deadline)
{
    batch.add("smtp.mailbox_declared", m_target.mailbox.has_value(), "", kBudget);
    if (!m_target.mailbox) {
        batch.add("smtp.arrival_age", NotApplicable{"no mailbox is declared"}, "s", kBudget);
        return;
    }
    imap::ImapClient client(*m_target.mailbox, m_interrupter);
    const auto newest = newestTestMail(client, m_target.from, kProofDays, batch.at.wall, deadline);
    Value age = kNoneAge;
    std::string raw = m_target.mailbox->display();
    if (!newest)
        age = Unknown{newest.error().stage + ": " + newest.error().detail, newest.error().hint};
    else if (*newest)
        age = std::max(0.0, toSeconds(batch.at.wall - (*newest)->arrived.value_or((*newest)->sent.value_or(batch.at.wall))));
    if (newest && *newest)
        raw += "\n" + (*newest)->messageId;
    batch.add("smtp.arrival_age", std::move(age), "s", kBudget, clamp(raw));
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
        m_legacyAgain = BootClock::now() + (m_legacy.isChecked ? std::chrono::duration_cast<Millis>(kLegacyEvery) : kHold);
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

/// Wrong credentials stay wrong until somebody acts, and a relay counts them: no knocking every few seconds. A certificate is looked at again at once.
FactBatch SmtpSource::heldBack(FactBatch batch)
{
    m_held = batch.fault;
    m_heldUntil = BootClock::now() + kHold;
    return batch;
}

std::expected<FactBatch, Fault> SmtpSource::collect(Deadline deadline, std::stop_token stop)
{
    const bool isAllWanted = m_isAllWanted.exchange(false);
    if (m_held && !isAllWanted && BootClock::now() < m_heldUntil)
        return std::unexpected(*m_held);
    m_held.reset();
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    auto batch = !isAllWanted && BootClock::now() < m_envelopeAgain ? look(deadline.atMost(kLookLimit)) : lookThrough(deadline);
    if (!batch)
        return std::unexpected(atStageOfSource(std::move(batch.error())));
    if (batch->fault)
        batch->fault = atStageOfSource(std::move(*batch->fault));
    if (batch->fault && batch->fault->kind == FaultKind::Auth)
        return heldBack(std::move(*batch));
    return batch;
}

/// As far as RCPT.
std::expected<FactBatch, Fault> SmtpSource::lookThrough(Deadline deadline)
{
    m_envelopeAgain = {};
    SmtpClient client(m_target, m_interrupter, kRoundLimits);
    if (auto opened = client.open(deadline); !opened) {
        if (opened.error().kind != FaultKind::Tls)
            return std::unexpected(opened.error());
        return halfWay(client, opened.error(), deadline);
    }
    if (auto authenticated = client.authenticate(deadline); !authenticated) {
        if (authenticated.error().kind != FaultKind::Auth)
            return std::unexpected(authenticated.error());
        client.quit(deadline);
        return halfWay(client, authenticated.error(), deadline);
    }
    const auto envelope = tryEnvelope(client, deadline);
    if (!envelope)
        return std::unexpected(envelope.error());
    client.quit(deadline);
    FactBatch batch{m_target.id, Stamp::now(), {}};
    addClientFacts(batch, client);
    addEnvelopeFacts(batch, *envelope);
    addProof(batch, deadline.atMost(kProofLimit));
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
