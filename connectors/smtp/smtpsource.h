// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/smtp/smtptarget.h"
#include "connectors/tls/tlsprobe.h"
#include "models/ports/source.h"

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace muster::smtp {

class SmtpClient;

/// Observes a mail relay: every five minutes (and when asked) as far as RCPT, then RSET and QUIT; nothing is sent. In between it only looks. One connection a round, none kept.
/// TLS of an unverified server is looked at on a second connection; 1.0 and 1.1 are tried once an hour.
class SmtpSource : public Source {
public:
    explicit SmtpSource(Target target);

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override;
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override { m_interrupter.interrupt(); }
    void wantAll() noexcept override { m_isAllWanted.store(true); }

private:
    struct Envelope {
        std::optional<bool> isSenderOk;
        std::optional<bool> areRecipientsOk;
        std::string refusal;
        std::string deferral; ///< the same of temporary replies (4xx)
    };

    Target m_target;
    net::Interrupter m_interrupter;
    std::optional<Fault> m_held; ///< answered without asking the relay until m_heldUntil, or until the operator asks
    BootTime m_heldUntil{};
    BootTime m_envelopeAgain{}; ///< until then a round only looks whether the relay is there
    std::atomic<bool> m_isAllWanted{false};
    tls::Legacy m_legacy;
    BootTime m_legacyAgain{};

    [[nodiscard]] std::expected<Envelope, Fault> tryEnvelope(SmtpClient &client, Deadline deadline) const;
    [[nodiscard]] std::expected<FactBatch, Fault> look(Deadline deadline);
    [[nodiscard]] std::expected<FactBatch, Fault> lookThrough(Deadline deadline);
    [[nodiscard]] FactBatch heldBack(FactBatch batch);
    void addReachFacts(FactBatch &batch, const SmtpClient &client) const;
    void addClientFacts(FactBatch &batch, const SmtpClient &client) const;
    void addEnvelopeFacts(FactBatch &batch, const Envelope &envelope) const;
    /// When the newest test mail arrived in the declared mailbox.
    void addProof(FactBatch &batch, Deadline deadline);
    [[nodiscard]] FactBatch halfWay(const SmtpClient &client, Fault fault, Deadline deadline);
    void addTls(FactBatch &batch, const net::TlsInfo &info, Deadline deadline);
    [[nodiscard]] std::expected<net::TlsInfo, Fault> lookUnverified(Deadline deadline);
    [[nodiscard]] tls::Opener opener();
};

} // namespace muster::smtp
