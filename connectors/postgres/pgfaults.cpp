// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/pgfaults.h"

#include "models/facts/fact.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace muster::postgres {

namespace {

constexpr std::size_t kDetailLimit = 512;

struct StateRow {
    std::string_view state; ///< SQLSTATE, or its first characters
    FaultKind kind;
    std::string_view stage;
    std::string_view hint;
};

/// https://www.postgresql.org/docs/current/errcodes-appendix.html
constexpr std::array kConnectStates{
    StateRow{ "28P01", FaultKind::Auth, "auth", "Check the user and where its password comes from; it is not tried again for 30 s." },
    StateRow{ "28000", FaultKind::Auth, "auth",
              "pg_hba.conf turns this user, address, database or encryption away: add a line for it (hostssl ... scram-sha-256) and reload "
              "the server." },
    StateRow{ "28", FaultKind::Auth, "auth", "The server refused this login." },
    StateRow{ "3D000", FaultKind::Config, "configuration", "Name an existing database in the url or in \"databases\"." },
    StateRow{ "42501", FaultKind::Denied, "privileges", "GRANT CONNECT ON DATABASE to this role." },
    StateRow{
        "53300", FaultKind::Unavailable, "protocol",
        "All connections are taken: end idle sessions or raise max_connections; a pooler in front keeps applications below the limit." },
    StateRow{ "53", FaultKind::Unavailable, "protocol", "The server is out of a resource (memory, disk, connections): look at its log." },
    StateRow{ "57P03", FaultKind::Unavailable, "protocol",
              "The server runs but does not accept connections yet: starting up, in recovery or shutting down." },
    StateRow{ "57P", FaultKind::Unavailable, "protocol", "The server is shutting down or restarting." },
    StateRow{ "08", FaultKind::Protocol, "protocol", "The other end, a pooler perhaps, refused the connection: its log says why." },
    StateRow{ "0A", FaultKind::Protocol, "protocol", "The server does not speak this protocol version." },
};

const StateRow *findState(std::string_view state)
{
    const auto *found =
        std::ranges::find_if(kConnectStates, [state](const StateRow &row) { return !state.empty() && state.starts_with(row.state); });
    return found == kConnectStates.end() ? nullptr : found;
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

/// Drops the LOCATION line of a verbose message and the line's end.
std::string shortened(std::string_view message)
{
    if (const auto location = message.find("\nLOCATION:"); location != std::string_view::npos)
        message = message.substr(0, location);
    while (!message.empty() && std::isspace(static_cast<unsigned char>(message.back())))
        message.remove_suffix(1);
    return clamp(message, kDetailLimit);
}

Fault tcpFault(std::string detail, std::string_view message)
{
    if (contains(message, std::strerror(ECONNREFUSED))) // NOLINT(concurrency-mt-unsafe): glibc's is thread-safe
        return { FaultKind::Refused, "tcp", std::move(detail),
                 "Nothing listens there: is the server running, and do host and port fit listen_addresses and port?" };
    if (contains(message, std::strerror(ENOENT))) // NOLINT(concurrency-mt-unsafe)
        return { FaultKind::Refused, "tcp", std::move(detail),
                 "There is no such socket: is the server running, and does the directory fit unix_socket_directories?" };
    if (contains(message, std::strerror(ETIMEDOUT))) // NOLINT(concurrency-mt-unsafe)
        return { FaultKind::Timeout, "tcp", std::move(detail), "The address does not answer: look at firewall, VPN and routing." };
    return { FaultKind::Unavailable, "tcp", std::move(detail),
             "The network does not reach this address: look at VPN, routing and firewall." };
}

Fault tlsFault(std::string detail, std::string_view message)
{
    if (contains(message, "does not support SSL"))
        return { FaultKind::Tls, "tls", std::move(detail),
                 "Turn ssl on in the server, or say sslmode=disable in the url if a clear connection is meant." };
    if (contains(message, "invalid response to SSL"))
        return { FaultKind::Protocol, "protocol", std::move(detail), "This is no PostgreSQL server: check host and port." };
    if (contains(message, "certificate has expired"))
        return { FaultKind::Tls, "tls", std::move(detail), "Renew the server's certificate and reload the server." };
    if (contains(message, "does not match host name"))
        return { FaultKind::Tls, "tls", std::move(detail), "Use a name that the certificate carries, or declare it as verifyName." };
    if (contains(message, "certificate verify failed"))
        return { FaultKind::Tls, "tls", std::move(detail),
                 "The certificate is not signed by a known authority: declare the right file as \"ca\"." };
    if (contains(message, "root certificate file"))
        return { FaultKind::Config, "tls", std::move(detail), "Declare the certificate authority's file as \"ca\"." };
    return { FaultKind::Tls, "tls", std::move(detail),
             "The TLS handshake failed: compare versions, ciphers and client certificate with the server's settings." };
}

} // namespace

std::string_view toString(ConnectStage stage)
{
    static constexpr std::array<std::string_view, 5> kNames{ "tcp", "tls", "protocol", "auth", "query" };
    return kNames[static_cast<std::size_t>(stage)];
}

// FATAL:  28P01: password authentication failed for user "oncall"
// LOCATION:  auth_failed, auth.c:335
std::string_view sqlStateOf(std::string_view message)
{
    for (std::size_t i = 0; i + 8 <= message.size(); ++i) {
        if (message.substr(i, 3) != ":  " || (i + 8 < message.size() && message[i + 8] != ':'))
            continue;
        const auto state = message.substr(i + 3, 5);
        if (std::ranges::all_of(state, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }))
            return state;
    }
    return {};
}

Fault connectFault(ConnectStage stage, std::string_view message, std::string_view address)
{
    auto detail = std::string(address) + ": " + shortened(message);
    auto state = sqlStateOf(message);
    if (state == "08P01" && (contains(message, "authentication failed") || contains(message, "no such user")))
        state = "28P01"; // PgBouncer has one state for whatever it refuses
    if (const auto *row = findState(state)) {
        if (row->state == "53300") // "remaining connection slots are reserved ..." is not everybody's word for it
            detail = std::string(address) + ": all connections are taken: " + shortened(message);
        const bool isTlsAsked = row->state == "28000" && contains(message, "no encryption");
        return { row->kind, std::string(row->stage), std::move(detail),
                 isTlsAsked ? "The server wants an encrypted connection: say sslmode=verify-full in the url." : std::string(row->hint) };
    }
    switch (stage) {
    case ConnectStage::Tcp:
        return tcpFault(std::move(detail), message);
    case ConnectStage::Tls:
        return tlsFault(std::move(detail), message);
    case ConnectStage::Auth:
        return { FaultKind::Auth, "auth", std::move(detail),
                 "Check the user and where its password comes from; it is not tried again for 30 s." };
    case ConnectStage::Protocol:
    case ConnectStage::Session:
        break;
    }
    if (contains(message, "does not match host name") || contains(message, "certificate"))
        return tlsFault(std::move(detail), message);
    if (contains(message, "unexpectedly"))
        return { FaultKind::Unavailable, std::string(toString(stage)), std::move(detail),
                 "The server closed the connection: look at its log, it may be restarting." };
    return { FaultKind::Protocol, std::string(toString(stage)), std::move(detail), "The answer is not PostgreSQL's: check host and port." };
}

Fault connectTimeout(ConnectStage stage, std::string_view address)
{
    const std::string where(address);
    switch (stage) {
    case ConnectStage::Tcp:
        return { FaultKind::Timeout, "tcp", where + ": no answer to the connect",
                 "The address does not answer: look at firewall, VPN and routing." };
    case ConnectStage::Tls:
        return { FaultKind::Timeout, "tls", where + ": connected, then silence during the TLS handshake",
                 "The port is open but the server does not work: it may be stopped, overloaded or no PostgreSQL." };
    case ConnectStage::Protocol:
        return { FaultKind::Timeout, "protocol", where + ": connected, then no answer to the startup message",
                 "The port is open but the server does not work: it may be stopped, overloaded or no PostgreSQL." };
    case ConnectStage::Auth:
    case ConnectStage::Session:
        break;
    }
    return { FaultKind::Timeout, std::string(toString(stage)), where + ": the login did not end in time",
             "The server accepts connections but is very slow: look at its load and locks." };
}

Fault queryFault(std::string_view sqlState, std::string_view message, bool isConnectionLost)
{
    auto detail = (sqlState.empty() ? std::string() : std::string(sqlState) + ": ") + shortened(message);
    if (sqlState == "42501")
        return { FaultKind::Denied, "privileges", std::move(detail), "A right is missing for this role." };
    if (sqlState == "57014" || sqlState == "55P03")
        return { FaultKind::Timeout, "query", std::move(detail),
                 "The statement was ended by statement_timeout or lock_timeout: the server is busy, or a lock is held." };
    if (isConnectionLost || sqlState.starts_with("57P") || sqlState.starts_with("08"))
        return { FaultKind::Unavailable, "query", std::move(detail),
                 "The connection was lost: the server restarts, or somebody ended this session." };
    return { FaultKind::Protocol, "query", std::move(detail), "The server could not run this statement." };
}

} // namespace muster::postgres
