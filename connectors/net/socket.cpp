// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace muster::net {

namespace {

void setOption(int fd, int level, int option, int value)
{
    // Best effort: a kernel without the option still gives a working socket.
    ::setsockopt(fd, level, option, &value, sizeof value);
}

struct NumericNames {
    std::string host;
    std::string port;
};

NumericNames namesOf(const sockaddr *raw, socklen_t length)
{
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    if (::getnameinfo(raw, length, host.data(), host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return {"?", "?"};
    return {host.data(), port.data()};
}

} // namespace

Descriptor::~Descriptor() { close(); }

void Descriptor::close() noexcept
{
    if (m_fd >= 0)
        ::close(std::exchange(m_fd, -1));
}

const sockaddr *Address::raw() const
{
    return reinterpret_cast<const sockaddr *>(&storage); // NOLINT: the sockets API is made that way
}

Address Address::of(const sockaddr *raw, socklen_t length)
{
    Address address;
    address.length = std::min<socklen_t>(length, sizeof address.storage);
    std::memcpy(&address.storage, raw, address.length);
    const auto [host, port] = namesOf(raw, length);
    const bool isV6 = address.family() == AF_INET6;
    address.text = (isV6 ? '[' + host + ']' : host) + ':' + port;
    return address;
}

std::string hostOf(const Address &address) { return namesOf(address.raw(), address.length).host; }

Wake waitFor(int fd, short events, Deadline deadline, const Interrupter &interrupter)
{
    for (;;) {
        if (interrupter.isInterrupted())
            return Wake::Interrupted;
        if (deadline.isOver())
            return Wake::TimedOut;
        std::array<pollfd, 2> set{{{fd, events, 0}, {interrupter.descriptor(), POLLIN, 0}}};
        const auto left = std::min<Millis::rep>(deadline.left().count(), std::numeric_limits<int>::max());
        const int ready = ::poll(set.data(), set.size(), static_cast<int>(left));
        if (ready > 0 && set[1].revents == 0)
            return Wake::Ready;
        if (ready < 0 && errno != EINTR)
            return Wake::Ready; // the next call on fd tells the error
    }
}

Descriptor openTcpSocket(int family)
{
    Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!socket.isOpen())
        return socket;
    setOption(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    setOption(socket.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
    setOption(socket.get(), IPPROTO_TCP, TCP_KEEPIDLE, 10);
    setOption(socket.get(), IPPROTO_TCP, TCP_KEEPINTVL, 5);
    setOption(socket.get(), IPPROTO_TCP, TCP_KEEPCNT, 3);
    setOption(socket.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, 15000);
    return socket;
}

std::string errorText(int number) { return std::generic_category().message(number); }

} // namespace muster::net
