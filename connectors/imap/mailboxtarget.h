// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/stream.h"
#include "models/ports/secret.h"

#include <cstdint>
#include <string>

namespace muster::imap {

/// The mailbox that the test mails go to. TLS always: from the first byte, or by STARTTLS.
struct MailboxTarget {
    std::string host;
    std::uint16_t port = 993;
    bool isImplicit = true; ///< imaps://; else STARTTLS, required
    std::string user;
    SecretProvider secret;
    std::string folder = "INBOX";
    net::TlsOptions tls;

    /// "imaps://oncall@mail.example:993/INBOX"
    [[nodiscard]] std::string display() const;
};

} // namespace muster::imap
