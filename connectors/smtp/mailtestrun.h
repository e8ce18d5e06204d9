// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/smtp/mailtestaction.h"
#include "connectors/smtp/smtpclient.h"
#include "models/ports/action.h"

#include <string>
#include <vector>

namespace muster::smtp {

/// One sending of the test mail. Lives for one MailTestAction::run(), on the runner's thread.
class MailTestRun {
public:
    MailTestRun(const Target &target, TestEnvelope envelope, StageLimits limits, net::Interrupter &interrupter, RunControl &control);

    [[nodiscard]] Outcome send(const Plan &plan);
    [[nodiscard]] std::string sentMessageId() const { return messageId(m_draft); }
    /// "" until the relay answered the final dot.
    [[nodiscard]] const std::string &finalReply() const { return m_finalReply; }

private:
    struct Recipient {
        MailAddress address;
        Reply reply;
    };

    const Target &m_target;
    TestEnvelope m_envelope;
    RunControl &m_control;
    SmtpClient m_client;
    MailDraft m_draft;
    EnvelopeOptions m_options;
    std::string m_stuffed; ///< the message as it goes over the wire
    std::vector<Recipient> m_recipients;
    std::string m_finalReply;
    Deadline m_deadline;

    void onStep(const Step &step);
    void makeMessage();
    [[nodiscard]] std::expected<void, Outcome> open(const Plan &plan);
    [[nodiscard]] std::expected<void, Outcome> sendEnvelope();
    [[nodiscard]] Outcome sendMessage();
    [[nodiscard]] Outcome accepted(const Reply &reply);
    [[nodiscard]] std::size_t acceptedCount() const;
    [[nodiscard]] Outcome notSent(const Fault &fault) const;
    [[nodiscard]] Outcome turnedDown(std::string_view what, const Reply &reply);
    [[nodiscard]] Outcome lost(const Fault &fault) const;
    /// Everything that is known, whatever the outcome.
    [[nodiscard]] Outcome finished(OutcomeKind kind, std::string summary) const;
};

} // namespace muster::smtp
