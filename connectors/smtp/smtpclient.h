// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/smtp/mailaddress.h"
#include "connectors/smtp/smtpauth.h"
#include "connectors/smtp/smtpconversation.h"
#include "connectors/smtp/smtptarget.h"

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::smtp {

/// What MAIL and RCPT say beyond the address; only what the server announced is sent.
struct EnvelopeOptions {
    std::size_t size = 0;      ///< bytes of the message; 0 = not said
    bool isEightBit = false;
    bool isUtf8 = false;       ///< SMTPUTF8
    std::string envelopeId;    ///< ENVID of RFC 3461, xtext-safe; "" = no DSN asked for
};

/// The SMTP state machine: one connection, one stage after the other, each with its own limit inside the caller's deadline.
/// Blocking; one thread. A Fault's stage is the SMTP stage; after one (but for those of mail() and rcpt()) the client is of no more use.
class SmtpClient {
public:
    SmtpClient(const Target &target, net::Interrupter &interrupter, StageLimits limits = {}, std::function<void(const Step &)> observer = {});

    /// TCP, banner, EHLO, TLS as declared and verified, second EHLO.
    [[nodiscard]] std::expected<void, Fault> open(Deadline deadline);
    /// The same up to where TLS can start; release() then gives the stream. For looking at a certificate that does not verify.
    [[nodiscard]] std::expected<void, Fault> openForTls(Deadline deadline);
    [[nodiscard]] std::unique_ptr<net::Stream> release() { return m_conversation.release(); }

    /// Does nothing when no user is declared. Auth fault when the server says no; Config when TLS is missing.
    [[nodiscard]] std::expected<void, Fault> authenticate(Deadline deadline);
    /// A refusal is a reply; a Fault is a lost connection or 421.
    [[nodiscard]] std::expected<Reply, Fault> mail(const MailAddress &from, const EnvelopeOptions &options, Deadline deadline);
    [[nodiscard]] std::expected<Reply, Fault> rcpt(const MailAddress &to, const EnvelopeOptions &options, Deadline deadline);
    /// DATA up to 354 and the message (canonical, dot-stuffed) without the final dot: until then nothing was handed over.
    [[nodiscard]] std::expected<Reply, Fault> data(std::string_view stuffed, Deadline deadline);
    /// The final dot. Any Fault from here leaves open what the server did. 421 is a reply.
    [[nodiscard]] std::expected<Reply, Fault> dot(Deadline deadline);
    /// RSET and QUIT; what they answer changes nothing any more.
    void reset(Deadline deadline);
    void quit(Deadline deadline);

    [[nodiscard]] const Reply &banner() const { return m_banner; }
    [[nodiscard]] const std::vector<net::Attempt> &attempts() const { return m_attempts; }
    [[nodiscard]] const Capabilities &firstCapabilities() const { return m_first; }
    [[nodiscard]] const Capabilities &capabilities() const { return m_capabilities; }
    [[nodiscard]] const Choice &choice() const { return m_choice; }
    [[nodiscard]] bool isTls() const { return m_isTls; }
    [[nodiscard]] const net::TlsInfo &tls() const { return m_tls; }
    [[nodiscard]] const net::ConnectTimes &times() const { return m_times; }
    [[nodiscard]] const SmtpConversation &conversation() const { return m_conversation; }

private:
    const Target &m_target;
    net::Interrupter &m_interrupter;
    StageLimits m_limits;
    SmtpConversation m_conversation;
    std::vector<net::Attempt> m_attempts;
    Reply m_banner;
    Capabilities m_first;
    Capabilities m_capabilities;
    Choice m_choice;
    net::TlsInfo m_tls;
    net::ConnectTimes m_times;
    bool m_isTls = false;

    using Done = std::expected<void, Fault>;
    [[nodiscard]] Done connect(Deadline deadline);
    [[nodiscard]] Done hearBanner(Deadline deadline);
    [[nodiscard]] Done hello(std::string_view stage, Deadline deadline);
    [[nodiscard]] Done askStartTls(Deadline deadline);
    [[nodiscard]] Done startTls(Deadline deadline);
    [[nodiscard]] std::expected<std::string, Fault> helloName() const;
    [[nodiscard]] Done authPlain(const Secret &secret, Deadline deadline);
    [[nodiscard]] Done authXOAuth2(const Secret &token, Deadline deadline);
    [[nodiscard]] Done authLogin(const Secret &secret, Deadline deadline);
    [[nodiscard]] Done authScram(const Secret &secret, Deadline deadline);
    [[nodiscard]] std::expected<Reply, Fault> command(std::string_view stage, std::string_view line, Deadline deadline, std::string_view shown = {});
};

} // namespace muster::smtp
