// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/certificate.h"
#include "models/facts/fault.h"

#include <string>

/// OpenSSL's errors in words for an operator. Inside connectors/net only.
namespace muster::net {

/// Empties this thread's error queue: "no such file; PEM lib".
[[nodiscard]] std::string opensslErrors();

/// Words for one verification error: OpenSSL's, with the certificate and what would have been right.
[[nodiscard]] std::string verifyWords(int code, const Certificate &at, const std::string &wantedName);

/// The next step for it.
[[nodiscard]] std::string verifyHint(int code);

/// Fault of a handshake or of an established session. `number` is errno of the failed call.
/// Config when the local library is what refuses (versions, ciphers); Unavailable when an established session was cut.
[[nodiscard]] Fault sessionFault(int sslError, int number, const std::string &host, bool isEstablished);

} // namespace muster::net
