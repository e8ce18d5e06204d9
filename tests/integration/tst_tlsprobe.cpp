// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/tls/tlsprobe.h"
#include "tests/support/scriptedserver.h"
#include "tests/support/tlskit.h"

#include <QTest>

using namespace muster;
using namespace muster::test;
using S = ScriptedServer;
using std::chrono_literals::operator""ms;

class TestTlsProbe : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void seesWhatOpensslSees();
    void seesACertificateThatDoesNotVerify();
    void findsLegacyVersions_data();
    void findsLegacyVersions();
    void leavesLegacyOpenWhenTheServerIsSilent();
    void saysThatNoHandshakeCameAbout();

private:
    TlsKit m_kit;
    net::Interrupter m_interrupter;

    [[nodiscard]] net::TlsOptions options() const
    {
        net::TlsOptions result;
        result.isOn = true;
        result.caFile = m_kit.ca();
        return result;
    }
    [[nodiscard]] auto probe(std::uint16_t port) { return tls::probe({"127.0.0.1", port}, options(), Deadline::after(15000ms), m_interrupter); }
};

void TestTlsProbe::seesWhatOpensslSees()
{
    QVERIFY(m_kit.issue(QStringLiteral("leaf"), {}));
    const TlsServer server(m_kit, QStringLiteral("leaf"), {QStringLiteral("-cert_chain"), m_kit.caPath()});
    const auto seen = probe(server.port());
    QVERIFY2(seen, seen ? "" : seen.error().detail.c_str());
    QVERIFY(seen->info.isVerified && seen->info.isNameOk && seen->info.verifyError.empty());
    QCOMPARE(seen->info.chain.size(), std::size_t{2});
    QProcess client;
    client.start(QStringLiteral("openssl"), {QStringLiteral("s_client"), QStringLiteral("-connect"), QStringLiteral("127.0.0.1:%1").arg(server.port()),
                                             QStringLiteral("-servername"), QStringLiteral("localhost"), QStringLiteral("-CAfile"), m_kit.caPath()});
    client.closeWriteChannel();
    QVERIFY(client.waitForFinished(10000));
    const std::string words = client.readAllStandardOutput().toStdString();
    QVERIFY(words.find(seen->info.version) != std::string::npos);
    QVERIFY(words.find(seen->info.cipher) != std::string::npos);
    QVERIFY(words.find("Verify return code: 0 (ok)") != std::string::npos);
    const std::string pem = words.substr(words.find("-----BEGIN"), words.find("-----END CERTIFICATE-----") + 26 - words.find("-----BEGIN"));
    QCOMPARE(net::certificatesFromPem(pem).front().sha256, seen->info.chain.front().sha256);
}

void TestTlsProbe::seesACertificateThatDoesNotVerify()
{
    TlsKit::Wish wish;
    wish.startDay = -30;
    wish.endDay = -2;
    QVERIFY(m_kit.issue(QStringLiteral("expired"), wish));
    const TlsServer server(m_kit, QStringLiteral("expired"));
    const auto seen = probe(server.port());
    QVERIFY2(seen, seen ? "" : seen.error().detail.c_str());
    QVERIFY(!seen->info.isVerified);
    QVERIFY(seen->info.isNameOk);
    QVERIFY(seen->info.verifyError.find("expired") != std::string::npos);
}

void TestTlsProbe::findsLegacyVersions_data()
{
    QTest::addColumn<QStringList>("flags");
    QTest::addColumn<QByteArray>("version"); ///< "" = refused
    const QStringList weak{QStringLiteral("-cipher"), QStringLiteral("ALL:@SECLEVEL=0")};
    QTest::newRow("1.2 and 1.3") << QStringList{QStringLiteral("-no_tls1"), QStringLiteral("-no_tls1_1")} << QByteArray();
    QTest::newRow("1.1 too") << weak + QStringList{QStringLiteral("-no_tls1")} << QByteArray("TLSv1.1");
    QTest::newRow("1.0 too") << weak + QStringList{QStringLiteral("-no_tls1_1")} << QByteArray("TLSv1");
}

void TestTlsProbe::findsLegacyVersions()
{
    QFETCH(QStringList, flags);
    QFETCH(QByteArray, version);
    QVERIFY(m_kit.issue(QStringLiteral("aged"), {}));
    const TlsServer server(m_kit, QStringLiteral("aged"), flags);
    const auto seen = probe(server.port());
    QVERIFY2(seen, seen ? "" : seen.error().detail.c_str());
    QVERIFY2(seen->legacy.isChecked, seen->legacy.why.c_str());
    QCOMPARE(seen->legacy.isOffered, !version.isEmpty());
    QCOMPARE(seen->legacy.version, version.toStdString());
    QVERIFY(seen->info.version == "TLSv1.3");
}

void TestTlsProbe::leavesLegacyOpenWhenTheServerIsSilent()
{
    const ScriptedServer silent(S::Script{S::Hang{}});
    const tls::Opener open = [&](Deadline limit) { return net::Stream::connect({"127.0.0.1", silent.port()}, limit, m_interrupter); };
    const tls::Legacy legacy = tls::checkLegacy(open, "localhost", options(), Deadline::after(300ms));
    QVERIFY(!legacy.isChecked);
    QVERIFY(!legacy.why.empty());
}

void TestTlsProbe::saysThatNoHandshakeCameAbout()
{
    const ScriptedServer closing(S::Script{S::ReadBytes{10}, S::Close{}});
    const auto seen = probe(closing.port());
    QVERIFY(!seen);
    QVERIFY(seen.error().kind == FaultKind::Tls);
    QVERIFY(!seen.error().hint.empty());
}

QTEST_GUILESS_MAIN(TestTlsProbe)
#include "tst_tlsprobe.moc"
