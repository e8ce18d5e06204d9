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
    std::string stage;  ///< how far it came: a word of the list at the end of this file
    std::string detail; ///< what was seen, with address and the server's own words
    std::string hint;   ///< the next step, a whole sentence

    friend bool operator==(const Fault &, const Fault &) = default;
};

} // namespace muster

/// Stages of a source, in the order in which a round comes to them; the same words for every connector (the test `arch` holds them to it):
///   configuration  the environment file or its profile asks for something that cannot be    secret  where the credentials are kept
///   dns            the name            tcp  the address and port            tls  STARTTLS, handshake, chain, name
///   protocol       greeting, version and shape of the answers, a connection that breaks    auth  the credentials
///   privileges     logged in, but a right is missing    role  not the kind of server that was declared    query  one question
///   file           a file of the local disk             deadline  the whole round took too long
/// Actions name their own steps beside these ("dump", "rcpt", "preflight").
