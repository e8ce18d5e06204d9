// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/pgconnector.h"

#include "connectors/net/handshakewitness.h"
#include "connectors/net/resolver.h"
#include "connectors/net/stream.h"
#include "connectors/postgres/pgfaults.h"

#include <libpq-fe.h>

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace muster::postgres {

namespace {

/// One address to dial. `hostaddr` is empty for a local socket.
struct Candidate {
    std::string host;
    std::string hostaddr;
    std::string port;
    std::string label;
};

Millis since(BootTime start)
{
    return std::chrono::duration_cast<Millis>(BootClock::now() - start);
}

std::vector<std::string> splitByComma(const std::string &text)
{
    std::vector<std::string> parts;
    std::size_t start = 0;
    for (std::size_t comma = text.find(','); comma != std::string::npos; comma = text.find(',', start)) {
        parts.push_back(text.substr(start, comma - start));
        start = comma + 1;
    }
    parts.push_back(text.substr(start));
    return parts;
}

std::expected<std::vector<Candidate>, Fault> candidates(const ConnectionParameters &parameters, Deadline deadline,
                                                        const net::Interrupter &interrupter)
{
    const auto hosts = splitByComma(parameters.get("hostaddr").empty() ? parameters.host() : parameters.get("hostaddr"));
    const auto names = splitByComma(parameters.get("host"));
    const auto ports = splitByComma(parameters.port());
    std::vector<Candidate> result;
    std::optional<Fault> fault;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const std::string &host = hosts[i];
        const std::string &name = i < names.size() && !names[i].empty() ? names[i] : host;
        const std::string &port = ports.size() == hosts.size() ? ports[i] : ports.front();
        if (host.empty() || host.starts_with('/') || host.starts_with('@')) {
            result.push_back({ host, "", port, (host.empty() ? "local socket" : host) + ":" + port });
            continue;
        }
        std::uint16_t number = 0;
        if (const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
            error != std::errc() || *end != '\0' || number == 0)
            return std::unexpected(Fault{ FaultKind::Config, "configuration", "port \"" + port + "\" is not a number from 1 to 65535",
                                          "Correct the port in the url." });
        const auto addresses = net::resolve(host, number, deadline, interrupter);
        if (!addresses) {
            fault = addresses.error();
            continue;
        }
        for (const auto &address : *addresses)
            result.push_back({ name, net::hostOf(address), port, address.text });
    }
    if (result.empty() && fault)
        return std::unexpected(*fault);
    return result;
}

/// libpq's keywords for one address.
std::map<std::string, std::string> keywordsFor(const ConnectionParameters &parameters, const Candidate &candidate,
                                               const SessionOptions &options, const std::string &sslmode)
{
    auto keywords = parameters.keywords();
    keywords.erase("dial");
    keywords.erase("hostaddr");
    if (!candidate.host.empty())
        keywords["host"] = candidate.host;
    if (!candidate.hostaddr.empty())
        keywords["hostaddr"] = candidate.hostaddr;
    keywords["port"] = candidate.port;
    keywords["sslmode"] = sslmode;
    keywords["application_name"] = options.applicationName.substr(0, 63);
    keywords["client_encoding"] = "UTF8";
    keywords.emplace("gssencmode", "disable"); // a Kerberos look-up would block, and nobody asked for it
    keywords.emplace("tcp_user_timeout", "10000");
    keywords.emplace("keepalives_idle", "10");
    keywords.emplace("keepalives_interval", "5");
    return keywords;
}

PgHandle startConnect(const std::map<std::string, std::string> &keywords, const Secret &password)
{
    std::vector<const char *> names;
    std::vector<const char *> values;
    for (const auto &[name, value] : keywords) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    if (!password.isEmpty()) {
        names.push_back("password");
        values.push_back(password.reveal().c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    return PgHandle(PQconnectStartParams(names.data(), values.data(), 0)); // 0: dbname is a name, never a connection string
}

ConnectStage stageOf(ConnStatusType status, ConnectStage before)
{
    switch (status) {
    case CONNECTION_STARTED:
    case CONNECTION_NEEDED:
        return ConnectStage::Tcp;
    case CONNECTION_SSL_STARTUP:
        return ConnectStage::Tls;
    case CONNECTION_MADE:
    case CONNECTION_AWAITING_RESPONSE:
        return ConnectStage::Protocol;
    case CONNECTION_AUTH_OK:
    case CONNECTION_CHECK_WRITABLE:
    case CONNECTION_CHECK_TARGET:
    case CONNECTION_CHECK_STANDBY:
    case CONNECTION_CONSUME:
        return ConnectStage::Session;
    default:
        return before;
    }
}

void noteStage(ConnectStage stage, BootTime &since_, ConnectionInfo &info)
{
    const Millis took = since(std::exchange(since_, BootClock::now()));
    if (stage == ConnectStage::Tcp)
        info.tcp += took;
    else if (stage == ConnectStage::Tls)
        info.tls += took;
    else
        info.auth += took;
}

Fault failed(PGconn *connection, ConnectStage stage, const Candidate &candidate, const net::HandshakeWitness &witness = {})
{
    if (PQconnectionNeedsPassword(connection))
        return { FaultKind::Auth, "auth", candidate.label + ": the server asks for a password and none is declared",
                 "Declare \"password\" in the environment file, or add a line to the passfile." };
    std::string message = PQerrorMessage(connection);
    if (const auto reason = witness.verifyError(); !reason.empty() && stage == ConnectStage::Tls) {
        while (message.ends_with('\n'))
            message.pop_back();
        message += ": " + reason;
    }
    return connectFault(stage, message, candidate.label);
}

/// Drives one connect to its end. The socket may change between two polls.
std::expected<void, Fault> drive(PGconn *connection, const Candidate &candidate, Deadline deadline, const net::Interrupter &interrupter,
                                 ConnectionInfo &info)
{
    auto stage = ConnectStage::Tcp;
    auto stageStart = BootClock::now();
    auto wanted = PGRES_POLLING_WRITING;
    net::HandshakeWitness witness;
    while (wanted != PGRES_POLLING_OK) {
        if (wanted == PGRES_POLLING_FAILED || PQstatus(connection) == CONNECTION_BAD)
            return std::unexpected(failed(connection, stage, candidate, witness));
        const int socket = PQsocket(connection);
        if (socket < 0)
            return std::unexpected(failed(connection, stage, candidate, witness));
        switch (net::waitFor(socket, wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline, interrupter)) {
        case net::Wake::Interrupted:
            return std::unexpected(net::cancelledFault(std::string(toString(stage))));
        case net::Wake::TimedOut:
            return std::unexpected(connectTimeout(stage, candidate.label));
        case net::Wake::Ready:
            break;
        }
        witness.watch(PQsslStruct(connection, "OpenSSL"));
        const auto before = stage;
        wanted = PQconnectPoll(connection);
        stage = stageOf(PQstatus(connection), before);
        if (stage != before)
            noteStage(before, stageStart, info);
        info.isServed = info.isServed || (stage != before && (before == ConnectStage::Tls || stage == ConnectStage::Session));
    }
    noteStage(stage, stageStart, info);
    return {};
}

std::expected<PgHandle, Fault> attempt(const ConnectionParameters &parameters, const Secret &password, const SessionOptions &options,
                                       const std::string &sslmode, const Candidate &candidate, Deadline deadline,
                                       const net::Interrupter &interrupter, ConnectionInfo &info)
{
    info.tcp = info.tls = info.auth = Millis{ 0 };
    auto handle = startConnect(keywordsFor(parameters, candidate, options, sslmode), password);
    if (!handle)
        return std::unexpected(
            Fault{ FaultKind::Unavailable, "tcp", "libpq could not allocate a connection", "Free memory on this machine." });
    // Verbose: the message of a refused login then carries the SQLSTATE, which no other call tells.
    PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);
    PQsetNoticeProcessor(handle.get(), [](void *, const char *) { }, nullptr);
    if (PQstatus(handle.get()) == CONNECTION_BAD)
        return std::unexpected(failed(handle.get(), ConnectStage::Tcp, candidate));
    if (auto driven = drive(handle.get(), candidate, deadline, interrupter, info); !driven)
        return std::unexpected(driven.error());
    PQsetErrorVerbosity(handle.get(), PQERRORS_DEFAULT);
    info.address = candidate.label;
    return handle;
}

/// On a very near server the whole handshake may happen within one call of libpq, which then frees the session with the reason in it.
/// Another try costs no login and nearly always sees it: "expired" and "unknown authority" are different nights for an operator.
bool isReasonMissing(const Fault &fault)
{
    return fault.kind == FaultKind::Tls && fault.detail.ends_with("certificate verify failed");
}

/// Trying another address would change nothing, or would count as another wrong password.
bool isFinal(const Fault &fault)
{
    return fault.kind == FaultKind::Auth || fault.kind == FaultKind::Config || fault.kind == FaultKind::Denied
        || fault.kind == FaultKind::Cancelled || fault.kind == FaultKind::Tls;
}

} // namespace

void PgHandleCloser::operator()(pg_conn *connection) const noexcept
{
    PQfinish(connection); // the socket is non-blocking: a stopped server cannot hold the goodbye
}

std::expected<PgHandle, Fault> openConnection(const ConnectionParameters &parameters, const Secret &password, const SessionOptions &options,
                                              Deadline deadline, const net::Interrupter &interrupter, ConnectionInfo &info)
{
    const auto start = BootClock::now();
    const auto addresses = candidates(parameters, deadline, interrupter);
    info.dns = since(start);
    if (!addresses)
        return std::unexpected(addresses.error());

    const bool isPreferred = parameters.sslmode() == "prefer" || parameters.sslmode() == "allow";
    Fault fault;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        const auto left = static_cast<long>(addresses->size() - i);
        const auto own = deadline.atMost(deadline.left() / left);
        const auto &candidate = (*addresses)[i];
        const bool isTlsPossible = !candidate.hostaddr.empty();
        const std::string sslmode = isPreferred ? (isTlsPossible ? "require" : "disable") : parameters.sslmode();
        auto handle = attempt(parameters, password, options, sslmode, candidate, own, interrupter, info);
        for (int retry = 0; retry < 3 && !handle && isReasonMissing(handle.error()); ++retry)
            handle = attempt(parameters, password, options, sslmode, candidate, own, interrupter, info);
        if (!handle && isPreferred && isTlsPossible && handle.error().kind == FaultKind::Tls)
            handle = attempt(parameters, password, options, "disable", candidate, own, interrupter, info);
        if (handle)
            return handle;
        fault = handle.error();
        if (isFinal(fault))
            break;
    }
    return std::unexpected(fault);
}

} // namespace muster::postgres
