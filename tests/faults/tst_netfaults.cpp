// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/stream.h"
#include "tests/support/scriptedserver.h"
#include "tests/support/tlskit.h"

#include <QElapsedTimer>
#include <QTest>

#include <array>
#include <future>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace muster;
using namespace muster::test;
using S = ScriptedServer;
using std::chrono_literals::operator""ms;

/// Far below the deadlines of 30 s, far above a busy machine's delays. By itself it takes under a millisecond.
constexpr Millis kPrompt = 2000ms;

namespace {

/// A listening socket whose queue is full: connecting to it neither succeeds nor fails.
class FullListener {
public:
    FullListener()
    {
        m_fd = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto *raw = reinterpret_cast<sockaddr *>(&address); // NOLINT
        ::bind(m_fd, raw, length);
        ::listen(m_fd, 0);
        ::getsockname(m_fd, raw, &length);
        m_port = ntohs(address.sin_port);
        for (int &filler : m_fillers) {
            filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            ::connect(filler, raw, length);
        }
    }
    ~FullListener()
    {
        for (const int filler : m_fillers)
            ::close(filler);
        ::close(m_fd);
    }
    FullListener(const FullListener &) = delete;
    FullListener &operator=(const FullListener &) = delete;
    [[nodiscard]] std::uint16_t port() const { return m_port; }

private:
    int m_fd = -1;
    std::uint16_t m_port = 0;
    std::array<int, 4> m_fillers{};
};

std::uint16_t closedPort()
{
    const ScriptedServer once(S::Script{});
    return once.port();
}

} // namespace

class TestNetFaults : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void saysRefusedWithTheAddress();
    void saysThatANameDoesNotResolve();
    void refusesWhatIsNoHostName();
    void givesUpConnectingAtTheDeadline();
    void interruptEndsConnecting();
    void interruptEndsARead();
    void interruptEndsAHandshake();
    void answersCancelledWhenInterruptedBefore();
    void givesUpOnASilentServer();
    void givesUpOnADripFeed();
    void refusesALineWithoutEnd();
    void refusesALongLineThatCameWhole();
    void saysClosedAtEndOfStream();
    void survivesAReset();
    void survivesWritingToAClosedPeer();
    void givesUpWritingToAPeerThatDoesNotRead();
    void keepsWhatCameAfterALine();
    void isNotUsableAfterATimeout();
    void refusesBytesBeforeTheHandshake();
    void saysThatThePortSpeaksNoTls();
    void verifies_data();
    void verifies();
    void looksAtAServerThatDoesNotVerify();
    void checksPins();
    void refusesVersionsBelowTheMinimum();
    void namesTheFileThatItCannotRead();
    void saysThatAClientCertificateIsWanted();
    void presentsAClientCertificate();
    void talksOverTls();

private:
    TlsKit m_kit;
    net::Interrupter m_interrupter;

    [[nodiscard]] std::unique_ptr<net::Stream> connectTo(std::uint16_t port)
    {
        auto stream = net::Stream::connect({"127.0.0.1", port}, Deadline::after(5000ms), m_interrupter);
        return stream ? std::move(*stream) : nullptr;
    }
    [[nodiscard]] net::TlsOptions trusting() const
    {
        net::TlsOptions options;
        options.isOn = true;
        options.caFile = m_kit.ca();
        return options;
    }
};

void TestNetFaults::saysRefusedWithTheAddress()
{
    const std::uint16_t port = closedPort();
    std::vector<net::Attempt> attempts;
    const auto stream = net::Stream::connect({"127.0.0.1", port}, Deadline::after(5000ms), m_interrupter, &attempts);
    QVERIFY(!stream);
    QVERIFY(stream.error().kind == FaultKind::Refused);
    QCOMPARE(stream.error().stage, std::string("tcp"));
    QVERIFY(stream.error().detail.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
    QVERIFY(!stream.error().hint.empty());
    QCOMPARE(attempts.size(), std::size_t{1});
    QVERIFY(!attempts.front().error.empty());
}

void TestNetFaults::saysThatANameDoesNotResolve()
{
    const auto stream = net::Stream::connect({"no-such-host.invalid", 25}, Deadline::after(20000ms), m_interrupter);
    QVERIFY(!stream);
    QVERIFY(stream.error().kind == FaultKind::Dns);
    QCOMPARE(stream.error().stage, std::string("dns"));
    QVERIFY(stream.error().detail.find("no-such-host.invalid") != std::string::npos);
}

void TestNetFaults::refusesWhatIsNoHostName()
{
    for (const std::string &host : {std::string(), std::string("a b"), std::string("a\nb"), std::string(300, 'x'), std::string("a\0b", 3)}) {
        const auto stream = net::Stream::connect({host, 25}, Deadline::after(1000ms), m_interrupter);
        QVERIFY(!stream);
        QVERIFY(stream.error().kind == FaultKind::Config);
    }
}

void TestNetFaults::givesUpConnectingAtTheDeadline()
{
    const FullListener full;
    QElapsedTimer timer;
    timer.start();
    const auto stream = net::Stream::connect({"127.0.0.1", full.port()}, Deadline::after(300ms), m_interrupter);
    QVERIFY(!stream);
    QVERIFY(stream.error().kind == FaultKind::Timeout);
    QCOMPARE(stream.error().stage, std::string("tcp"));
    QVERIFY(timer.elapsed() >= 290);
    QVERIFY(timer.elapsed() < 2000);
}

void TestNetFaults::interruptEndsConnecting()
{
    const FullListener full;
    net::Interrupter interrupter;
    auto later = std::async(std::launch::async, [&] { return net::Stream::connect({"127.0.0.1", full.port()}, Deadline::after(30000ms), interrupter); });
    QVERIFY(later.wait_for(100ms) == std::future_status::timeout);
    interrupter.interrupt();
    QVERIFY(later.wait_for(kPrompt) == std::future_status::ready);
    QVERIFY(later.get().error().kind == FaultKind::Cancelled);
}

void TestNetFaults::interruptEndsARead()
{
    const ScriptedServer silent(S::Script{S::Hang{}});
    net::Interrupter interrupter;
    auto stream = net::Stream::connect({"127.0.0.1", silent.port()}, Deadline::after(5000ms), interrupter);
    QVERIFY(stream);
    auto line = std::async(std::launch::async, [&] { return (*stream)->readLine(100, Deadline::after(30000ms)); });
    QVERIFY(line.wait_for(100ms) == std::future_status::timeout);
    interrupter.interrupt();
    QVERIFY(line.wait_for(kPrompt) == std::future_status::ready);
    QVERIFY(line.get().error().kind == FaultKind::Cancelled);
}

void TestNetFaults::interruptEndsAHandshake()
{
    const ScriptedServer silent(S::Script{S::Hang{}});
    net::Interrupter interrupter;
    auto stream = net::Stream::connect({"127.0.0.1", silent.port()}, Deadline::after(5000ms), interrupter);
    QVERIFY(stream);
    auto started = std::async(std::launch::async, [&] { return (*stream)->startTls(trusting(), "localhost", Deadline::after(30000ms)); });
    QVERIFY(started.wait_for(100ms) == std::future_status::timeout);
    interrupter.interrupt();
    QVERIFY(started.wait_for(kPrompt) == std::future_status::ready);
    QVERIFY(started.get().error().kind == FaultKind::Cancelled);
}

void TestNetFaults::answersCancelledWhenInterruptedBefore()
{
    net::Interrupter interrupter;
    interrupter.interrupt();
    const ScriptedServer server(S::Script{S::Hang{}});
    QVERIFY(net::Stream::connect({"127.0.0.1", server.port()}, Deadline::after(5000ms), interrupter).error().kind == FaultKind::Cancelled);
    interrupter.rearm();
    QVERIFY(net::Stream::connect({"127.0.0.1", server.port()}, Deadline::after(5000ms), interrupter).has_value());
}

void TestNetFaults::givesUpOnASilentServer()
{
    const ScriptedServer silent(S::Script{S::Hang{}});
    const auto stream = connectTo(silent.port());
    QVERIFY(stream);
    const auto line = stream->readLine(100, Deadline::after(100ms));
    QVERIFY(!line);
    QVERIFY(line.error().kind == FaultKind::Timeout);
    QVERIFY(line.error().detail.find(stream->peer()) != std::string::npos);
}

void TestNetFaults::givesUpOnADripFeed()
{
    const ScriptedServer drip(S::Script{S::Drip{std::string(200, 'x'), 10ms}, S::Hang{}});
    const auto stream = connectTo(drip.port());
    QVERIFY(stream);
    QElapsedTimer timer;
    timer.start();
    QVERIFY(stream->readLine(1000, Deadline::after(300ms)).error().kind == FaultKind::Timeout);
    QVERIFY(timer.elapsed() < 1500);
}

void TestNetFaults::refusesALineWithoutEnd()
{
    const ScriptedServer flood(S::Script{S::Flood{std::string(4096, 'x'), 1000000}});
    const auto stream = connectTo(flood.port());
    QVERIFY(stream);
    QVERIFY(stream->readLine(4096, Deadline::after(5000ms)).error().kind == FaultKind::TooLarge);
}

void TestNetFaults::refusesALongLineThatCameWhole()
{
    const ScriptedServer server(S::Script{S::Send{std::string(50, 'x') + "\n" + std::string(51, 'y') + "\n"}, S::Hang{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    QCOMPARE(stream->readLine(50, Deadline::after(5000ms)).value_or(""), std::string(50, 'x'));
    QVERIFY(stream->readLine(50, Deadline::after(5000ms)).error().kind == FaultKind::TooLarge);
}

void TestNetFaults::saysClosedAtEndOfStream()
{
    const ScriptedServer server(S::Script{S::Send{"half a line"}, S::Close{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    const auto line = stream->readLine(100, Deadline::after(5000ms));
    QVERIFY(line.error().kind == FaultKind::Unavailable);
    QVERIFY(line.error().detail.find("closed by the server") != std::string::npos);
}

void TestNetFaults::survivesAReset()
{
    const ScriptedServer server(S::Script{S::ReadLine{}, S::Reset{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    QVERIFY(stream->writeAll("hello\n", Deadline::after(5000ms)));
    QVERIFY(stream->readLine(100, Deadline::after(5000ms)).error().kind == FaultKind::Unavailable);
}

void TestNetFaults::survivesWritingToAClosedPeer()
{
    const ScriptedServer server(S::Script{S::Reset{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    const std::string much(1U << 20U, 'x');
    std::expected<void, Fault> written;
    for (int i = 0; i < 100 && written; ++i)
        written = stream->writeAll(much, Deadline::after(5000ms));
    QVERIFY(!written); // and no SIGPIPE has ended this program
    QVERIFY(written.error().kind == FaultKind::Unavailable);
}

void TestNetFaults::givesUpWritingToAPeerThatDoesNotRead()
{
    const ScriptedServer server(S::Script{S::Hang{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    QVERIFY(stream->writeAll(std::string(64U << 20U, 'x'), Deadline::after(300ms)).error().kind == FaultKind::Timeout);
}

void TestNetFaults::keepsWhatCameAfterALine()
{
    const ScriptedServer server(S::Script{S::Send{"one\r\ntwo\nthree"}, S::Hang{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    const Deadline deadline = Deadline::after(5000ms);
    QCOMPARE(stream->readLine(100, deadline).value_or(""), std::string("one"));
    QVERIFY(stream->hasPending());
    QCOMPARE(stream->readLine(100, deadline).value_or(""), std::string("two"));
    std::array<char, 3> buffer{};
    QCOMPARE(stream->readSome(buffer, deadline).value_or(0), std::size_t{3});
    QCOMPARE(std::string(buffer.data(), buffer.size()), std::string("thr"));
    QCOMPARE(stream->readSome(buffer, deadline).value_or(0), std::size_t{2});
    QVERIFY(!stream->hasPending());
}

void TestNetFaults::isNotUsableAfterATimeout()
{
    const ScriptedServer server(S::Script{S::ReadLine{}, S::Send{"late\n"}, S::Hang{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    QVERIFY(stream->readLine(100, Deadline::after(50ms)).error().kind == FaultKind::Timeout);
    QVERIFY(stream->writeAll("hello\n", Deadline::after(1000ms)).error().kind == FaultKind::Unavailable);
    QVERIFY(!stream->readLine(100, Deadline::after(1000ms)));
}

void TestNetFaults::refusesBytesBeforeTheHandshake()
{
    const ScriptedServer server(S::Script{S::Send{"220 go ahead\r\n250 injected\r\n"}, S::Hang{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    QCOMPARE(stream->readLine(100, Deadline::after(5000ms)).value_or(""), std::string("220 go ahead"));
    const auto started = stream->startTls(trusting(), "localhost", Deadline::after(5000ms));
    QVERIFY(started.error().kind == FaultKind::Protocol);
    QVERIFY(!stream->isTls());
}

void TestNetFaults::saysThatThePortSpeaksNoTls()
{
    const ScriptedServer server(S::Script{S::ReadBytes{100}, S::Send{"HTTP/1.1 400 Bad Request\r\n\r\n"}, S::Hang{}});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    const auto started = stream->startTls(trusting(), "localhost", Deadline::after(5000ms));
    QVERIFY(started.error().kind == FaultKind::Tls);
    QVERIFY(started.error().hint.find("does not speak TLS") != std::string::npos);
}

void TestNetFaults::verifies_data()
{
    QTest::addColumn<QString>("names");
    QTest::addColumn<int>("startDay");
    QTest::addColumn<int>("endDay");
    QTest::addColumn<bool>("isKnownCa");
    QTest::addColumn<QByteArray>("verifyName");
    QTest::addColumn<QByteArray>("error"); ///< "" = good
    const QString own = QStringLiteral("DNS:mail.test,DNS:*.shop.test,IP:127.0.0.1");
    QTest::newRow("name") << own << -1 << 90 << true << QByteArray("mail.test") << QByteArray();
    QTest::newRow("address") << own << -1 << 90 << true << QByteArray() << QByteArray();
    QTest::newRow("wildcard") << own << -1 << 90 << true << QByteArray("a.shop.test") << QByteArray();
    QTest::newRow("wildcard over two labels") << own << -1 << 90 << true << QByteArray("a.b.shop.test") << QByteArray("hostname mismatch");
    QTest::newRow("wrong name") << own << -1 << 90 << true << QByteArray("other.test") << QByteArray("certificate is for mail.test");
    QTest::newRow("wrong address") << QStringLiteral("DNS:mail.test") << -1 << 90 << true << QByteArray() << QByteArray("IP address mismatch");
    QTest::newRow("name in CN only") << QString() << -1 << 90 << true << QByteArray("cn.test") << QByteArray("hostname mismatch");
    QTest::newRow("expired") << own << -30 << -2 << true << QByteArray() << QByteArray("certificate has expired");
    QTest::newRow("not yet valid") << own << 5 << 90 << true << QByteArray() << QByteArray("not yet valid");
    QTest::newRow("unknown CA") << own << -1 << 90 << false << QByteArray() << QByteArray("unable to get local issuer");
}

void TestNetFaults::verifies()
{
    QFETCH(QString, names);
    QFETCH(int, startDay);
    QFETCH(int, endDay);
    QFETCH(bool, isKnownCa);
    QFETCH(QByteArray, verifyName);
    QFETCH(QByteArray, error);
    TlsKit::Wish wish;
    wish.names = names;
    wish.startDay = startDay;
    wish.endDay = endDay;
    const QString name = names.isEmpty() ? QStringLiteral("cn") : QStringLiteral("leaf");
    QVERIFY(m_kit.issue(name, wish));
    const TlsServer server(m_kit, name);
    QVERIFY(server.port() != 0);
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    net::TlsOptions options = trusting();
    options.verifyName = verifyName.toStdString();
    if (!isKnownCa)
        options.caFile.clear();
    const auto started = stream->startTls(options, "127.0.0.1", Deadline::after(5000ms));
    if (error.isEmpty()) {
        QVERIFY2(started, started ? "" : started.error().detail.c_str());
        QVERIFY(stream->tls().isVerified && stream->tls().isNameOk);
        return;
    }
    QVERIFY(!started);
    QVERIFY(started.error().kind == FaultKind::Tls);
    QCOMPARE(started.error().stage, std::string("tls"));
    QVERIFY2(started.error().detail.find(error.toStdString()) != std::string::npos, started.error().detail.c_str());
    QVERIFY(!started.error().hint.empty());
    QVERIFY(!stream->writeAll("secret", Deadline::after(1000ms))); // nothing goes to it, ever
}

void TestNetFaults::looksAtAServerThatDoesNotVerify()
{
    TlsKit::Wish wish;
    wish.names = QStringLiteral("DNS:mail.test");
    wish.startDay = -30;
    wish.endDay = -2;
    QVERIFY(m_kit.issue(QStringLiteral("worst"), wish));
    const TlsServer server(m_kit, QStringLiteral("worst"));
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    net::TlsOptions options = trusting();
    options.isVerifying = false;
    QVERIFY(stream->startTls(options, "localhost", Deadline::after(5000ms)));
    const net::TlsInfo &seen = stream->tls();
    QVERIFY(!seen.isVerified);
    QVERIFY(!seen.isNameOk);
    QVERIFY(seen.verifyError.find("hostname mismatch") != std::string::npos);
    QVERIFY(seen.verifyError.find("has expired") != std::string::npos);
    QCOMPARE(seen.chain.front().subject, std::string("CN=worst.test"));
}

void TestNetFaults::checksPins()
{
    QVERIFY(m_kit.issue(QStringLiteral("pinned"), {}));
    const TlsServer server(m_kit, QStringLiteral("pinned"));
    net::TlsOptions options = trusting();
    options.pins = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    const auto wrong = connectTo(server.port());
    QVERIFY(wrong);
    const auto refused = wrong->startTls(options, "localhost", Deadline::after(5000ms));
    QVERIFY(refused.error().kind == FaultKind::Tls);
    QVERIFY(refused.error().detail.find("pinned key") != std::string::npos);

    options.isVerifying = false;
    auto look = connectTo(server.port());
    QVERIFY(look);
    const auto looked = look->startTls(options, "localhost", Deadline::after(5000ms));
    QVERIFY2(looked, looked ? "" : looked.error().detail.c_str());
    QVERIFY(!look->tls().isVerified);

    options.isVerifying = true;
    options.pins.push_back(look->tls().chain.front().pin);
    look.reset(); // openssl serves one at a time
    auto right = connectTo(server.port());
    QVERIFY(right && right->startTls(options, "localhost", Deadline::after(5000ms)));
    right.reset();

    options.caFile.clear(); // a pin adds to the chain and never stands in for it
    const auto unknown = connectTo(server.port());
    QVERIFY(unknown && !unknown->startTls(options, "localhost", Deadline::after(5000ms)));
}

void TestNetFaults::refusesVersionsBelowTheMinimum()
{
    QVERIFY(m_kit.issue(QStringLiteral("old"), {}));
    const TlsServer server(m_kit, QStringLiteral("old"), {QStringLiteral("-tls1_1"), QStringLiteral("-cipher"), QStringLiteral("ALL:@SECLEVEL=0")});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    const auto started = stream->startTls(trusting(), "localhost", Deadline::after(5000ms));
    QVERIFY(started.error().kind == FaultKind::Tls);
    QVERIFY2(started.error().detail.find("protocol") != std::string::npos, started.error().detail.c_str());
}

void TestNetFaults::namesTheFileThatItCannotRead()
{
    const ScriptedServer server(S::Script{S::Hang{}});
    net::TlsOptions options = trusting();
    options.caFile = "/nowhere/ca.pem";
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    const auto started = stream->startTls(options, "localhost", Deadline::after(5000ms));
    QVERIFY(started.error().kind == FaultKind::Config);
    QVERIFY(started.error().detail.find("/nowhere/ca.pem") != std::string::npos);
}

void TestNetFaults::saysThatAClientCertificateIsWanted()
{
    QVERIFY(m_kit.issue(QStringLiteral("strict"), {}));
    const TlsServer server(m_kit, QStringLiteral("strict"), {QStringLiteral("-Verify"), QStringLiteral("1"), QStringLiteral("-CAfile"), m_kit.caPath()});
    const auto stream = connectTo(server.port());
    QVERIFY(stream);
    // With TLS 1.3 the client's side of the handshake is over before the server looks at its certificate.
    if (auto started = stream->startTls(trusting(), "localhost", Deadline::after(5000ms)); started) {
        const auto line = stream->readLine(100, Deadline::after(5000ms));
        QVERIFY(!line);
        QVERIFY(line.error().kind == FaultKind::Tls);
        QVERIFY(line.error().hint.find("clientCert") != std::string::npos);
    } else {
        QFAIL(started.error().detail.c_str());
    }
}

void TestNetFaults::presentsAClientCertificate()
{
    QVERIFY(m_kit.issue(QStringLiteral("strict"), {}));
    QVERIFY(m_kit.issue(QStringLiteral("me"), {}));
    const TlsServer server(m_kit, QStringLiteral("strict"), {QStringLiteral("-Verify"), QStringLiteral("1"), QStringLiteral("-CAfile"), m_kit.caPath()});
    net::TlsOptions options = trusting();
    options.clientCertFile = m_kit.path(QStringLiteral("me.pem")).toStdString();
    options.clientKeyFile = m_kit.path(QStringLiteral("me.key")).toStdString();
    const auto stream = connectTo(server.port());
    QVERIFY(stream && stream->startTls(options, "localhost", Deadline::after(5000ms)));
    QVERIFY(stream->writeAll("hello\n", Deadline::after(5000ms)));
    QCOMPARE(stream->readLine(100, Deadline::after(5000ms)).value_or(""), std::string("olleh"));
}

void TestNetFaults::talksOverTls()
{
    QVERIFY(m_kit.issue(QStringLiteral("talk"), {}));
    const TlsServer server(m_kit, QStringLiteral("talk"));
    const auto stream = connectTo(server.port());
    QVERIFY(stream && stream->startTls(trusting(), "localhost", Deadline::after(5000ms)));
    QVERIFY(stream->isTls());
    QCOMPARE(stream->tls().version, std::string("TLSv1.3"));
    QVERIFY(stream->writeAll("abc\ndef\n", Deadline::after(5000ms)));
    QCOMPARE(stream->readLine(100, Deadline::after(5000ms)).value_or(""), std::string("cba"));
    QCOMPARE(stream->readLine(100, Deadline::after(5000ms)).value_or(""), std::string("fed"));
    QVERIFY(stream->readLine(100, Deadline::after(100ms)).error().kind == FaultKind::Timeout);
}

QTEST_GUILESS_MAIN(TestNetFaults)
#include "tst_netfaults.moc"
