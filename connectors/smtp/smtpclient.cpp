// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpclient.h"

#include "connectors/net/digest.h"
#include "connectors/smtp/smtpfaults.h"

#include <algorithm>

namespace muster::smtp {

namespace {

std::string describeTls(const net::TlsInfo &tls)
{
    std::string text = tls.version + " " + tls.cipher;
    if (!tls.chain.empty())
        text += ", certificate " + tls.chain.front().subject + " issued by " + tls.chain.front().issuer;
    return text;
}

bool isSafeName(std::string_view name)
{
    return name.size() <= 255 && std::none_of(name.begin(), name.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7F; });
}

/// Runs the steps up to the first that fails. (std::expected::and_then needs GCC 13.)
template<class... Steps>
std::expected<void, Fault> inOrder(Steps... steps)
{
    std::expected<void, Fault> done;
    static_cast<void>(((done = steps(), done.has_value()) && ...));
    return done;
}

Fault withHint(Fault fault, std::string hint)
{
    if (fault.kind == FaultKind::Auth)
        fault.hint = std::move(hint);
    return fault;
}

Fault noStartTls()
{
    return {FaultKind::Tls, "tls", "the server does not offer STARTTLS, and the environment requires TLS",
            "Enable STARTTLS on the relay, use its implicit TLS port (tls: implicit), or look for something on the way that strips it."};
}

} // namespace

SmtpClient::SmtpClient(const Target &target, net::Interrupter &interrupter, StageLimits limits, std::function<void(const Step &)> observer) :
    m_target(target), m_interrupter(interrupter), m_limits(limits), m_conversation(std::move(observer)) {}

std::expected<Reply, Fault> SmtpClient::command(std::string_view stage, std::string_view line, Deadline deadline, std::string_view shown)
{
    auto reply = m_conversation.say(stage, line, deadline.atMost(m_limits.command), shown);
    if (reply && reply->code == 421)
        return std::unexpected(refusal(stage, *reply));
    return reply;
}

SmtpClient::Done SmtpClient::connect(Deadline deadline)
{
    auto stream = net::Stream::connect(m_target.endpoint(), deadline.atMost(m_limits.connect), m_interrupter, &m_attempts);
    if (!stream)
        return std::unexpected(stream.error());
    m_times = (*stream)->times();
    m_conversation.note("dns", m_times.dns, m_target.host + " resolved");
    m_conversation.note("tcp", m_times.tcp, "connected to " + (*stream)->peer());
    m_conversation.attach(std::move(*stream));
    return {};
}

SmtpClient::Done SmtpClient::hearBanner(Deadline deadline)
{
    auto reply = m_conversation.listen("banner", deadline.atMost(m_limits.banner));
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->code != 220)
        return std::unexpected(refusal("banner", *reply));
    m_banner = std::move(*reply);
    return {};
}

std::expected<std::string, Fault> SmtpClient::helloName() const
{
    if (!m_target.heloName.empty()) {
        if (!isSafeName(m_target.heloName))
            return std::unexpected(Fault{FaultKind::Config, "configuration", "heloName is not a host name", "Correct heloName in the environment file."});
        return m_target.heloName;
    }
    const std::string local = m_conversation.stream()->local();
    return local.find(':') == std::string::npos ? "[" + local + "]" : "[IPv6:" + local.substr(0, local.find('%')) + "]";
}

SmtpClient::Done SmtpClient::hello(std::string_view stage, Deadline deadline)
{
    const auto name = helloName();
    if (!name)
        return std::unexpected(name.error());
    auto reply = command(stage, "EHLO " + *name, deadline);
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->code != 250)
        return std::unexpected(refusal(stage, *reply));
    m_capabilities = parseCapabilities(*reply);
    return {};
}

SmtpClient::Done SmtpClient::askStartTls(Deadline deadline)
{
    if (!m_capabilities.has("STARTTLS"))
        return std::unexpected(noStartTls());
    auto reply = command("starttls", "STARTTLS", deadline);
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->code != 220)
        return std::unexpected(refusal("starttls", *reply));
    return {};
}

SmtpClient::Done SmtpClient::startTls(Deadline deadline)
{
    net::TlsOptions options = m_target.tls;
    options.isOn = true;
    options.isVerifying = true;
    net::Stream &stream = *m_conversation.stream();
    auto started = stream.startTls(options, m_target.host, deadline.atMost(m_limits.tls));
    if (!started)
        return std::unexpected(started.error());
    m_isTls = true;
    m_tls = stream.tls();
    m_times = stream.times();
    m_conversation.note("tls", m_times.tls, describeTls(m_tls));
    return {};
}

SmtpClient::Done SmtpClient::openForTls(Deadline deadline)
{
    if (auto done = connect(deadline); !done || m_target.mode == TlsMode::Implicit)
        return done;
    return inOrder([&] { return hearBanner(deadline); }, [&] { return hello("ehlo", deadline); }, [&] { return askStartTls(deadline); });
}

SmtpClient::Done SmtpClient::open(Deadline deadline)
{
    switch (m_target.mode) {
    case TlsMode::None:
        return inOrder([&] { return connect(deadline); }, [&] { return hearBanner(deadline); }, [&] { return hello("ehlo", deadline); });
    case TlsMode::Implicit:
        return inOrder([&] { return openForTls(deadline); }, [&] { return startTls(deadline); }, [&] { return hearBanner(deadline); },
                       [&] { return hello("ehlo-tls", deadline); });
    case TlsMode::StartTls:
        break;
    }
    if (auto done = inOrder([&] { return openForTls(deadline); }, [&] { return startTls(deadline); }); !done)
        return done;
    // What was said in clear may have been forged: only the second EHLO counts.
    m_first = std::exchange(m_capabilities, {});
    if (auto done = hello("ehlo-tls", deadline); !done)
        return done;
    const std::string changes = difference(m_first, m_capabilities);
    m_conversation.note("ehlo-diff", Millis{0}, changes.empty() ? "second EHLO announces the same" : "second EHLO against the first: " + changes);
    return {};
}

SmtpClient::Done SmtpClient::authenticate(Deadline deadline)
{
    if (m_target.user.empty())
        return {};
    m_choice = chooseMechanism(m_capabilities, m_isTls, m_target.credential);
    if (m_choice.mechanism == Mechanism::None) {
        const FaultKind kind = m_isTls ? FaultKind::Auth : FaultKind::Config;
        return std::unexpected(Fault{kind, "auth", m_choice.reason,
                                     !m_isTls ? "Set tls to starttls or implicit, or leave the user out."
                                     : m_target.credential == Credential::Token ? "Enable XOAUTH2 for this user on the relay, or declare smtp.password instead of smtp.token."
                                                                                : "Enable SCRAM-SHA-256, PLAIN or LOGIN for this user on the relay."});
    }
    const auto secret = m_target.secret ? m_target.secret() : std::expected<Secret, Fault>(Secret());
    if (!secret)
        return std::unexpected(secret.error());
    m_conversation.hide(secret->reveal());
    m_conversation.hide(net::toBase64(secret->reveal()));
    switch (m_choice.mechanism) {
    case Mechanism::ScramSha256:
        return authScram(*secret, deadline);
    case Mechanism::XOAuth2:
        return authXOAuth2(*secret, deadline);
    case Mechanism::Login:
        return authLogin(*secret, deadline);
    case Mechanism::Plain:
    case Mechanism::None:
        break;
    }
    return authPlain(*secret, deadline);
}

SmtpClient::Done SmtpClient::authPlain(const Secret &secret, Deadline deadline)
{
    const std::string response = plainResponse(m_target.user, secret.reveal());
    m_conversation.hide(response);
    auto reply = command("auth", "AUTH PLAIN " + response, deadline, "AUTH PLAIN [hidden]");
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->code != 235)
        return std::unexpected(refusal("auth", *reply));
    return {};
}

SmtpClient::Done SmtpClient::authXOAuth2(const Secret &token, Deadline deadline)
{
    const std::string response = xoauth2Response(m_target.user, token.reveal());
    m_conversation.hide(response);
    auto reply = command("auth", "AUTH XOAUTH2 " + response, deadline, "AUTH XOAUTH2 [hidden]");
    if (reply && reply->code == 334) // why, as JSON in base64; the refusal itself follows an empty answer
        reply = command("auth", "", deadline, "[empty]");
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->code != 235)
        return std::unexpected(withHint(refusal("auth", *reply), "The access token is wrong or has ended: renew it where smtp.token comes from."));
    return {};
}

SmtpClient::Done SmtpClient::authLogin(const Secret &secret, Deadline deadline)
{
    auto reply = command("auth", "AUTH LOGIN", deadline);
    if (reply && reply->code == 334)
        reply = command("auth", net::toBase64(m_target.user), deadline, "[user]");
    if (reply && reply->code == 334)
        reply = command("auth", net::toBase64(secret.reveal()), deadline, "[hidden]");
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->code != 235)
        return std::unexpected(refusal("auth", *reply));
    return {};
}

SmtpClient::Done SmtpClient::authScram(const Secret &secret, Deadline deadline)
{
    const auto broken = [](const std::string &why) {
        return std::unexpected(Fault{FaultKind::Auth, "auth", "SCRAM-SHA-256: " + why, "The server may not be the one that it says it is."});
    };
    ScramClient scram(m_target.user, net::randomHex(18));
    auto reply = command("auth", "AUTH SCRAM-SHA-256 " + net::toBase64(scram.first()), deadline, "AUTH SCRAM-SHA-256 [user and nonce]");
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->code != 334)
        return std::unexpected(refusal("auth", *reply));
    const auto serverFirst = net::fromBase64(reply->lines.front());
    const auto answer = serverFirst ? scram.final(*serverFirst, secret.reveal()) : std::unexpected(std::string("a challenge that is not base64"));
    if (!answer)
        return broken(answer.error());
    reply = command("auth", net::toBase64(*answer), deadline, "[hidden]");
    if (!reply)
        return std::unexpected(reply.error());
    // The server's proof comes as a challenge (RFC 4954) or, from some servers, with the 235.
    const bool hasProof = reply->code == 334 || reply->code == 235;
    const auto serverFinal = hasProof ? net::fromBase64(reply->lines.front().substr(reply->lines.front().rfind(' ') + 1)) : std::nullopt;
    if (hasProof && !(serverFinal && scram.isServerProven(*serverFinal)))
        return broken("the server does not prove that it knows the password");
    if (reply->code == 334)
        reply = command("auth", "", deadline, "[empty]");
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->code != 235)
        return std::unexpected(refusal("auth", *reply));
    return {};
}

std::expected<Reply, Fault> SmtpClient::mail(const MailAddress &from, const EnvelopeOptions &options, Deadline deadline)
{
    std::string line = "MAIL FROM:<" + from.text() + ">";
    if (options.size > 0 && m_capabilities.has("SIZE"))
        line += " SIZE=" + std::to_string(options.size);
    if (options.isEightBit && m_capabilities.has("8BITMIME"))
        line += " BODY=8BITMIME";
    if (options.isUtf8 && m_capabilities.has("SMTPUTF8"))
        line += " SMTPUTF8";
    if (!options.envelopeId.empty() && m_capabilities.has("DSN"))
        line += " RET=HDRS ENVID=" + options.envelopeId;
    return command("mail", line, deadline);
}

std::expected<Reply, Fault> SmtpClient::rcpt(const MailAddress &to, const EnvelopeOptions &options, Deadline deadline)
{
    std::string line = "RCPT TO:<" + to.text() + ">";
    if (!options.envelopeId.empty() && m_capabilities.has("DSN"))
        line += " NOTIFY=SUCCESS,FAILURE,DELAY";
    return command("rcpt", line, deadline);
}

std::expected<Reply, Fault> SmtpClient::data(std::string_view stuffed, Deadline deadline)
{
    auto reply = command("data", "DATA", deadline);
    if (!reply || reply->code != 354)
        return reply;
    if (auto sent = m_conversation.send("data", stuffed, deadline.atMost(m_limits.body), "[message, " + std::to_string(stuffed.size()) + " bytes]"); !sent)
        return std::unexpected(sent.error());
    return reply;
}

std::expected<Reply, Fault> SmtpClient::dot(Deadline deadline)
{
    return m_conversation.say("dot", ".", deadline.atMost(m_limits.finalDot));
}

void SmtpClient::reset(Deadline deadline) { [[maybe_unused]] const auto ignored = command("rset", "RSET", deadline); }

void SmtpClient::quit(Deadline deadline) { [[maybe_unused]] const auto ignored = command("quit", "QUIT", deadline.atMost(Millis{2000})); }

} // namespace muster::smtp
