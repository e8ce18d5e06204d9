// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/digest.h"
#include "connectors/smtp/smtpauth.h"

#include <QTest>

using namespace muster;
using namespace muster::smtp;

class TestSmtpAuth : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void prefersTheStrongestMechanism();
    void sendsATokenOnlyByXOAuth2();
    void writesXOAuth2();
    void sendsNothingInClear();
    void saysWhyThereIsNoMechanism();
    void writesPlain();
    void answersTheScramOfTheStandard();
    void refusesAForeignNonce();
    void refusesUnreasonableIterations_data();
    void refusesUnreasonableIterations();
    void refusesAServerWithoutProof();
    void readsOnlyCanonicalBase64();

private:
    static Capabilities offering(std::vector<std::string> auth)
    {
        Capabilities capabilities;
        capabilities.auth = std::move(auth);
        return capabilities;
    }
};

void TestSmtpAuth::prefersTheStrongestMechanism()
{
    QVERIFY(chooseMechanism(offering({"LOGIN", "PLAIN", "SCRAM-SHA-256"}), true).mechanism == Mechanism::ScramSha256);
    QVERIFY(chooseMechanism(offering({"LOGIN", "PLAIN"}), true).mechanism == Mechanism::Plain);
    const Choice login = chooseMechanism(offering({"XOAUTH2", "LOGIN"}), true);
    QVERIFY(login.mechanism == Mechanism::Login);
    QVERIFY(login.reason.find("XOAUTH2 LOGIN") != std::string::npos);
}

void TestSmtpAuth::sendsATokenOnlyByXOAuth2()
{
    QVERIFY(chooseMechanism(offering({"LOGIN", "PLAIN", "XOAUTH2"}), true, Credential::Token).mechanism == Mechanism::XOAuth2);
    const Choice none = chooseMechanism(offering({"LOGIN", "PLAIN"}), true, Credential::Token);
    QVERIFY(none.mechanism == Mechanism::None);
    QVERIFY(none.reason.find("needs XOAUTH2") != std::string::npos);
    QVERIFY(chooseMechanism(offering({"XOAUTH2"}), false, Credential::Token).mechanism == Mechanism::None);
}

void TestSmtpAuth::writesXOAuth2()
{
    // the example of the providers' documentation
    QCOMPARE(xoauth2Response("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"),
             std::string("dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="));
}

void TestSmtpAuth::sendsNothingInClear()
{
    QVERIFY(chooseMechanism(offering({"PLAIN", "SCRAM-SHA-256"}), false).mechanism == Mechanism::None);
}

void TestSmtpAuth::saysWhyThereIsNoMechanism()
{
    QVERIFY(chooseMechanism(offering({}), true).reason.find("offers no AUTH") != std::string::npos);
    QVERIFY(chooseMechanism(offering({"XOAUTH2"}), true).reason.find("XOAUTH2") != std::string::npos);
}

void TestSmtpAuth::writesPlain() { QCOMPARE(plainResponse("tim", "tanstaaftanstaaf"), std::string("AHRpbQB0YW5zdGFhZnRhbnN0YWFm")); }

void TestSmtpAuth::answersTheScramOfTheStandard()
{
    ScramClient client("user", "rOprNGfwEbeRWgbNEkqO"); // RFC 7677, 3
    QCOMPARE(client.first(), std::string("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    const auto answer = client.final("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "pencil");
    QVERIFY(answer);
    QCOMPARE(*answer, std::string("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
    QVERIFY(client.isServerProven("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

void TestSmtpAuth::refusesAForeignNonce()
{
    ScramClient client("user", "abcdef");
    QVERIFY(!client.final("r=xbcdefgh,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "pencil"));
    QVERIFY(!client.final("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "pencil")); // adds nothing of its own
    QVERIFY(!client.final("", "pencil"));
}

void TestSmtpAuth::refusesUnreasonableIterations_data()
{
    QTest::addColumn<QByteArray>("count");
    QTest::newRow("none") << QByteArray("");
    QTest::newRow("one") << QByteArray("1");
    QTest::newRow("negative") << QByteArray("-4096");
    QTest::newRow("hours of work") << QByteArray("2000000000");
    QTest::newRow("overflow") << QByteArray("99999999999999999999");
}

void TestSmtpAuth::refusesUnreasonableIterations()
{
    QFETCH(QByteArray, count);
    QVERIFY(!ScramClient("user", "abc").final("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=" + count.toStdString(), "pencil"));
}

void TestSmtpAuth::refusesAServerWithoutProof()
{
    ScramClient client("user", "abc");
    QVERIFY(!client.isServerProven("v="));
    QVERIFY(client.final("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "pencil"));
    QVERIFY(!client.isServerProven("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    QVERIFY(!client.isServerProven("e=other-error"));
}

void TestSmtpAuth::readsOnlyCanonicalBase64()
{
    QCOMPARE(net::fromBase64("Zg==").value_or("?"), std::string("f"));
    QCOMPARE(net::fromBase64("Zm9v").value_or("?"), std::string("foo"));
    QCOMPARE(net::fromBase64("").value_or("?"), std::string());
    for (const char *bad : {"Zg=", "Zg", "Z===", "Zh==", "Zm9v ", " Zm9v", "Zm9v\n", "!!!!", "Zg==Zg=="})
        QVERIFY2(!net::fromBase64(bad), bad);
}

QTEST_APPLESS_MAIN(TestSmtpAuth)
#include "tst_smtpauth.moc"
