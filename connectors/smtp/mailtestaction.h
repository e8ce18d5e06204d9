// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/smtp/mailmessage.h"
#include "connectors/smtp/smtptarget.h"
#include "models/ports/action.h"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace muster::smtp {

class SmtpClient;

/// What stands between the operator's order and the first command: checked addresses.
struct TestEnvelope {
    MailAddress from;
    std::vector<MailAddress> to;

    [[nodiscard]] bool isAscii() const;
};

/// "host:port, certificate 5f3c…", or "host:port, mail.example" of the banner without TLS. Compared again before the run.
[[nodiscard]] std::string identityOf(const Target &target, const SmtpClient &client);
/// "TLSv1.3 TLS_AES_256_GCM_SHA384, certificate CN=… issued by …, valid until …" or "none".
[[nodiscard]] std::string tlsInWords(const SmtpClient &client);

/// Sends one test mail, and says no more than what the relay said: "accepted by … as …".
/// Never sent twice: a reply that was lost after the final dot is Unknown.
class MailTestAction : public Action {
public:
    /// `to` empty: the declared recipients.
    explicit MailTestAction(Target target, std::vector<std::string> to = {}, StageLimits limits = {}, Millis arrivalLimit = Millis{60'000});

    [[nodiscard]] std::string name() const override { return "mail-test"; }
    /// Connects as far as AUTH and leaves; nothing is sent. A fault on the way is a failed check of the plan,
    /// so that the operator sees all that was found out until then.
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    /// There is nothing to read back at the relay. Where a mailbox is declared, waits for the mail there and says what its header tells;
    /// else says that arrival is not proven. Not arrived in time is no failure: the relay has it, and mail may take hours.
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override { m_interrupter.interrupt(); }

private:
    Target m_target;
    std::vector<std::string> m_to;
    StageLimits m_limits;
    Millis m_arrivalLimit;
    net::Interrupter m_interrupter;
    std::string m_finalReply; ///< "250 2.0.0 Ok: queued as …" of the run
    std::string m_messageId;

    [[nodiscard]] std::expected<TestEnvelope, std::string> envelope() const;
    [[nodiscard]] Plan draftPlan() const;
    void lookAtServer(Plan &plan, const TestEnvelope &envelope, Deadline deadline);
    void addForecast(Plan &plan, const SmtpClient &client, const TestEnvelope &envelope, Deadline deadline);
    void proveArrival(Outcome &outcome, RunControl &control);
    void addServerFindings(Plan &plan, const SmtpClient &client, const TestEnvelope &envelope) const;
};

} // namespace muster::smtp
