// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/scriptedserver.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <type_traits>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace muster::test {

struct ScriptedServer::Connection {
    int socket = -1;
    std::string pending; ///< read ahead of what a step wanted
    std::thread thread;
};

namespace {

void resetSocket(int socket)
{
    const linger hard{1, 0}; // close() then sends RST
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

} // namespace

ScriptedServer::ScriptedServer(Script script) : ScriptedServer(std::vector<Script>{std::move(script)}) {}

ScriptedServer::ScriptedServer(std::vector<Script> scripts) : m_scripts(std::move(scripts))
{
    listen();
    if (m_port != 0)
        m_acceptor = std::thread([this] { acceptLoop(); });
}

ScriptedServer::~ScriptedServer()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_isStopping = true;
        for (const Connection &connection : m_connections)
            if (connection.socket >= 0)
                ::shutdown(connection.socket, SHUT_RDWR);
    }
    m_stopped.notify_all();
    if (m_listener >= 0)
        ::shutdown(m_listener, SHUT_RDWR); // wakes accept()
    if (m_acceptor.joinable())
        m_acceptor.join();
    for (Connection &connection : m_connections)
        if (connection.thread.joinable())
            connection.thread.join();
    if (m_listener >= 0)
        ::close(m_listener);
}

std::string ScriptedServer::received() const
{
    const std::scoped_lock lock(m_mutex);
    return m_received;
}

void ScriptedServer::listen()
{
    m_listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *generic = reinterpret_cast<sockaddr *>(&address);
    if (m_listener < 0 || ::bind(m_listener, generic, size) != 0 || ::listen(m_listener, 64) != 0
        || ::getsockname(m_listener, generic, &size) != 0)
        return;
    m_port = ntohs(address.sin_port);
}

void ScriptedServer::acceptLoop()
{
    while (true) {
        const int socket = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (socket < 0)
            return;
        const int noDelay = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &noDelay, sizeof noDelay);
        const std::scoped_lock lock(m_mutex);
        if (m_isStopping) {
            ::close(socket);
            return;
        }
        Connection &connection = m_connections.emplace_back();
        connection.socket = socket;
        const auto number = static_cast<std::size_t>(m_count.fetch_add(1));
        ++m_open;
        const Script &script = m_scripts[std::min(number, m_scripts.size() - 1)];
        connection.thread = std::thread([this, &connection, &script] { play(connection, script); });
    }
}

void ScriptedServer::play(Connection &connection, const Script &script)
{
    for (const Step &step : script)
        if (!runStep(connection, step))
            break;
    const std::scoped_lock lock(m_mutex);
    ::close(connection.socket);
    connection.socket = -1;
    --m_open;
}

/// False: the connection is over.
bool ScriptedServer::runStep(Connection &connection, const Step &step)
{
    return std::visit(
        [&](const auto &what) -> bool {
            using T = std::decay_t<decltype(what)>;
            if constexpr (std::is_same_v<T, Send>) {
                return sendAll(connection, what.bytes);
            } else if constexpr (std::is_same_v<T, Drip>) {
                return std::ranges::all_of(what.bytes, [&](char byte) { return sendAll(connection, std::string(1, byte)) && pause(what.interval); });
            } else if constexpr (std::is_same_v<T, Flood>) {
                std::size_t left = what.times;
                while (left > 0 && sendAll(connection, what.bytes))
                    --left;
                return left == 0;
            } else if constexpr (std::is_same_v<T, ReadLine>) {
                return read(connection, 0, true);
            } else if constexpr (std::is_same_v<T, ReadBytes>) {
                return read(connection, what.count, false);
            } else if constexpr (std::is_same_v<T, Sleep>) {
                return pause(what.time);
            } else if constexpr (std::is_same_v<T, Hang>) {
                hang(connection);
                return false;
            } else if constexpr (std::is_same_v<T, Reset>) {
                resetSocket(connection.socket);
                return false;
            } else {
                static_assert(std::is_same_v<T, Close>);
                return false;
            }
        },
        step);
}

bool ScriptedServer::sendAll(Connection &connection, const std::string &bytes) const
{
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t count = ::send(connection.socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        sent += static_cast<std::size_t>(count);
    }
    return true;
}

bool ScriptedServer::read(Connection &connection, std::size_t count, bool isLine)
{
    while (true) {
        const std::size_t lineEnd = connection.pending.find('\n');
        if (isLine && lineEnd != std::string::npos)
            count = lineEnd + 1;
        if ((!isLine || lineEnd != std::string::npos) && connection.pending.size() >= count) {
            connection.pending.erase(0, count);
            return true;
        }
        std::array<char, 4096> buffer{};
        const ssize_t got = ::recv(connection.socket, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        connection.pending.append(buffer.data(), static_cast<std::size_t>(got));
        const std::scoped_lock lock(m_mutex);
        m_received.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

/// False when the server stops meanwhile.
bool ScriptedServer::pause(std::chrono::milliseconds time)
{
    std::unique_lock lock(m_mutex);
    return !m_stopped.wait_for(lock, time, [this] { return m_isStopping; });
}

/// Returns when the peer has gone or the server stops.
void ScriptedServer::hang(Connection &connection)
{
    pollfd wait{connection.socket, POLLRDHUP, 0}; // what the peer sends stays unread
    while (::poll(&wait, 1, -1) < 0 && errno == EINTR) {
    }
}

} // namespace muster::test
