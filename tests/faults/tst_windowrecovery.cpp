// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/faults/windowkit.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace muster;
using namespace muster::test;

constexpr int kSaidWithin = 10000;    // ms, from the beginning of the round that meets the fault
constexpr int kRecoveredWithin = 5000; // ms

/// Real servers that are stopped, killed and back again under an open window.
class TestWindowRecovery : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void stoppedServer_data() { servers(); }
    void stoppedServer();
    void killedServer_data() { servers(); }
    void killedServer();
    void twentyFaultsLeaveNothingBehind();

private:
    static void servers();
    [[nodiscard]] QByteArray environment() const;
    void signalServers(const QStringList &servers, int signal) const
    {
        QList<qint64> pids;
        for (const QString &server : servers)
            pids += currentPid(*m_servers, server);
        signalTrees(pids, signal);
    }
    void settle(OpenWindow &open) const;
    void requireFault(OpenWindow &open, const std::string &source, const Assessment &before) const;
    void requireRecovery(OpenWindow &open, const std::string &source) const;

    QTemporaryDir m_home;
    std::unique_ptr<TestServers> m_servers;
};

namespace {

/// "a 1 > 0, b 2 > 0": checks on the lost source that are certain of more than before. Other sources go on living, so the sum may move.
QByteArray risen(const Assessment &before, const Assessment &after, const std::string &source)
{
    QByteArrayList list;
    for (const CheckResult &check : after.checks) {
        const CheckResult *old = before.check(check.id);
        const bool isJudgedThere = old && std::ranges::any_of(old->findings, [&](const Finding &finding) { return finding.instance == source; });
        if (isJudgedThere && check.earned.low > old->earned.low)
            list += QByteArray::fromStdString(check.id) + ' ' + QByteArray::number(check.earned.low) + " > " + QByteArray::number(old->earned.low);
    }
    return list.join(", ");
}

} // namespace

void TestWindowRecovery::servers()
{
    QTest::addColumn<QString>("server");
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("page");
    const auto row = [](const char *server, const char *source, const char *page) {
        QTest::newRow(server) << QString::fromLatin1(server) << QString::fromLatin1(source) << QString::fromLatin1(page);
    };
    row("postgres", "postgres/main", "database");
    row("redis", "redis/main", "cache");
    row("nginx", "http/main", "endpoints");
    row("prometheus", "prometheus/main", "alerts");
    row("smtp", "smtp/main", "mail");
}

QByteArray TestWindowRecovery::environment() const
{
    return R"({"name": "faulty", "kind": "production", "postgres": [)" + entryOf(*m_servers, QStringLiteral("postgres")) + R"(], "redis": [)"
        + entryOf(*m_servers, QStringLiteral("redis")) + R"(], "http": [)" + entryOf(*m_servers, QStringLiteral("nginx")) + R"(], "prometheus": [)"
        + entryOf(*m_servers, QStringLiteral("prometheus")) + R"(], "smtp": )" + entryOf(*m_servers, QStringLiteral("smtp")) + '}';
}

void TestWindowRecovery::initTestCase()
{
    useOwnFolders(m_home.path());
    m_servers = std::make_unique<TestServers>(
        QStringList{QStringLiteral("postgres"), QStringLiteral("redis"), QStringLiteral("nginx"), QStringLiteral("prometheus"), QStringLiteral("smtp")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
}

/// Everything measured, rates included.
void TestWindowRecovery::settle(OpenWindow &open) const
{
    QVERIFY2(open.isOpen(), open.errorText());
    QTRY_VERIFY_WITH_TIMEOUT(open.session().isComplete(), 15000);
    for (const SourceState &state : open.session().snapshot()->sources)
        QVERIFY2(!state.fault, (state.id + ": " + (state.fault ? state.fault->detail : "")).c_str());
    QTRY_VERIFY(open.isHealthy());
    // One round more of everything, for rates.
    std::map<std::string, int> rounds;
    connect(&open.session().poller(), &Poller::batchArrived, &open.window(), [&](const FactBatch &batch) { ++rounds[batch.source]; });
    open.press(Qt::Key_F5);
    QTRY_VERIFY_WITH_TIMEOUT(std::ranges::all_of(open.session().snapshot()->sources, [&](const SourceState &state) { return rounds[state.id] > 0; }), 15000);
    disconnect(&open.session().poller(), &Poller::batchArrived, &open.window(), nullptr);
}

void TestWindowRecovery::requireFault(OpenWindow &open, const std::string &source, const Assessment &before) const
{
    QElapsedTimer since;
    since.start();
    open.press(Qt::Key_F5); // sources that come by every five minutes would not notice else
    QTRY_VERIFY_WITH_TIMEOUT(open.source(source)->fault && !open.faultText().isEmpty(), kSaidWithin);
    const Fault fault = *open.source(source)->fault;
    qInfo("said after %lld ms: %s", since.elapsed(), open.faultText().simplified().left(160).toUtf8().constData());
    QVERIFY(!fault.stage.empty() && !fault.hint.empty());
    QVERIFY2(open.faultText().contains(QStringLiteral("“%1”").arg(QString::fromStdString(fault.stage))), qPrintable(open.faultText()));
    QVERIFY2(open.faultText().contains(QString::fromStdString(fault.hint).left(40)), qPrintable(open.faultText()));
    const QByteArray rises = risen(before, *open.session().assessment(), source);
    QVERIFY2(rises.isEmpty(), rises.constData());
}

void TestWindowRecovery::requireRecovery(OpenWindow &open, const std::string &source) const
{
    QElapsedTimer since;
    since.start();
    const auto state = [&]() -> QByteArray { return QByteArray::fromStdString(open.source(source)->fault ? open.source(source)->fault->detail : "no fault") + (open.isHealthy() ? ", healthy" : ", not healthy"); };
    QTRY_VERIFY2_WITH_TIMEOUT(!open.source(source)->fault && open.isHealthy(), state().constData(), kRecoveredWithin);
    qInfo("back after %lld ms", since.elapsed());
}

void TestWindowRecovery::stoppedServer()
{
    QFETCH(QString, server);
    QFETCH(QString, source);
    QFETCH(QString, page);
    OpenWindow open(environment(), page.toStdString());
    settle(open);
    Heartbeat heart;
    if (QTest::currentTestFailed())
        return;
    const auto before = open.session().assessment();
    signalServers({server}, SIGSTOP);
    requireFault(open, source.toStdString(), *before);
    QVERIFY(open.source(source.toStdString())->fault->stage != "tcp"); // its kernel goes on accepting: that is no matter of routes
    signalServers({server}, SIGCONT);
    requireRecovery(open, source.toStdString());
    qInfo("%s", heart.text().constData());
    QVERIFY2(heart.worstOwn() <= Heartbeat::kLimit, heart.text().constData());
}

void TestWindowRecovery::killedServer()
{
    QFETCH(QString, server);
    QFETCH(QString, source);
    QFETCH(QString, page);
    OpenWindow open(environment(), page.toStdString());
    settle(open);
    Heartbeat heart;
    if (QTest::currentTestFailed())
        return;
    const auto before = open.session().assessment();
    const QString process = QStringLiteral("/proc/%1").arg(currentPid(*m_servers, server));
    signalServers({server}, SIGKILL);
    requireFault(open, source.toStdString(), *before);
    QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(process), 20000); // PostgreSQL takes a zombie for a rival
    const auto starter = restart(*m_servers, server);
    QTRY_COMPARE_WITH_TIMEOUT(starter->state(), QProcess::NotRunning, 60000);
    QCOMPARE(starter->exitCode(), 0);
    requireRecovery(open, source.toStdString());
    qInfo("%s", heart.text().constData());
    QVERIFY2(heart.worstOwn() <= Heartbeat::kLimit, heart.text().constData());
}

/// One window, twenty times all servers stopped in the middle of a round, every fifth time one killed.
void TestWindowRecovery::twentyFaultsLeaveNothingBehind()
{
    const QStringList all{QStringLiteral("postgres"), QStringLiteral("redis"), QStringLiteral("nginx"), QStringLiteral("prometheus"), QStringLiteral("smtp")};
    OpenWindow open(environment(), "readiness");
    QVERIFY2(open.isOpen(), open.errorText());
    const auto isGood = [&] { return open.session().isComplete() && std::ranges::none_of(open.session().snapshot()->sources, [](const SourceState &state) { return state.fault.has_value(); }); };
    QTRY_VERIFY_WITH_TIMEOUT(isGood(), 20000);
    Heartbeat heart;
    const Holdings before = holdings();
    for (int cycle = 0; cycle < 20; ++cycle) {
        signalServers(all, SIGSTOP);
        open.press(Qt::Key_F5);
        QTest::qWait(300);
        if (cycle % 5 == 0)
            signalServers({QStringLiteral("redis")}, SIGKILL);
        signalServers(all, SIGCONT);
        if (cycle % 5 == 0) {
            const auto starter = restart(*m_servers, QStringLiteral("redis"));
            QTRY_COMPARE_WITH_TIMEOUT(starter->state(), QProcess::NotRunning, 60000);
        }
        open.press(Qt::Key_F5);
        QTRY_VERIFY_WITH_TIMEOUT(isGood(), 20000);
    }
    QTRY_VERIFY2(std::abs(holdings().threads - before.threads) <= 2 && std::abs(holdings().descriptors - before.descriptors) <= 2,
                 qPrintable(QStringLiteral("threads %1 → %2, descriptors %3 → %4").arg(before.threads).arg(holdings().threads).arg(before.descriptors).arg(holdings().descriptors)));
    qInfo("threads %d, then %d; descriptors %d, then %d; %s", before.threads, holdings().threads, before.descriptors, holdings().descriptors, heart.text().constData());
    QVERIFY2(heart.worstOwn() <= Heartbeat::kLimit, heart.text().constData());
}

QTEST_MAIN(TestWindowRecovery)
#include "tst_windowrecovery.moc"
