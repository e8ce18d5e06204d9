// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/stream.h"

#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace muster::tls {

/// Whether the server still accepts TLS 1.0 or 1.1.
struct Legacy {
    bool isChecked = false; ///< false: `why` says what was in the way (local library, time); never a pass
    bool isOffered = false;
    std::string version;    ///< "TLSv1.1" when offered
    std::string why;
};

/// What one address showed.
struct Observation {
    net::TlsInfo info; ///< isVerified and verifyError say whether a client may trust it
    net::ConnectTimes times;
    std::string peer;
    Legacy legacy;
};

/// Opens a fresh connection on which TLS can start at once (after STARTTLS where the protocol has it).
using Opener = std::function<std::expected<std::unique_ptr<net::Stream>, Fault>(Deadline)>;

/// Looks at a server's TLS without trusting it: a certificate that does not verify is an observation, not a fault.
/// A Fault (stages dns, tcp, tls) means that no handshake came about. Sends no application data. Three connections with the legacy check.
[[nodiscard]] std::expected<Observation, Fault> probe(const net::Endpoint &endpoint, const net::TlsOptions &options, Deadline deadline,
                                                      net::Interrupter &interrupter);
/// The same over connections of the caller's making.
[[nodiscard]] std::expected<Observation, Fault> probe(const Opener &open, const std::string &host, const net::TlsOptions &options, Deadline deadline);

/// Separate handshakes pinned to 1.1 and to 1.0, security level 0.
[[nodiscard]] Legacy checkLegacy(const Opener &open, const std::string &host, const net::TlsOptions &options, Deadline deadline);

} // namespace muster::tls
