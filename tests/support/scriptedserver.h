// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace muster::test {

/// A TCP server on 127.0.0.1 that plays one script to every connection, for faults. Threads of its own; callable from any.
///
///     using S = ScriptedServer;
///     ScriptedServer redis({S::ReadLine{}, S::Send{"+PO"}, S::Hang{}});
///     connectTo("127.0.0.1", redis.port());
///
/// After the last step the connection is closed in order. All connections end with this object.
class ScriptedServer {
public:
    struct Send { std::string bytes; };
    struct Drip { std::string bytes; std::chrono::milliseconds interval; }; ///< one byte each interval
    struct Flood { std::string bytes; std::size_t times; };                 ///< the same again and again, until the peer goes
    struct ReadLine {};                                                    ///< up to and with LF
    struct ReadBytes { std::size_t count; };
    struct Sleep { std::chrono::milliseconds time; };
    struct Hang {};                                                        ///< says no more, reads no more, keeps the connection
    struct Close {};                                                       ///< FIN
    struct Reset {};                                                       ///< RST
    using Step = std::variant<Send, Drip, Flood, ReadLine, ReadBytes, Sleep, Hang, Close, Reset>;
    using Script = std::vector<Step>;

    /// One script for all connections.
    explicit ScriptedServer(Script script);
    /// The first connection gets the first script and so on; the last one is played to all that follow.
    explicit ScriptedServer(std::vector<Script> scripts);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer &) = delete;
    ScriptedServer &operator=(const ScriptedServer &) = delete;

    /// 0 when no socket could be had.
    [[nodiscard]] std::uint16_t port() const { return m_port; }
    /// Connections accepted so far.
    [[nodiscard]] int connectionCount() const { return m_count.load(); }
    /// Connections whose peer has not gone and whose script has not closed.
    [[nodiscard]] int openCount() const { return m_open.load(); }
    /// Everything read so far, of all connections.
    [[nodiscard]] std::string received() const;

private:
    struct Connection;

    void listen();
    void acceptLoop();
    void play(Connection &connection, const Script &script);
    [[nodiscard]] bool runStep(Connection &connection, const Step &step);
    [[nodiscard]] bool sendAll(Connection &connection, const std::string &bytes) const;
    [[nodiscard]] bool read(Connection &connection, std::size_t count, bool isLine);
    [[nodiscard]] bool pause(std::chrono::milliseconds time);
    void hang(Connection &connection);

    std::vector<Script> m_scripts;
    int m_listener = -1;
    std::uint16_t m_port = 0;
    std::atomic<int> m_count = 0;
    std::atomic<int> m_open = 0;
    mutable std::mutex m_mutex; ///< guards m_received, m_connections, m_isStopping
    std::condition_variable m_stopped;
    bool m_isStopping = false;
    std::string m_received;
    std::list<Connection> m_connections;
    std::thread m_acceptor;
};

} // namespace muster::test
