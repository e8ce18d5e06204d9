// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/pgfaults.h"

#include <QTest>

using namespace muster;
using namespace muster::postgres;

class TestPgFaults : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsTheStateOfAnyLanguage();
    void namesStageAndKind_data();
    void namesStageAndKind();
    void wantsEncryption();
    void detailIsCappedAndHasNoSource();
    void statementErrors();
    void timeoutsNameTheirStage();
};

void TestPgFaults::readsTheStateOfAnyLanguage()
{
    QCOMPARE(sqlStateOf("FATAL:  28P01: Passwort-Authentifizierung für Benutzer »x« fehlgeschlagen\nLOCATION:  auth_failed, auth.c:335"),
             std::string_view("28P01"));
    QCOMPARE(sqlStateOf("connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  53300: sorry"), std::string_view("53300"));
    QCOMPARE(sqlStateOf("connection to server failed: Connection refused"), std::string_view());
    QCOMPARE(sqlStateOf(""), std::string_view());
    QCOMPARE(sqlStateOf(":  2"), std::string_view());
}

void TestPgFaults::namesStageAndKind_data()
{
    QTest::addColumn<int>("stage");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QByteArray>("named");
    const auto row = [](const char *name, ConnectStage stage, const char *message, FaultKind kind, const char *named) {
        QTest::newRow(name) << static_cast<int>(stage) << QByteArray(message) << static_cast<int>(kind) << QByteArray(named);
    };
    row("refused", ConnectStage::Tcp, "connection to server failed: Connection refused\n", FaultKind::Refused, "tcp");
    row("no socket", ConnectStage::Tcp, "connection to server on socket failed: No such file or directory\n", FaultKind::Refused, "tcp");
    row("unreachable", ConnectStage::Tcp, "connection to server failed: No route to host\n", FaultKind::Unavailable, "tcp");
    row("no tls", ConnectStage::Tls, "server does not support SSL, but SSL was required\n", FaultKind::Tls, "tls");
    row("expired", ConnectStage::Tls, "SSL error: certificate has expired\n", FaultKind::Tls, "tls");
    row("name", ConnectStage::Protocol, "server certificate for \"a\" does not match host name \"b\"\n", FaultKind::Tls, "tls");
    row("web server", ConnectStage::Tls, "received invalid response to SSL negotiation: H\n", FaultKind::Protocol, "protocol");
    row("garbage", ConnectStage::Protocol, "expected authentication request from server, but received H\n", FaultKind::Protocol,
        "protocol");
    row("starting", ConnectStage::Protocol, "FATAL:  57P03: the database system is starting up\n", FaultKind::Unavailable, "protocol");
    row("full", ConnectStage::Protocol, "FATAL:  53300: sorry, too many clients already\n", FaultKind::Unavailable, "protocol");
    row("pooler's password", ConnectStage::Protocol, "FATAL:  08P01: SASL authentication failed\n", FaultKind::Auth, "auth");
    row("password", ConnectStage::Protocol, "FATAL:  28P01: password authentication failed for user \"x\"\n", FaultKind::Auth, "auth");
    row("hba", ConnectStage::Protocol, "FATAL:  28000: no pg_hba.conf entry for host \"10.0.0.1\"\n", FaultKind::Auth, "auth");
    row("database", ConnectStage::Session, "FATAL:  3D000: database \"nope\" does not exist\n", FaultKind::Config, "configuration");
    row("closed", ConnectStage::Protocol, "server closed the connection unexpectedly\n", FaultKind::Unavailable, "protocol");
}

void TestPgFaults::namesStageAndKind()
{
    QFETCH(int, stage);
    QFETCH(QByteArray, message);
    QFETCH(int, kind);
    QFETCH(QByteArray, named);
    const auto fault = connectFault(static_cast<ConnectStage>(stage), message.toStdString(), "10.0.0.1:5432");
    QCOMPARE(static_cast<int>(fault.kind), kind);
    QCOMPARE(QByteArray::fromStdString(fault.stage), named);
    QVERIFY(fault.detail.starts_with("10.0.0.1:5432: "));
    QVERIFY(!fault.hint.empty());
}

void TestPgFaults::wantsEncryption()
{
    const auto fault = connectFault(
        ConnectStage::Protocol, "FATAL:  28000: no pg_hba.conf entry for host \"h\", user \"u\", database \"d\", no encryption\n", "h:1");
    QVERIFY(fault.hint.find("sslmode") != std::string::npos);
}

void TestPgFaults::detailIsCappedAndHasNoSource()
{
    const auto fault =
        connectFault(ConnectStage::Protocol, "FATAL:  28P01: " + std::string(5000, 'x') + "\nLOCATION:  auth_failed, auth.c:335\n", "h:1");
    QVERIFY(fault.detail.size() < 700);
    QVERIFY(fault.detail.find("auth.c") == std::string::npos);
}

void TestPgFaults::statementErrors()
{
    QVERIFY(queryFault("42501", "permission denied", false).kind == FaultKind::Denied);
    QVERIFY(queryFault("57014", "canceling statement", false).kind == FaultKind::Timeout);
    QVERIFY(queryFault("55P03", "lock timeout", false).kind == FaultKind::Timeout);
    QVERIFY(queryFault("57P01", "terminating connection", true).kind == FaultKind::Unavailable);
    QVERIFY(queryFault("", "server closed the connection", true).kind == FaultKind::Unavailable);
    QVERIFY(queryFault("42P01", "no table", false).kind == FaultKind::Protocol);
    QCOMPARE(queryFault("42P01", "no table", false).detail, std::string("42P01: no table"));
}

void TestPgFaults::timeoutsNameTheirStage()
{
    for (const auto stage : { ConnectStage::Tcp, ConnectStage::Tls, ConnectStage::Protocol, ConnectStage::Auth, ConnectStage::Session }) {
        const auto fault = connectTimeout(stage, "h:1");
        QVERIFY(fault.kind == FaultKind::Timeout);
        QCOMPARE(std::string_view(fault.stage), toString(stage));
    }
}

QTEST_GUILESS_MAIN(TestPgFaults)
#include "tst_pgfaults.moc"
