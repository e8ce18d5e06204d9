// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/conninfo.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::postgres;

class TestPgConninfo : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsWhatTheUrlSays();
    void caMeansVerifyFull();
    void urlModeWinsOverCa();
    void passwordIsNeverAKeyword();
    void hostileDatabaseNameStaysOneValue();
    void faultDoesNotQuoteTheUrl();
    void serviceFileFillsWhatTheUrlLeavesOut();
    void missingServiceIsAFault();
    void childGetsTheSameTls();
    void passfileLineEscapes();
    void verifyNameBecomesTheHost();
};

namespace {

Target targetOf(std::string url)
{
    Target target;
    target.id = "postgres/primary";
    target.url = std::move(url);
    return target;
}

} // namespace

void TestPgConninfo::keepsWhatTheUrlSays()
{
    const auto parameters = ConnectionParameters::from(targetOf("postgresql://oncall@db1:5433/shop?sslmode=require&sslrootcert=/ca.pem"));
    QVERIFY(parameters);
    QCOMPARE(parameters->host(), std::string("db1"));
    QCOMPARE(parameters->port(), std::string("5433"));
    QCOMPARE(parameters->dbname(), std::string("shop"));
    QCOMPARE(parameters->user(), std::string("oncall"));
    QCOMPARE(parameters->sslmode(), std::string("require"));
    QCOMPARE(parameters->get("sslrootcert"), std::string("/ca.pem"));
    QCOMPARE(parameters->label(), std::string("db1:5433/shop"));
}

void TestPgConninfo::caMeansVerifyFull()
{
    auto target = targetOf("postgresql://oncall@db1/");
    target.caFile = "/etc/ca.pem";
    target.databases = { "shop", "stock" };
    const auto parameters = ConnectionParameters::from(target);
    QVERIFY(parameters);
    QCOMPARE(parameters->sslmode(), std::string("verify-full"));
    QCOMPARE(parameters->get("sslrootcert"), std::string("/etc/ca.pem"));
    QCOMPARE(parameters->dbname(), std::string("shop"));
    QCOMPARE(parameters->port(), std::string("5432"));
}

void TestPgConninfo::urlModeWinsOverCa()
{
    auto target = targetOf("postgresql://oncall@db1/shop?sslmode=verify-ca");
    target.caFile = "/etc/ca.pem";
    QCOMPARE(ConnectionParameters::from(target)->sslmode(), std::string("verify-ca"));
}

void TestPgConninfo::passwordIsNeverAKeyword()
{
    const auto parameters = ConnectionParameters::from(targetOf("postgresql://oncall:canary-7@db1/shop"));
    QVERIFY(parameters);
    QVERIFY(!parameters->keywords().contains("password"));
    QCOMPARE(parameters->password().reveal(), std::string("canary-7"));
    for (const auto &[name, value] : parameters->childEnvironment())
        QVERIFY2(value.find("canary") == std::string::npos && name != "PGPASSWORD", name.c_str());
}

void TestPgConninfo::hostileDatabaseNameStaysOneValue()
{
    auto target = targetOf("host=db1 user=oncall");
    target.databases = { "x' host=evil sslmode=disable dbname='y\\" };
    const auto parameters = ConnectionParameters::from(target);
    QVERIFY(parameters);
    QCOMPARE(parameters->host(), std::string("db1"));
    // What a child tool gets must read back as the same values.
    const auto again = ConnectionParameters::from(targetOf(conninfoString(parameters->keywords())));
    QVERIFY(again);
    QCOMPARE(again->dbname(), target.databases.front());
    QCOMPARE(again->host(), std::string("db1"));
    QCOMPARE(again->sslmode(), std::string("prefer"));
}

void TestPgConninfo::faultDoesNotQuoteTheUrl()
{
    const auto parameters = ConnectionParameters::from(targetOf("postgresql://oncall:canary-7@db1:x/shop?nonsense=1"));
    QVERIFY(!parameters);
    QVERIFY(parameters.error().kind == FaultKind::Config);
    QVERIFY(parameters.error().detail.find("canary") == std::string::npos);
}

void TestPgConninfo::serviceFileFillsWhatTheUrlLeavesOut()
{
    QTemporaryDir directory;
    QFile file(directory.filePath(QStringLiteral("services")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("# ours\n[other]\nhost=wrong\n[shop]\nhost = db7\nport=5444\nuser=reader\npassword=canary-8\n\n[more]\nport=1\n");
    file.close();
    qputenv("PGSERVICEFILE", file.fileName().toUtf8());
    const auto parameters = ConnectionParameters::from(targetOf("service=shop user=oncall"));
    qunsetenv("PGSERVICEFILE");
    QVERIFY(parameters);
    QCOMPARE(parameters->host(), std::string("db7"));
    QCOMPARE(parameters->port(), std::string("5444"));
    QCOMPARE(parameters->user(), std::string("oncall"));
    QCOMPARE(parameters->password().reveal(), std::string("canary-8"));
}

void TestPgConninfo::missingServiceIsAFault()
{
    const auto parameters = ConnectionParameters::from(targetOf("service=no-such-service-anywhere"));
    QVERIFY(!parameters);
    QVERIFY(parameters.error().detail.find("no-such-service-anywhere") != std::string::npos);
}

void TestPgConninfo::childGetsTheSameTls()
{
    auto target = targetOf("postgresql://oncall@db1:5433/shop?sslmode=verify-full&passfile=/p");
    target.caFile = "/ca";
    target.clientCertFile = "/crt";
    target.clientKeyFile = "/key";
    const auto environment = ConnectionParameters::from(target)->childEnvironment();
    const auto has = [&](const char *name, const char *value) {
        return std::ranges::find(environment, std::pair<std::string, std::string>(name, value)) != environment.end();
    };
    QVERIFY(has("PGSSLMODE", "verify-full"));
    QVERIFY(has("PGSSLROOTCERT", "/ca"));
    QVERIFY(has("PGSSLCERT", "/crt"));
    QVERIFY(has("PGSSLKEY", "/key"));
    QVERIFY(has("PGHOST", "db1"));
    QVERIFY(has("PGPASSFILE", "/p"));
}

void TestPgConninfo::passfileLineEscapes()
{
    const auto parameters = ConnectionParameters::from(targetOf("postgresql://on%3Acall@db1/shop"));
    QVERIFY(parameters);
    QCOMPARE(parameters->passfileLine(Secret("a:b\\c")).reveal(), std::string("*:*:*:on\\:call:a\\:b\\\\c\n"));
}

void TestPgConninfo::verifyNameBecomesTheHost()
{
    auto target = targetOf("postgresql://oncall@10.0.0.7/shop?sslmode=verify-full");
    target.verifyName = "db1.shop.example";
    const auto parameters = ConnectionParameters::from(target);
    QVERIFY(parameters);
    QCOMPARE(parameters->get("host"), std::string("db1.shop.example"));
    QCOMPARE(parameters->host(), std::string("10.0.0.7"));
    QVERIFY(conninfoString(parameters->keywords()).find("dial") == std::string::npos);
}

QTEST_GUILESS_MAIN(TestPgConninfo)
#include "tst_pgconninfo.moc"
