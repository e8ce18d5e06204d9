// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/faults/windowkit.h"
#include "tests/support/scriptedserver.h"
#include "tests/support/tied.h"
#include "tests/support/tlskit.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <functional>

using namespace muster;
using namespace muster::test;
using S = ScriptedServer;

constexpr int kSaidWithin = 10000; // ms
constexpr int kGoneWithin = 2000;  // ms

/// Servers that are wrong from the start: the window says stage and next step in time, never stands still, and goes at once.
class TestWindowFaults : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void saysStageAndNextStep_data();
    void saysStageAndNextStep();
    void certificatesAreFindings_data();
    void certificatesAreFindings();
    void standsAllFaultsAtOnce();
    void leavesNoThreadAndNoDescriptor();

private:
    struct Kind {
        const char *section;
        const char *page;
        const char *plain;     ///< URL in clear, %1 = host:port
        const char *tls;       ///< URL of TLS from the first byte; "" when there is none
        S::Script malformed;
        S::Script tooLarge;
        const char *malformedStage;
        const char *tooLargeStage;
    };
    static const std::vector<Kind> &kinds();
    [[nodiscard]] QByteArray entry(const Kind &kind, const char *url, const QString &address, const QByteArray &more = {}) const;
    void rowsInClear(const Kind &kind);
    void rowsOfTls(const Kind &kind);
    void row(const Kind &kind, const char *fault, const char *stage, const QByteArray &entry);

    QTemporaryDir m_home;
    std::unique_ptr<TestServers> m_servers;
    TlsKit m_kit;
    TlsKit m_stranger;
    std::vector<std::unique_ptr<S>> m_scripts;
    std::vector<std::unique_ptr<TlsServer>> m_tlsServers;
};

namespace {

/// Authentication done, ready for a query, then one row that never ends: PostgreSQL's protocol, version 3.
std::string endlessRow()
{
    return std::string("R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", 15)
        + std::string("T\0\0\0\x1a\0\1x\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0D\x3f\xff\xff\xff\0\1\x3f\xff\xff\xf0", 38);
}

constexpr std::size_t kMany = 65536;

S::Script http(const std::string &head, const S::Script &last)
{
    S::Script script{S::ReadLine{}, S::Send{head}};
    script.insert(script.end(), last.begin(), last.end());
    return script;
}

QString closedPort()
{
    const S gone(S::Script{});
    return QStringLiteral("127.0.0.1:%1").arg(gone.port());
}

} // namespace

const std::vector<TestWindowFaults::Kind> &TestWindowFaults::kinds()
{
    const S::Flood flood{std::string(kMany, 'x'), kMany};
    const std::string length("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n");
    static const std::vector<Kind> all{
        {"postgres", "database", "postgresql://oncall@%1/shop?sslmode=disable", "", {S::ReadBytes{8}, S::Send{"HTTP/1.1 400 Bad Request\r\n\r\n"}},
         {S::ReadBytes{8}, S::Send{endlessRow()}, flood}, "protocol", "query"},
        {"redis", "cache", "redis://oncall@%1/0", "rediss://oncall@%1/0", {S::ReadLine{}, S::Send{"!what\r\n"}}, {S::ReadLine{}, S::Send{"$99999999999\r\n"}, flood},
         "protocol", "protocol"},
        {"http", "endpoints", "http://%1", "https://%1", {S::ReadLine{}, S::Send{"no web server\r\n\r\n"}},
         http("HTTP/1.1 200 OK\r\n", {S::Flood{"X-Header: " + std::string(1000, 'x') + "\r\n", kMany}}), "protocol", "protocol"},
        {"prometheus", "alerts", "http://%1", "https://%1", {S::ReadLine{}, S::Send{"no web server\r\n\r\n"}}, http(length, {flood}), "protocol", "protocol"},
        {"smtp", "mail", "smtp://oncall@%1", "smtps://oncall@%1", {S::Send{"hello\r\n"}}, {flood}, "protocol", "protocol"},
    };
    return all;
}

QByteArray TestWindowFaults::entry(const Kind &kind, const char *url, const QString &address, const QByteArray &more) const
{
    const bool isMail = qstrcmp(kind.section, "smtp") == 0;
    const bool isTls = more.contains("\"ca\"") || qstrncmp(url, "smtps", 5) == 0;
    QByteArray text = isMail ? R"({"from": "a@shop.example", "to": ["b@shop.example"], )" : R"({"name": "main", )";
    if (isMail && !isTls)
        text += R"("tls": "none", )";
    return text + "\"url\": \"" + QString::fromLatin1(url).arg(address).toLatin1() + '"' + more + '}';
}

void TestWindowFaults::row(const Kind &kind, const char *fault, const char *stage, const QByteArray &entry)
{
    QTest::addRow("%s %s", kind.section, fault) << environmentOf(kind.section, entry) << QString::fromLatin1(kind.page) << QString::fromLatin1(stage);
}

void TestWindowFaults::rowsInClear(const Kind &kind)
{
    const auto scripted = [this](const S::Script &script) {
        m_scripts.push_back(std::make_unique<S>(script));
        return QStringLiteral("127.0.0.1:%1").arg(m_scripts.back()->port());
    };
    row(kind, "refused", "tcp", entry(kind, kind.plain, closedPort()));
    row(kind, "name unknown", "dns", entry(kind, kind.plain, QStringLiteral("name.invalid:9")));
    row(kind, "silent", "protocol", entry(kind, kind.plain, scripted({S::Hang{}})));
    row(kind, "malformed", kind.malformedStage, entry(kind, kind.plain, scripted(kind.malformed)));
    row(kind, "too large", kind.tooLargeStage, entry(kind, kind.plain, scripted(kind.tooLarge)));
}

void TestWindowFaults::rowsOfTls(const Kind &kind)
{
    const QByteArray ca = R"(, "ca": ")" + m_kit.caPath().toLatin1() + '"';
    const auto tlsServer = [this](const QString &certificate) {
        m_tlsServers.push_back(std::make_unique<TlsServer>(m_kit, certificate));
        return QStringLiteral("127.0.0.1:%1").arg(m_tlsServers.back()->port());
    };
    m_scripts.push_back(std::make_unique<S>(S::Script{S::Hang{}}));
    row(kind, "silent TLS", "tls", entry(kind, kind.tls, QStringLiteral("127.0.0.1:%1").arg(m_scripts.back()->port()), ca));
    if (qstrcmp(kind.section, "http") == 0)
        return; // a probe looks at what it does not trust, and says so as a finding: certificatesAreFindings()
    row(kind, "untrusted", "tls", entry(kind, kind.tls, tlsServer(QStringLiteral("good")), R"(, "ca": ")" + m_stranger.caPath().toLatin1() + '"'));
    row(kind, "expired", "tls", entry(kind, kind.tls, tlsServer(QStringLiteral("expired")), ca));
}

void TestWindowFaults::initTestCase()
{
    useOwnFolders(m_home.path());
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("postgres"), QStringLiteral("redis"), QStringLiteral("smtp")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    TlsKit::Wish expired;
    expired.startDay = -90;
    expired.endDay = -30;
    QVERIFY(m_kit.issue(QStringLiteral("good"), {}) && m_kit.issue(QStringLiteral("expired"), expired));
}

void TestWindowFaults::saysStageAndNextStep_data()
{
    QTest::addColumn<QByteArray>("environment");
    QTest::addColumn<QString>("page");
    QTest::addColumn<QString>("stage");
    for (const Kind &kind : kinds()) {
        rowsInClear(kind);
        if (*kind.tls)
            rowsOfTls(kind);
    }
    qputenv("WRONG_PASSWORD", "canary-of-the-window");
    for (const Kind &kind : kinds()) {
        if (qstrcmp(kind.section, "http") == 0 || qstrcmp(kind.section, "prometheus") == 0)
            continue;
        QByteArray wrong = entryOf(*m_servers, QString::fromLatin1(kind.section));
        const qsizetype at = wrong.indexOf("{\"file\"");
        row(kind, "wrong password", "auth", wrong.replace(at, wrong.indexOf('}', at) - at + 1, R"({"env": "WRONG_PASSWORD"})"));
    }
    m_scripts.push_back(std::make_unique<S>(http("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", {})));
    row(kinds()[3], "wrong token", "auth", entry(kinds()[3], kinds()[3].plain, QStringLiteral("127.0.0.1:%1").arg(m_scripts.back()->port()), R"(, "bearer": {"env": "WRONG_PASSWORD"})"));
    const QByteArray url = m_servers->text(u"postgres", u"url").toLatin1();
    row(kinds()[0], "untrusted", "tls", R"({"name": "main", "url": ")" + url + R"(?sslmode=verify-full", "ca": ")" + m_stranger.caPath().toLatin1() + "\"}");
}

void TestWindowFaults::saysStageAndNextStep()
{
    QFETCH(QByteArray, environment);
    QFETCH(QString, page);
    QFETCH(QString, stage);
    QElapsedTimer since;
    since.start();
    OpenWindow open(environment, page.toStdString());
    QVERIFY2(open.isOpen(), open.errorText());
    Heartbeat heart;
    const std::string id = open.session().environment().sources.front().id;
    QTRY_VERIFY_WITH_TIMEOUT(open.source(id)->fault && open.faultText().contains(QStringLiteral("“%1”").arg(QString::fromStdString(open.source(id)->fault->stage))), kSaidWithin);
    const qint64 took = since.elapsed();
    const Fault fault = *open.source(id)->fault;
    qInfo("%s; said after %lld ms: %s", heart.text().constData(), took, open.faultText().simplified().left(200).toUtf8().constData());
    QCOMPARE(QString::fromStdString(fault.stage), stage);
    QVERIFY(!fault.hint.empty());
    QVERIFY2(open.faultText().contains(QString::fromStdString(fault.hint).left(40)), qPrintable(open.faultText()));
    QVERIFY(!open.faultText().contains(QLatin1String("canary")));
    QVERIFY(open.session().assessment()->verdict == Verdict::NotReady);
    QVERIFY2(heart.worstOwn() <= Heartbeat::kLimit, heart.text().constData());
    since.restart();
    open.window().close();
    open.session().stop();
    QVERIFY2(since.elapsed() < kGoneWithin, qPrintable(QString::number(since.elapsed())));
}

void TestWindowFaults::certificatesAreFindings_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("ca");
    QTest::addColumn<QString>("words");
    QTest::addRow("untrusted") << QStringLiteral("good") << m_stranger.caPath() << QStringLiteral("the certificate is not trusted: unable to get");
    QTest::addRow("expired") << QStringLiteral("expired") << m_kit.caPath() << QStringLiteral("expired");
}

void TestWindowFaults::certificatesAreFindings()
{
    QFETCH(QString, certificate);
    QFETCH(QString, ca);
    QFETCH(QString, words);
    QProcess web; // -www: a web server that answers
    tieToUs(web);
    const QString port = closedPort().section(QLatin1Char(':'), 1);
    web.start(QStringLiteral("openssl"), {QStringLiteral("s_server"), QStringLiteral("-quiet"), QStringLiteral("-www"), QStringLiteral("-accept"), QStringLiteral("127.0.0.1:") % port,
                                          QStringLiteral("-cert"), m_kit.path(certificate % QStringLiteral(".pem")), QStringLiteral("-key"), m_kit.path(certificate % QStringLiteral(".key"))});
    QVERIFY(web.waitForStarted());
    const Kind &kind = kinds()[2];
    OpenWindow open(environmentOf(kind.section, entry(kind, kind.tls, QStringLiteral("127.0.0.1:") % port, R"(, "ca": ")" + ca.toLatin1() + '"')), kind.page);
    QVERIFY2(open.isOpen(), open.errorText());
    Heartbeat heart;
    QTRY_VERIFY2_WITH_TIMEOUT(open.tableText("findings").contains(words), qPrintable(open.faultText() % open.tableText("findings")), kSaidWithin);
    qInfo("%s", heart.text().constData());
    QVERIFY2(heart.worstOwn() <= Heartbeat::kLimit, heart.text().constData());
    web.kill();
    web.waitForFinished();
}

/// All that has a list, in one file, each page looked at.
void TestWindowFaults::standsAllFaultsAtOnce()
{
    QByteArray environment = R"({"name": "faulty", "kind": "production")";
    for (const Kind &kind : kinds()) {
        if (qstrcmp(kind.section, "smtp") == 0)
            continue;
        QByteArrayList entries;
        const QByteArrayList names{"silent", "malformed", "large", "reset"};
        for (const S::Script &script : {S::Script{S::Hang{}}, kind.malformed, kind.tooLarge, S::Script{S::Reset{}}}) {
            m_scripts.push_back(std::make_unique<S>(script));
            entries += entry(kind, kind.plain, QStringLiteral("127.0.0.1:%1").arg(m_scripts.back()->port())).replace("main", names[entries.size()]);
        }
        environment += ", \"" + QByteArray(kind.section) + "\": [" + entries.join(", ") + ']';
    }
    OpenWindow open(environment + '}', "readiness");
    QVERIFY2(open.isOpen(), open.errorText());
    Heartbeat heart;
    int page = 0;
    QElapsedTimer since;
    since.start();
    const auto everyPageAgain = [&] {
        open.press(Qt::Key(Qt::Key_1 + page++ % 8), Qt::ControlModifier);
        return since.elapsed() > kSaidWithin;
    };
    QTRY_VERIFY_WITH_TIMEOUT(everyPageAgain(), 2 * kSaidWithin);
    qInfo("%s", heart.text().constData());
    for (const SourceState &state : open.session().snapshot()->sources)
        QVERIFY2(state.fault && !state.fault->stage.empty() && !state.fault->hint.empty(), state.id.c_str());
    QVERIFY2(heart.worstOwn() <= Heartbeat::kLimit, heart.text().constData());
    since.restart();
    open.window().close();
    open.session().stop();
    QVERIFY2(since.elapsed() < kGoneWithin, qPrintable(QString::number(since.elapsed())));
}

/// Twenty windows on servers that hang, break off and talk nonsense, opened and closed one after the other.
void TestWindowFaults::leavesNoThreadAndNoDescriptor()
{
    const S hangs(S::Script{S::Hang{}});
    const S breaks(S::Script{S::Reset{}});
    const S talks(S::Script{S::Send{"nonsense\r\n"}});
    const auto areGone = [&] { return hangs.openCount() + breaks.openCount() + talks.openCount() == 0; };
    Holdings before;
    for (int cycle = 0; cycle <= 20; ++cycle) {
        QByteArray environment = R"({"name": "faulty", "kind": "production")";
        for (const Kind &kind : kinds()) {
            const S &server = cycle % 3 == 0 ? hangs : cycle % 3 == 1 ? breaks : talks;
            const QByteArray one = entry(kind, kind.plain, QStringLiteral("127.0.0.1:%1").arg(server.port()));
            environment += ", \"" + QByteArray(kind.section) + "\": " + (qstrcmp(kind.section, "smtp") == 0 ? one : '[' + one + ']');
        }
        {
            OpenWindow open(environment + '}', "cache");
            QVERIFY2(open.isOpen(), open.errorText());
            QTest::qWait(cycle % 2 ? 0 : 300); // some are closed in the middle of connecting
        }
        if (cycle == 0) {
            QTRY_VERIFY(areGone());
            QTest::qWait(200); // threads of the scripts end after their connections
            before = holdings();
        }
    }
    QTRY_VERIFY(areGone());
    QTRY_VERIFY2(std::abs(holdings().threads - before.threads) <= 2 && std::abs(holdings().descriptors - before.descriptors) <= 2,
                 qPrintable(QStringLiteral("threads %1 → %2, descriptors %3 → %4").arg(before.threads).arg(holdings().threads).arg(before.descriptors).arg(holdings().descriptors)));
    qInfo("threads %d -> %d, descriptors %d -> %d", before.threads, holdings().threads, before.descriptors, holdings().descriptors);
}

QTEST_MAIN(TestWindowFaults)
#include "tst_windowfaults.moc"
