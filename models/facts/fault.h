// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

/// Why a source or an action could not do its work. The names are part of the JSON contract.
enum class FaultKind : std::uint8_t {
    Refused,     ///< the address answers, the port does not; or the server turned us away
    Timeout,     ///< a deadline passed
    Dns,         ///< the name does not resolve
    Tls,         ///< handshake, chain, name or version
    Auth,        ///< wrong credentials; not retried by itself faster than every 30 s
    Denied,      ///< authenticated, but a right is missing
    Protocol,    ///< an answer that the protocol does not allow
    Unavailable, ///< the server says that it cannot serve now (starting up, loading, read-only, connection lost)
    TooLarge,    ///< an answer over the byte, element or depth cap
    Config,      ///< the environment asks for something that cannot be (missing file, missing secret)
    Cancelled,   ///< the operator or the program's end stopped it
};

/// "refused", "too-large", ...
[[nodiscard]] std::string_view toString(FaultKind kind);

/// All text is plain; server text in `detail` is clamped. No secret ever.
struct Fault {
    FaultKind kind = FaultKind::Unavailable;
    std::string stage;  ///< "dns", "tcp", "tls", "protocol", "auth", "query", ...
    std::string detail; ///< what was seen, with address and the server's own words
    std::string hint;   ///< the next step, a whole sentence

    friend bool operator==(const Fault &, const Fault &) = default;
};

} // namespace muster
