// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/certificate.h"
#include "connectors/tls/tlsfacts.h"
#include "tests/support/tlskit.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QFile>
#include <QTest>
#include <QTimeZone>

using namespace muster;
using namespace muster::test;

class TestCertificate : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsWhatOpensslReads();
    void readsEveryCertificateOfABundle();
    void survivesRubbish();
    void judgesKeysAndSignatures();
    void makesFactsOfAChain();
    void tellsWhatEndsFirstBesideTheLeaf();
    void leavesLegacyUnknownWhenNotTried();

private:
    [[nodiscard]] net::Certificate read(const QString &name) const
    {
        QFile file(m_kit.path(name + QStringLiteral(".pem")));
        if (!file.open(QIODevice::ReadOnly))
            return {};
        const auto list = net::certificatesFromPem(file.readAll().toStdString());
        return list.empty() ? net::Certificate() : list.front();
    }
    TlsKit m_kit;
};

void TestCertificate::readsWhatOpensslReads()
{
    TlsKit::Wish wish;
    wish.names = QStringLiteral("DNS:mail.test,DNS:*.shop.test,IP:192.0.2.7,IP:2001:db8::1");
    QVERIFY(m_kit.issue(QStringLiteral("leaf"), wish));
    const net::Certificate leaf = read(QStringLiteral("leaf"));
    const QByteArray words = m_kit.openssl({QStringLiteral("x509"), QStringLiteral("-in"), m_kit.path(QStringLiteral("leaf.pem")), QStringLiteral("-noout"), QStringLiteral("-serial"),
                                           QStringLiteral("-fingerprint"), QStringLiteral("-sha256"), QStringLiteral("-enddate"), QStringLiteral("-dateopt"), QStringLiteral("iso_8601")});
    QVERIFY(words.toStdString().find("serial=" + leaf.serial) != std::string::npos);
    const QByteArray fingerprint = QByteArray(words).replace(":", "").toLower();
    QVERIFY(fingerprint.toStdString().find("fingerprint=" + leaf.sha256) != std::string::npos);
    const auto ends = QDateTime::fromMSecsSinceEpoch(leaf.notAfter.time_since_epoch().count(), QTimeZone::utc());
    QVERIFY(words.contains(ends.toString(QStringLiteral("'notAfter='yyyy-MM-dd HH:mm:ss'Z'")).toLatin1()));
    QCOMPARE(leaf.names, (std::vector<std::string>{"mail.test", "*.shop.test", "192.0.2.7", "2001:db8::1"}));
    QCOMPARE(leaf.subject, std::string("CN=leaf.test"));
    QCOMPARE(leaf.issuer, std::string("CN=Test authority"));
    QCOMPARE(leaf.key, std::string("EC P-256"));
    QCOMPARE(leaf.keyBits, 256);
    QCOMPARE(leaf.signature, std::string("ecdsa-with-SHA256"));
    QVERIFY(!leaf.isSelfSigned);
    QVERIFY(read(QStringLiteral("ca")).isSelfSigned);
    const QByteArray key = m_kit.openssl({QStringLiteral("x509"), QStringLiteral("-in"), m_kit.path(QStringLiteral("leaf.pem")), QStringLiteral("-noout"), QStringLiteral("-pubkey")});
    const QByteArray der = QByteArray::fromBase64(key.mid(key.indexOf('\n'), key.indexOf("-----END") - key.indexOf('\n')));
    QCOMPARE(QByteArray::fromStdString(leaf.pin), QCryptographicHash::hash(der, QCryptographicHash::Sha256).toBase64());
}

void TestCertificate::readsEveryCertificateOfABundle()
{
    QVERIFY(m_kit.issue(QStringLiteral("one"), {}));
    QByteArray bundle = "# a remark\n";
    for (const QString &name : {QStringLiteral("one.pem"), QStringLiteral("ca.pem")}) {
        QFile file(m_kit.path(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        bundle += "s: some words\n" + file.readAll();
    }
    const auto list = net::certificatesFromPem(bundle.toStdString());
    QCOMPARE(list.size(), std::size_t{2});
    QCOMPARE(list[1].subject, std::string("CN=Test authority"));
}

void TestCertificate::survivesRubbish()
{
    QVERIFY(net::certificatesFromPem("").empty());
    QVERIFY(net::certificatesFromPem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").empty());
    QVERIFY(net::certificateFrom(nullptr).subject.empty());
}

void TestCertificate::judgesKeysAndSignatures()
{
    TlsKit::Wish small;
    small.key = {QStringLiteral("rsa:1024")};
    QVERIFY(m_kit.issue(QStringLiteral("small"), small));
    TlsKit::Wish old;
    old.digest = QStringLiteral("sha1");
    QVERIFY(m_kit.issue(QStringLiteral("old"), old));
    QVERIFY(m_kit.issue(QStringLiteral("good"), {}));
    QVERIFY(tls::judgeKeys({read(QStringLiteral("good"))}).isOk);
    QVERIFY(tls::judgeKeys({read(QStringLiteral("good")), read(QStringLiteral("ca"))}).isOk);
    QVERIFY(tls::judgeKeys({read(QStringLiteral("small"))}).why.find("RSA 1024") != std::string::npos);
    QVERIFY(tls::judgeKeys({read(QStringLiteral("old"))}).why.find("SHA1") != std::string::npos);
    QVERIFY(!tls::judgeKeys({}).isOk);
    net::Certificate root = read(QStringLiteral("old"));
    root.isSelfSigned = true;
    QVERIFY(tls::judgeKeys({root}).isOk); // nobody relies on a root's own signature
}

void TestCertificate::makesFactsOfAChain()
{
    FactBatch batch{"http/api", Stamp::now(), {}};
    net::TlsInfo info;
    info.version = "TLSv1.3";
    info.isVerified = true;
    info.isNameOk = true;
    net::Certificate leaf;
    leaf.notBefore = batch.at.wall - std::chrono::hours(24 * 30);
    leaf.notAfter = batch.at.wall + std::chrono::hours(24 * 10);
    leaf.key = "EC P-256";
    leaf.keyBits = 256;
    info.chain = {leaf};
    tls::addTlsFacts(batch, info, {true, true, "TLSv1.1", ""}, Millis{1000});
    const auto value = [&](const char *name) -> Value {
        for (const Fact &fact : batch.facts) {
            if (fact.name == name)
                return fact.value;
        }
        return Unknown{"missing", ""};
    };
    QCOMPARE(*asNumber(value("tls.expires_in")), 864000.0);
    QCOMPARE(*asNumber(value("tls.lifetime_left_ratio")), 0.25);
    QVERIFY(*asTruth(value("tls.legacy_offered")));
    QVERIFY(*asTruth(value("tls.verified")));
    QCOMPARE(asTable(value("tls.chain"))->rows.size(), std::size_t{1});
    QVERIFY(std::holds_alternative<NotApplicable>(value("tls.chain_expires_in")));
    info.chain.front().notAfter = batch.at.wall - std::chrono::hours(1);
    batch.facts.clear();
    tls::addTlsFacts(batch, info, {}, Millis{1000});
    QCOMPARE(*asNumber(value("tls.expires_in")), -3600.0);
    QCOMPARE(*asNumber(value("tls.lifetime_left_ratio")), 0.0);
}

void TestCertificate::tellsWhatEndsFirstBesideTheLeaf()
{
    FactBatch batch{"http/api", Stamp::now(), {}};
    net::TlsInfo info;
    const auto sent = [&](const char *subject, int hours) {
        net::Certificate one;
        one.subject = subject;
        one.issuer = "CN=Old root";
        one.notAfter = batch.at.wall + std::chrono::hours(hours);
        return one;
    };
    info.chain = {sent("CN=shop", 24), sent("CN=New root", -2), sent("CN=Old root", 24 * 4000)};
    tls::addTlsFacts(batch, info, {}, Millis{1000});
    const auto value = [&](std::string_view name) { return std::ranges::find(batch.facts, name, &Fact::name)->value; };
    QCOMPARE(*asNumber(value("tls.chain_expires_in")), -7200.0);
    QCOMPARE(*asText(value("tls.chain_first")), std::string("CN=New root (issued by CN=Old root)"));
    auto better = info;
    better.chain.erase(better.chain.begin() + 1);
    QVERIFY(tls::isWorse(info, better));
    QVERIFY(!tls::isWorse(better, info));
}

void TestCertificate::leavesLegacyUnknownWhenNotTried()
{
    FactBatch batch{"http/api", Stamp::now(), {}};
    tls::addTlsFacts(batch, {}, {}, Millis{1000});
    bool isSeen = false;
    for (const Fact &fact : batch.facts) {
        if (fact.name == "tls.legacy_offered") {
            isSeen = true;
            QVERIFY(std::holds_alternative<Unknown>(fact.value));
        }
    }
    QVERIFY(isSeen);
}

QTEST_GUILESS_MAIN(TestCertificate)
#include "tst_certificate.moc"
