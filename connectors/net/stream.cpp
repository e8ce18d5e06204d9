// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/stream.h"

#include "connectors/net/dialer.h"
#include "connectors/net/resolver.h"
#include "connectors/net/tlssession.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace muster::net {

namespace {

constexpr std::size_t kChunk = 16384;

Millis since(BootTime start) { return std::chrono::round<Millis>(BootClock::now() - start); }

std::string localAddress(int fd)
{
    Address address;
    address.length = sizeof address.storage;
    auto *raw = reinterpret_cast<sockaddr *>(&address.storage); // NOLINT: the sockets API is made that way
    return ::getsockname(fd, raw, &address.length) == 0 ? hostOf(address) : std::string();
}

} // namespace

class Stream::Impl {
public:
    Impl(Descriptor socket, std::string peer, ConnectTimes times, Interrupter &interrupter) :
        m_socket(std::move(socket)), m_interrupter(interrupter), m_peer(std::move(peer)), m_local(localAddress(m_socket.get())), m_times(times) {}

    std::expected<void, Fault> startTls(const TlsOptions &options, const std::string &host, Deadline deadline);
    std::expected<std::size_t, Fault> readSome(std::span<char> buffer, Deadline deadline);
    std::expected<void, Fault> writeAll(std::string_view bytes, Deadline deadline);
    std::expected<std::string, Fault> readLine(std::size_t limit, Deadline deadline);
    [[nodiscard]] bool hasPending() const;

    [[nodiscard]] bool isTls() const { return m_tls != nullptr; }
    [[nodiscard]] const TlsInfo &tls() const { return m_tlsInfo; }
    [[nodiscard]] const ConnectTimes &times() const { return m_times; }
    [[nodiscard]] const std::string &peer() const { return m_peer; }
    [[nodiscard]] const std::string &local() const { return m_local; }

private:
    Descriptor m_socket;
    Interrupter &m_interrupter;
    std::unique_ptr<TlsSession> m_tls; ///< after m_socket: goes first, sends its close_notify on it
    TlsInfo m_tlsInfo;
    std::string m_peer;
    std::string m_local;
    ConnectTimes m_times;
    std::string m_ahead; ///< read, and not handed out yet
    bool m_isBroken = false;

    std::unexpected<Fault> fail(Fault fault);
    std::optional<Fault> obstacle(const char *stage);
    std::optional<Fault> await(short events, Deadline deadline, const char *stage);
    std::expected<std::size_t, Fault> receive(std::span<char> buffer, Deadline deadline);
    TlsSession::Step receiveOnce(std::span<char> buffer);
    TlsSession::Step sendOnce(std::string_view bytes);
    [[nodiscard]] Fault ioFault(const char *stage) const;
    [[nodiscard]] bool hasClearBytes() const;
};

std::unexpected<Fault> Stream::Impl::fail(Fault fault)
{
    m_isBroken = true;
    ::shutdown(m_socket.get(), SHUT_RDWR); // the owner may keep a broken stream for a while; the server need not
    return std::unexpected(std::move(fault));
}

std::optional<Fault> Stream::Impl::obstacle(const char *stage)
{
    if (m_interrupter.isInterrupted())
        return cancelledFault(stage);
    if (m_isBroken)
        return Fault{FaultKind::Unavailable, stage, "the connection to " + m_peer + " is not usable any more", ""};
    return std::nullopt;
}

std::optional<Fault> Stream::Impl::await(short events, Deadline deadline, const char *stage)
{
    switch (waitFor(m_socket.get(), events, deadline, m_interrupter)) {
    case Wake::Ready:
        return std::nullopt;
    case Wake::Interrupted:
        return cancelledFault(stage);
    case Wake::TimedOut:
        break;
    }
    return Fault{FaultKind::Timeout, stage, "no answer from " + m_peer + " in time", "The server is slow, stopped or overloaded: look at its host."};
}

Fault Stream::Impl::ioFault(const char *stage) const
{
    if (m_tls && !m_tls->failure().detail.empty()) {
        Fault fault = m_tls->failure();
        fault.detail = m_peer + ": " + fault.detail;
        return fault;
    }
    return {FaultKind::Unavailable, stage, m_peer + ": " + (errno == 0 ? std::string("closed by the server") : errorText(errno)),
            "The connection was lost; the server may have been restarted."};
}

/// One recv() or SSL_read(); errno is 0 at end of stream.
TlsSession::Step Stream::Impl::receiveOnce(std::span<char> buffer)
{
    using Want = TlsSession::Want;
    if (m_tls)
        return m_tls->read(buffer);
    errno = 0;
    const auto got = ::recv(m_socket.get(), buffer.data(), buffer.size(), 0);
    if (got > 0)
        return {Want::Nothing, static_cast<std::size_t>(got)};
    if (got == 0)
        return {Want::Closed, 0};
    return {errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Want::Read : Want::Failed, 0};
}

TlsSession::Step Stream::Impl::sendOnce(std::string_view bytes)
{
    using Want = TlsSession::Want;
    if (m_tls)
        return m_tls->write(bytes);
    const auto sent = ::send(m_socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0)
        return {Want::Nothing, static_cast<std::size_t>(sent)};
    return {errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Want::Write : Want::Failed, 0};
}

std::expected<std::size_t, Fault> Stream::Impl::receive(std::span<char> buffer, Deadline deadline)
{
    if (auto stop = obstacle("protocol"))
        return fail(*stop);
    for (;;) {
        const auto [want, bytes] = receiveOnce(buffer);
        switch (want) {
        case TlsSession::Want::Nothing:
            return bytes;
        case TlsSession::Want::Closed:
            errno = 0;
            return fail(ioFault("protocol"));
        case TlsSession::Want::Failed:
            return fail(ioFault("protocol"));
        case TlsSession::Want::Read:
        case TlsSession::Want::Write:
            if (auto stop = await(want == TlsSession::Want::Read ? POLLIN : POLLOUT, deadline, "protocol"))
                return fail(*stop);
        }
    }
}

std::expected<std::size_t, Fault> Stream::Impl::readSome(std::span<char> buffer, Deadline deadline)
{
    if (buffer.empty())
        return fail({FaultKind::Protocol, "protocol", "a read into an empty buffer", ""});
    if (m_ahead.empty())
        return receive(buffer, deadline);
    const std::size_t count = std::min(buffer.size(), m_ahead.size());
    std::memcpy(buffer.data(), m_ahead.data(), count);
    m_ahead.erase(0, count);
    return count;
}

std::expected<void, Fault> Stream::Impl::writeAll(std::string_view bytes, Deadline deadline)
{
    if (auto stop = obstacle("protocol"))
        return fail(*stop);
    while (!bytes.empty()) {
        const auto [want, sent] = sendOnce(bytes);
        switch (want) {
        case TlsSession::Want::Nothing:
            bytes.remove_prefix(sent);
            break;
        case TlsSession::Want::Closed:
        case TlsSession::Want::Failed:
            return fail(ioFault("protocol"));
        case TlsSession::Want::Read:
        case TlsSession::Want::Write:
            if (auto stop = await(want == TlsSession::Want::Read ? POLLIN : POLLOUT, deadline, "protocol"))
                return fail(*stop);
        }
    }
    return {};
}

std::expected<std::string, Fault> Stream::Impl::readLine(std::size_t limit, Deadline deadline)
{
    std::size_t searched = 0;
    for (;;) {
        const std::size_t end = m_ahead.find('\n', searched);
        if (end != std::string::npos && end <= limit) {
            std::string line = m_ahead.substr(0, end);
            m_ahead.erase(0, end + 1);
            if (line.ends_with('\r'))
                line.pop_back();
            return line;
        }
        if (end != std::string::npos || m_ahead.size() > limit)
            return fail({FaultKind::TooLarge, "protocol", m_peer + ": a line longer than " + std::to_string(limit) + " bytes",
                         "Check that the port belongs to the service that is declared."});
        searched = m_ahead.size();
        std::array<char, kChunk> chunk; // NOLINT: filled by receive
        const auto got = receive(chunk, deadline);
        if (!got)
            return std::unexpected(got.error());
        m_ahead.append(chunk.data(), *got);
    }
}

bool Stream::Impl::hasClearBytes() const
{
    char byte = 0;
    return !m_ahead.empty() || ::recv(m_socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool Stream::Impl::hasPending() const
{
    if (!m_ahead.empty() || (m_tls && m_tls->hasPending()))
        return true;
    pollfd set{m_socket.get(), POLLIN, 0};
    return ::poll(&set, 1, 0) > 0;
}

std::expected<void, Fault> Stream::Impl::startTls(const TlsOptions &options, const std::string &host, Deadline deadline)
{
    if (auto stop = obstacle("tls"))
        return fail(*stop);
    // In TLS the client speaks first: whatever is here already was put in by someone in clear, to be read as if it came by TLS.
    if (m_tls || hasClearBytes())
        return fail({FaultKind::Protocol, "tls", m_peer + " sent bytes in clear before the TLS handshake",
                     "Either the port does not speak TLS at once, or someone on the way injects answers."});
    const BootTime start = BootClock::now();
    auto session = TlsSession::create(m_socket.get(), options, host);
    if (!session)
        return fail(session.error());
    m_tls = std::move(*session);
    for (;;) {
        const auto want = m_tls->handshake().want;
        if (want == TlsSession::Want::Nothing)
            break;
        if (want == TlsSession::Want::Closed || want == TlsSession::Want::Failed)
            return fail(ioFault("tls"));
        if (auto stop = await(want == TlsSession::Want::Read ? POLLIN : POLLOUT, deadline, "tls"))
            return fail(*stop);
    }
    m_times.tls = since(start);
    auto info = m_tls->finish();
    if (!info)
        return fail(info.error());
    m_tlsInfo = std::move(*info);
    return {};
}

Stream::Stream(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Stream::~Stream() = default;

std::expected<std::unique_ptr<Stream>, Fault> Stream::connect(const Endpoint &endpoint, Deadline deadline, Interrupter &interrupter,
                                                              std::vector<Attempt> *attempts)
{
    if (interrupter.isInterrupted())
        return std::unexpected(cancelledFault("dns"));
    ConnectTimes times;
    const BootTime start = BootClock::now();
    auto addresses = resolve(endpoint.host, endpoint.port, deadline, interrupter);
    times.dns = since(start);
    if (!addresses)
        return std::unexpected(addresses.error());
    const BootTime resolved = BootClock::now();
    auto dialled = dial(*addresses, deadline, interrupter, attempts);
    times.tcp = since(resolved);
    if (!dialled)
        return std::unexpected(dialled.error());
    return std::unique_ptr<Stream>(new Stream(std::make_unique<Impl>(std::move(dialled->socket), dialled->peer.text, times, interrupter)));
}

std::expected<void, Fault> Stream::startTls(const TlsOptions &options, const std::string &host, Deadline deadline)
{
    return m_impl->startTls(options, host, deadline);
}
std::expected<std::size_t, Fault> Stream::readSome(std::span<char> buffer, Deadline deadline) { return m_impl->readSome(buffer, deadline); }
std::expected<void, Fault> Stream::writeAll(std::string_view bytes, Deadline deadline) { return m_impl->writeAll(bytes, deadline); }
std::expected<std::string, Fault> Stream::readLine(std::size_t limit, Deadline deadline) { return m_impl->readLine(limit, deadline); }
bool Stream::hasPending() const { return m_impl->hasPending(); }
bool Stream::isTls() const { return m_impl->isTls(); }
const TlsInfo &Stream::tls() const { return m_impl->tls(); }
const ConnectTimes &Stream::times() const { return m_impl->times(); }
const std::string &Stream::peer() const { return m_impl->peer(); }
const std::string &Stream::local() const { return m_impl->local(); }

Fault cancelledFault(std::string stage)
{
    return {FaultKind::Cancelled, std::move(stage), "stopped before an answer came", ""};
}

} // namespace muster::net
