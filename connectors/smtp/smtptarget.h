// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/imap/mailboxtarget.h"
#include "connectors/net/stream.h"
#include "connectors/smtp/smtpauth.h"
#include "models/ports/secret.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster::smtp {

enum class TlsMode : std::uint8_t {
    StartTls, ///< required: a server that does not offer it is refused
    Implicit, ///< TLS at once (465)
    None,     ///< the environment says so; credentials are never sent then
};

/// The mail relay as the environment declares it.
struct Target {
    std::string id = "smtp/main";
    std::string environment; ///< its name, for the subject of the test mail
    std::string host;
    std::uint16_t port = 587;
    std::string user;        ///< "" = no authentication
    SecretProvider secret;
    Credential credential = Credential::Password; ///< what `secret` is
    net::TlsOptions tls;     ///< files, pins, verifyName; whether TLS is spoken says `mode`
    TlsMode mode = TlsMode::StartTls;
    std::string from;
    std::vector<std::string> to;
    std::string heloName;    ///< "" = address literal of the own socket
    std::optional<imap::MailboxTarget> mailbox; ///< where the test mail arrives, to prove it
    std::vector<std::string> egress;            ///< addresses from which the relay sends on; empty = the relay's own
    std::string dkimSelector;                   ///< "" = not known
    std::string dkimDomain;                     ///< "" = the sender's domain
    std::string dnsServers;                     ///< "" = the system's

    [[nodiscard]] net::Endpoint endpoint() const { return {host, port}; }
};

/// How long each stage may take. The defaults are for the action: an operator looks on and can cancel.
/// The final dot has the ten minutes of RFC 5321 4.5.3.2.6: giving up there would leave open whether the mail is on its way.
struct StageLimits {
    Millis connect{10000};
    Millis banner{30000};
    Millis command{30000};
    Millis tls{10000};
    Millis body{60000};
    Millis finalDot{600000};
};

} // namespace muster::smtp
