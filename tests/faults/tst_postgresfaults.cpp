// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/postgreskit.h"
#include "tests/support/scriptedserver.h"
#include "tests/unit/postgresrows.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTest>

#include <csignal>
#include <thread>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;
using S = ScriptedServer;

class TestPostgresFaults : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void refusedAtOnce();
    void nameThatDoesNotResolve();
    void silentServerEndsByTheDeadline();
    void interruptEndsABlockedConnect();
    void webServerIsNoPostgres();
    void malformedBytes_data();
    void malformedBytes();
    void floodIsCutOff();
    void wrongPasswordIsTriedOnceIn30Seconds();
    void untrustedCertificate();
    void certificateOfAnotherName();
    void expiredCertificate();
    void missingAuthorityFile();
    void unknownDatabase();
    void stoppedBackendEndsByTheDeadlineAndRecovers();
    void stoppedPostmasterIsNamed();
    void terminatedSessionIsReplacedInTheSameRound();
    void allConnectionsTaken();
    void killedServerRecoversAndLeavesNoSocket();
    void noSecretInAnyFault();

private:
    [[nodiscard]] Target scripted(const S &server, const char *query = "?sslmode=disable") const
    {
        Target target;
        target.id = "postgres/primary";
        target.url = "postgresql://oncall@127.0.0.1:" + std::to_string(server.port()) + "/shop" + query;
        target.password = secretOf("canary-9");
        return target;
    }
    [[nodiscard]] int backendOf(const char *user) const
    {
        return m_kit->psql(QStringLiteral("select pid from pg_stat_activity where usename = '%1'").arg(QLatin1String(user))).toInt();
    }

    [[nodiscard]] bool restart() const
    {
        QProcess process;
        process.start(QStringLiteral("/usr/bin/python3"),
                      { QStringLiteral(MUSTER_SOURCE_DIR "/tests/support/servers.py"), QStringLiteral("start"), QStringLiteral("--dir"),
                        m_kit->servers.directory(), QStringLiteral("--postgres-setting"), QStringLiteral("max_connections=14"),
                        QStringLiteral("postgres") });
        if (process.waitForFinished(60000) && process.exitCode() == 0)
            return true;
        qWarning("%s", process.readAllStandardError().constData());
        return false;
    }

    std::unique_ptr<PostgresKit> m_kit;
};

namespace {

/// Authentication done, nothing else said, ready for a query.
std::string greeting()
{
    return std::string("R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", 15);
}

int openSockets()
{
    int count = 0;
    const QDir fds(QStringLiteral("/proc/self/fd"));
    for (const auto &name : fds.entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot))
        count += QFile::symLinkTarget(fds.filePath(name)).contains(QLatin1String("socket:"));
    return count;
}

/// PostgreSQL's own words for a failed login, as often as they stand in its log.
qsizetype failedLogins(const PostgresKit &kit)
{
    QFile log(kit.servers.text(u"postgres", u"log"));
    return log.open(QIODevice::ReadOnly) ? log.readAll().count("password authentication failed") : -1;
}

} // namespace

void TestPostgresFaults::initTestCase()
{
    m_kit = std::make_unique<PostgresKit>(QStringList{ QStringLiteral("postgres") }, QStringList{ QStringLiteral("max_connections=14") });
    QVERIFY2(m_kit->servers.isRunning(), m_kit->servers.errorText());
}

void TestPostgresFaults::refusedAtOnce()
{
    quint16 port = 0;
    {
        const S gone(S::Script{});
        port = gone.port();
    }
    Target target;
    target.url = "postgresql://x@127.0.0.1:" + std::to_string(port) + "/x";
    PostgresSource source(target);
    const auto fault = faultOf(source);
    QVERIFY(fault.kind == FaultKind::Refused);
    QCOMPARE(fault.stage, std::string("tcp"));
}

void TestPostgresFaults::nameThatDoesNotResolve()
{
    Target target;
    target.url = "postgresql://x@no-such-host.invalid/x";
    PostgresSource source(target);
    QCOMPARE(faultOf(source).stage, std::string("dns"));
}

void TestPostgresFaults::silentServerEndsByTheDeadline()
{
    const S server(S::Script{ S::Hang{} });
    for (const auto &[query, stage] : { std::pair{ "?sslmode=disable", "protocol" }, std::pair{ "?sslmode=require", "tls" } }) {
        PostgresSource source(scripted(server, query));
        QElapsedTimer timer;
        timer.start();
        const auto fault = faultOf(source, Millis{ 1000 });
        QVERIFY(timer.elapsed() < 1300);
        QVERIFY(fault.kind == FaultKind::Timeout);
        QCOMPARE(fault.stage, std::string(stage));
    }
    QTRY_COMPARE(server.openCount(), 0);
}

void TestPostgresFaults::interruptEndsABlockedConnect()
{
    const S server(S::Script{ S::Hang{} });
    PostgresSource source(scripted(server));
    std::jthread other([&] {
        while (server.connectionCount() == 0)
            std::this_thread::yield();
        source.interrupt();
    });
    QElapsedTimer timer;
    timer.start();
    QVERIFY(faultOf(source, Millis{ 20000 }).kind == FaultKind::Cancelled);
    QVERIFY(timer.elapsed() < 2000);
}

void TestPostgresFaults::webServerIsNoPostgres()
{
    const S server(S::Script{ S::ReadBytes{ 8 }, S::Send{ "HTTP/1.1 400 Bad Request\r\n\r\n" }, S::Close{} });
    for (const char *query : { "?sslmode=disable", "?sslmode=require", "" }) {
        PostgresSource source(scripted(server, query));
        const auto fault = faultOf(source);
        QVERIFY2(fault.kind == FaultKind::Protocol, fault.detail.c_str());
        QVERIFY(fault.hint.find("host and port") != std::string::npos);
    }
}

void TestPostgresFaults::malformedBytes_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("negative length") << QByteArray("R\xff\xff\xff\xf0", 5);
    QTest::newRow("huge authentication") << QByteArray("R\x7f\xff\xff\xff\0\0\0\0", 9);
    QTest::newRow("unknown message") << QByteArray::fromStdString(greeting()) + QByteArray("\x01\0\0\0\x04", 5);
    QTest::newRow("row without description") << QByteArray::fromStdString(greeting()) + QByteArray("D\0\0\0\x06\0\x01", 7);
    QTest::newRow("row of a gigabyte, never sent") << QByteArray::fromStdString(greeting())
            + QByteArray("T\0\0\0\x1a\0\1x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0D\x3f\xff\xff\xff", 32);
    QTest::newRow("unasked copy") << QByteArray::fromStdString(greeting()) + QByteArray("H\0\0\0\x07\0\0\0", 8);
    QTest::newRow("zero error") << QByteArray("E\0\0\0\x04", 5);
}

void TestPostgresFaults::malformedBytes()
{
    QFETCH(QByteArray, bytes);
    const S server(S::Script{ S::ReadBytes{ 8 }, S::Send{ bytes.toStdString() }, S::Sleep{ std::chrono::milliseconds(300) }, S::Close{} });
    PostgresSource source(scripted(server));
    const auto fault = faultOf(source, Millis{ 3000 });
    QVERIFY2(fault.kind == FaultKind::Protocol || fault.kind == FaultKind::Unavailable || fault.kind == FaultKind::Timeout,
             fault.detail.c_str());
    QVERIFY(!fault.detail.empty());
    QTRY_COMPARE(server.openCount(), 0);
}

void TestPostgresFaults::floodIsCutOff()
{
    // One row that never ends: declared as 1 GiB and really sent. The console stops at 32 MiB, long before its memory does.
    const std::string row("T\0\0\0\x1a\0\1x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0D\x3f\xff\xff\xff\0\1\x3f\xff\xff\xf0", 38);
    const S server(S::Script{ S::ReadBytes{ 8 }, S::Send{ greeting() + row }, S::Flood{ std::string(65536, 'x'), 16384 } });
    PostgresSource source(scripted(server));
    const auto fault = faultOf(source, Millis{ 20000 });
    QVERIFY2(fault.kind == FaultKind::TooLarge, fault.detail.c_str());
}

void TestPostgresFaults::wrongPasswordIsTriedOnceIn30Seconds()
{
    const auto before = failedLogins(*m_kit);
    QVERIFY(before >= 0);
    auto target = m_kit->targetAs("oncall", "wrong-canary");
    target.caFile.clear(); // the default mode "prefer" of libpq would try each wrong password twice
    PostgresSource source(target);
    for (int i = 0; i < 3; ++i) {
        const auto fault = faultOf(source);
        QVERIFY(fault.kind == FaultKind::Auth);
        QCOMPARE(fault.stage, std::string("auth"));
        QVERIFY(fault.detail.find("canary") == std::string::npos);
    }
    QTRY_COMPARE(failedLogins(*m_kit), before + 1);
}

void TestPostgresFaults::untrustedCertificate()
{
    QTemporaryDir directory;
    QCOMPARE(
        QProcess::execute(QStringLiteral("openssl"),
                          { QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-newkey"), QStringLiteral("ec"),
                            QStringLiteral("-pkeyopt"), QStringLiteral("ec_paramgen_curve:P-256"), QStringLiteral("-nodes"),
                            QStringLiteral("-subj"), QStringLiteral("/CN=other"), QStringLiteral("-keyout"),
                            directory.filePath(QStringLiteral("k")), QStringLiteral("-out"), directory.filePath(QStringLiteral("c")) }),
        0);
    auto target = m_kit->target();
    target.caFile = directory.filePath(QStringLiteral("c")).toStdString();
    PostgresSource source(target);
    const auto fault = faultOf(source);
    QVERIFY2(fault.kind == FaultKind::Tls, fault.detail.c_str());
    QCOMPARE(fault.stage, std::string("tls"));
    QVERIFY(fault.hint.find("\"ca\"") != std::string::npos);
}

void TestPostgresFaults::certificateOfAnotherName()
{
    auto target = m_kit->target();
    target.verifyName = "db.elsewhere.example";
    PostgresSource source(target);
    const auto fault = faultOf(source);
    QVERIFY2(fault.kind == FaultKind::Tls, fault.detail.c_str());
    QVERIFY(fault.hint.find("verifyName") != std::string::npos);
}

void TestPostgresFaults::expiredCertificate()
{
    const auto admin = m_kit->session();
    const auto issue = [&](const char *days) {
        const auto code = QStringLiteral("import sys; sys.path.insert(0, '%1/packaging/demo/lib'); import pki; from place import Place; "
                                         "pki.issue(Place('%2'), 'postgres', %3, renew=True)")
                              .arg(QStringLiteral(MUSTER_SOURCE_DIR), m_kit->servers.directory(), QLatin1String(days));
        return QProcess::execute(QStringLiteral("/usr/bin/python3"), { QStringLiteral("-c"), code }) == 0
            && admin->simpleQuery("select pg_reload_conf()", Deadline::after(Millis{ 5000 }));
    };
    QVERIFY(issue("issued_ago=90, lifetime=60"));
    Fault fault;
    const auto isExpired = [&] {
        PostgresSource source(m_kit->target());
        fault = faultOf(source);
        return fault.detail.find("expired") != std::string::npos;
    };
    QTRY_VERIFY2(isExpired(), fault.detail.c_str());
    QVERIFY(fault.kind == FaultKind::Tls);
    QVERIFY(fault.hint.starts_with("Renew"));
    QVERIFY(issue("issued_ago=1"));
    QTRY_VERIFY(m_kit->session()->isConnected());
}

void TestPostgresFaults::missingAuthorityFile()
{
    auto target = m_kit->target();
    target.caFile = "/nowhere/ca.pem";
    PostgresSource source(target);
    const auto fault = faultOf(source);
    QVERIFY2(fault.kind == FaultKind::Config || fault.kind == FaultKind::Tls, fault.detail.c_str());
    QVERIFY(fault.detail.find("/nowhere/ca.pem") != std::string::npos);
}

void TestPostgresFaults::unknownDatabase()
{
    auto target = m_kit->target();
    target.url.replace(target.url.rfind("/shop"), 5, "/nope");
    PostgresSource source(target);
    const auto fault = faultOf(source);
    QVERIFY(fault.kind == FaultKind::Config);
    QVERIFY(fault.detail.find("nope") != std::string::npos);
}

void TestPostgresFaults::stoppedBackendEndsByTheDeadlineAndRecovers()
{
    PostgresSource source(m_kit->target());
    QVERIFY(!collect(source).facts.empty());
    const int pid = backendOf("oncall");
    QVERIFY(pid > 0);
    QCOMPARE(::kill(pid, SIGSTOP), 0);
    QElapsedTimer timer;
    timer.start();
    const auto fault = faultOf(source, Millis{ 1500 });
    const auto took = timer.elapsed();
    // A new round does not wait for the old backend.
    const auto again = collect(source);
    QCOMPARE(::kill(pid, SIGCONT), 0);
    QVERIFY(fault.kind == FaultKind::Timeout);
    QVERIFY2(took < 1800, qPrintable(QString::number(took)));
    QVERIFY(isTrue(again, "postgres.reachable"));
    QTRY_COMPARE(m_kit->psql(QStringLiteral("select count(*) from pg_stat_activity where usename = 'oncall'")), QByteArray("1"));
}

void TestPostgresFaults::stoppedPostmasterIsNamed()
{
    const auto pid = static_cast<pid_t>(m_kit->servers.pid(u"postgres"));
    QCOMPARE(::kill(pid, SIGSTOP), 0);
    PostgresSource source(m_kit->target());
    const auto fault = faultOf(source, Millis{ 1200 });
    QCOMPARE(::kill(pid, SIGCONT), 0);
    QVERIFY(fault.kind == FaultKind::Timeout);
    QCOMPARE(fault.stage, std::string("tls"));
    QVERIFY(isTrue(collect(source), "postgres.reachable"));
}

void TestPostgresFaults::terminatedSessionIsReplacedInTheSameRound()
{
    PostgresSource source(m_kit->target());
    QVERIFY(!collect(source).facts.empty());
    QCOMPARE(m_kit->psql(QStringLiteral("select pg_terminate_backend(%1, 5000)").arg(backendOf("oncall"))), QByteArray("t"));
    QVERIFY(isTrue(collect(source), "postgres.reachable"));
}

void TestPostgresFaults::allConnectionsTaken()
{
    std::vector<std::unique_ptr<PgClient>> sessions;
    while (sessions.size() < 11)
        sessions.push_back(m_kit->session());
    PostgresSource source(m_kit->target());
    const auto fault = faultOf(source);
    QVERIFY2(fault.kind == FaultKind::Unavailable, fault.detail.c_str());
    QVERIFY(fault.detail.find("53300") != std::string::npos);
    sessions.clear();
    QTRY_VERIFY(source.collect(Deadline::after(Millis{ 5000 }), {}));
}

void TestPostgresFaults::killedServerRecoversAndLeavesNoSocket()
{
    const int before = openSockets();
    {
        PostgresSource source(m_kit->target());
        QVERIFY(!collect(source).facts.empty());
        QCOMPARE(openSockets(), before + 1);
        QCOMPARE(::kill(static_cast<pid_t>(m_kit->servers.pid(u"postgres")), SIGKILL), 0);
        QTRY_VERIFY(!source.collect(Deadline::after(Millis{ 2000 }), {}));
        QTRY_COMPARE(openSockets(), before);
        // The orphans of the killed postmaster hold its shared memory until they notice.
        QTRY_VERIFY_WITH_TIMEOUT(restart(), 30000);
        QElapsedTimer timer;
        timer.start();
        QTRY_VERIFY(source.collect(Deadline::after(Millis{ 2000 }), {}));
        QVERIFY(timer.elapsed() < 5000);
        const auto batch = collect(source);
        QVERIFY(numberOf(batch, "postgres.uptime") < 60);
        QCOMPARE(openSockets(), before + 1);
    }
    QCOMPARE(openSockets(), before);
}

void TestPostgresFaults::noSecretInAnyFault()
{
    const S server(S::Script{ S::ReadBytes{ 8 }, S::Send{ std::string("R\0\0\0\x08\0\0\0\x03", 9) }, S::ReadLine{}, S::Close{} });
    auto target = scripted(server, ":canary-8@x?sslmode=disable");
    PostgresSource broken(target);
    PostgresSource source(scripted(server));
    for (auto *each : { &broken, &source }) {
        const auto fault = faultOf(*each, Millis{ 1000 });
        QVERIFY((fault.detail + fault.hint + fault.stage).find("canary") == std::string::npos);
    }
}

QTEST_GUILESS_MAIN(TestPostgresFaults)
#include "tst_postgresfaults.moc"
