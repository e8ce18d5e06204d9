// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/scriptedserver.h"

#include <QTest>

#include <memory>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using muster::test::ScriptedServer;
using namespace std::chrono_literals;

namespace {

/// A plain blocking client with a 5 s limit a read.
class Client {
public:
    explicit Client(std::uint16_t port) : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{5, 0};
        ::setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        m_isConnected = ::connect(m_socket, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
    }
    ~Client() { ::close(m_socket); }
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    [[nodiscard]] bool isConnected() const { return m_isConnected; }
    void send(const std::string &bytes) const { QCOMPARE(::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size())); }
    /// Everything until the end; the last result of recv() in `end`: 0 for FIN, -errno else.
    [[nodiscard]] std::string readAll(int &end) const
    {
        std::string all;
        char buffer[512];
        ssize_t got = 0;
        while ((got = ::recv(m_socket, buffer, sizeof buffer, 0)) > 0)
            all.append(buffer, static_cast<std::size_t>(got));
        end = got == 0 ? 0 : -errno;
        return all;
    }

private:
    int m_socket;
    bool m_isConnected = false;
};

} // namespace

class TestScriptedServer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void answersAfterTheLineItWaitsFor();
    void dripsOneByteAtATime();
    void resetsWhenAskedTo();
    void playsTheNextScriptToTheNextConnection();
    void endsWhileConnectionsHang();
};

void TestScriptedServer::answersAfterTheLineItWaitsFor()
{
    ScriptedServer server({ScriptedServer::Send{"hello\r\n"}, ScriptedServer::ReadLine{}, ScriptedServer::ReadBytes{3}, ScriptedServer::Send{"bye"}});
    const Client client(server.port());
    QVERIFY(client.isConnected());
    client.send("PING\r\nabc");
    int end = -1;
    QCOMPARE(client.readAll(end), std::string("hello\r\nbye"));
    QCOMPARE(end, 0);
    QCOMPARE(server.received(), std::string("PING\r\nabc"));
    QCOMPARE(server.connectionCount(), 1);
    QTRY_COMPARE(server.openCount(), 0);
}

void TestScriptedServer::dripsOneByteAtATime()
{
    ScriptedServer server({ScriptedServer::Drip{"12345", 20ms}});
    const Client client(server.port());
    const auto started = std::chrono::steady_clock::now();
    int end = -1;
    QCOMPARE(client.readAll(end), std::string("12345"));
    QVERIFY(std::chrono::steady_clock::now() - started >= 80ms);
}

void TestScriptedServer::resetsWhenAskedTo()
{
    ScriptedServer server({ScriptedServer::ReadLine{}, ScriptedServer::Reset{}});
    const Client client(server.port());
    client.send("x\n");
    int end = 0;
    QCOMPARE(client.readAll(end), std::string());
    QCOMPARE(end, -ECONNRESET);
}

void TestScriptedServer::playsTheNextScriptToTheNextConnection()
{
    using Script = ScriptedServer::Script;
    ScriptedServer server(std::vector<Script>{Script{ScriptedServer::Send{"first"}}, Script{ScriptedServer::Send{"then"}}});
    int end = -1;
    QCOMPARE(Client(server.port()).readAll(end), std::string("first"));
    QCOMPARE(Client(server.port()).readAll(end), std::string("then"));
    QCOMPARE(Client(server.port()).readAll(end), std::string("then"));
}

void TestScriptedServer::endsWhileConnectionsHang()
{
    auto server = std::make_unique<ScriptedServer>(ScriptedServer::Script{ScriptedServer::Hang{}});
    const Client one(server->port());
    const Client two(server->port());
    QTRY_COMPARE(server->openCount(), 2);
    server.reset(); // would wait for ever
    int end = -1;
    QCOMPARE(one.readAll(end), std::string());
    QCOMPARE(end, 0);
}

QTEST_GUILESS_MAIN(TestScriptedServer)
#include "tst_scriptedserver.moc"
