// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/environment.h"
#include "app/environment/import.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace muster::environment;
using Json = nlohmann::json;

namespace {

bool contains(const std::string &text, const char *part)
{
    if (text.find(part) != std::string::npos)
        return true;
    qWarning("no “%s” in: %s", part, text.c_str());
    return false;
}

struct Result {
    Json file;
    std::string all;    ///< text and remarks, or the error
    bool isGood = false;
};

Result import(const std::vector<std::string> &arguments)
{
    const auto imported = importFrom(arguments);
    if (!imported)
        return {Json(), imported.error(), false};
    auto all = imported->text;
    for (const auto &remark : imported->remarks)
        all += remark + "\n";
    return {Json::parse(imported->text, nullptr, false, true), all, true};
}

std::string data(const char *name)
{
    return std::string(MUSTER_TEST_DATA "/import/") + name;
}

std::vector<std::string> values(const Json &section, const char *key)
{
    std::vector<std::string> result;
    for (const auto &entry : section)
        result.push_back(entry.value(key, ""));
    return result;
}

} // namespace

class ImportTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_home;
    std::string m_passfile;

    std::string put(const char *name, const char *fixture)
    {
        const auto path = m_home.filePath(QString::fromUtf8(name));
        QFile::remove(path);
        QFile::copy(QString::fromStdString(data(fixture)), path);
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner);
        return path.toStdString();
    }

private Q_SLOTS:
    void init()
    {
        qputenv("HOME", m_home.path().toUtf8());
        qunsetenv("PGPASSFILE");
        qunsetenv("PGSERVICEFILE");
        m_passfile = put(".pgpass", "pgpass");
    }

    void makesServersOfAPassfile()
    {
        const auto result = import({"pgpass"});
        QVERIFY2(result.isGood, result.all.c_str());
        const std::vector<std::string> urls{"postgresql://oncall@db1.shop.example:5432/shop", "postgresql://oncall@db2.shop.example:5432/postgres",
                                            "postgresql://back%5Cslash%3Auser@[::1]:5433/shop", "postgresql://a%40b@db4:5432/caf%25C3%25A9%20&%20co"};
        QVERIFY(values(result.file["postgres"], "url") == urls);
        QVERIFY(values(result.file["postgres"], "name") == std::vector<std::string>({"db1", "db2", "1", "db4"}));
        QVERIFY(result.file["postgres"][0]["databases"] == Json::array({"shop", "billing"}));
        QVERIFY(!result.file["postgres"][0].contains("password"));
        QVERIFY(values(result.file["pgbouncer"], "url") == std::vector<std::string>{"postgresql://stats@pool1:6432/pgbouncer"});
        QVERIFY(contains(result.all, "line 7: fits every host"));
        QVERIFY(contains(result.all, "line 8: names a local socket"));
        QVERIFY(contains(result.all, "line 9: has a port that is none"));
        QVERIFY(contains(result.all, "line 10: is not host:port"));
        QVERIFY(result.all.find("canary") == std::string::npos);
    }

    void namesAPassfileThatLibpqWouldNotFind()
    {
        const auto path = put("team.pgpass", "pgpass");
        const auto url = "postgresql://oncall@db1.shop.example:5432/shop?passfile=" + path;
        QVERIFY(import({path}).file["postgres"][0]["url"] == url);
        qputenv("PGPASSFILE", QByteArray::fromStdString(path));
        QVERIFY(import({"pgpass"}).file["postgres"][0]["url"] == url);
        const auto other = put("passwords", "pgpass");
        QVERIFY(import({"pgpass:" + other}).isGood);
        QVERIFY(contains(import({other}).all, "argument 1 is none of the things"));
    }

    void refusesAPassfileThatOthersMayRead()
    {
        QFile::setPermissions(QString::fromStdString(m_passfile), QFile::ReadOwner | QFile::ReadGroup);
        const auto result = import({"pgpass"});
        QVERIFY(!result.isGood);
        QVERIFY(contains(result.all, ("chmod 600 " + m_passfile).c_str()));
    }

    void refersToServices()
    {
        const auto path = put(".pg_service.conf", "pg_service.conf");
        const auto result = import({"pg_service"});
        QVERIFY2(result.isGood, result.all.c_str());
        QVERIFY(values(result.file["postgres"], "url") == std::vector<std::string>({"postgresql:///?service=shop", "postgresql:///?service=corporate"}));
        QVERIFY(result.file["postgres"][0]["databases"] == Json::array({"shop"}));
        QVERIFY(values(result.file["pgbouncer"], "name") == std::vector<std::string>{"pool"});
        QVERIFY(contains(result.all, "[corporate] is looked up by LDAP"));
        QVERIFY(result.all.find("PGSERVICEFILE") == std::string::npos);
        QVERIFY(result.all.find("canary") == std::string::npos);
        QVERIFY(contains(import({data("pg_service.conf")}).all, "PGSERVICEFILE=" MUSTER_TEST_DATA "/import/pg_service.conf"));
    }

    void makesCandidatesOfAPrometheusFile()
    {
        const auto result = import({data("prometheus.yml")});
        QVERIFY2(result.isGood, result.all.c_str());
        const auto &prometheus = result.file["prometheus"][0];
        QVERIFY(prometheus["url"] == "http://prom.shop.example:9090");
        QVERIFY(prometheus["alertmanagers"] == Json::array({"https://am1:9093/am", "https://am2:9093/am", "http://am3:9093"}));
        const std::vector<std::string> metrics{"http://prom.shop.example:9090/metrics", "https://api1.shop.example:9102/internal/metrics",
                                               "https://api2.shop.example:9102/internal/metrics", "http://old:9100/metrics", "http://old2:9100/metrics"};
        QVERIFY(values(result.file["metrics"], "url") == metrics);
        QVERIFY(values(result.file["http"], "url") == std::vector<std::string>({"https://shop.example", "https://admin.shop.example"}));
        QVERIFY(result.file["http"][0]["health"] == "/health");
        QVERIFY(contains(result.all, "an Alertmanager wants credentials"));
        QVERIFY(contains(result.all, "job “pods” finds its targets by “kubernetes_sd_configs”"));
        QVERIFY(contains(result.all, "a target of the probe “probes” is no http(s) URL"));
        QVERIFY(contains(result.all, "“remote_write” is not imported"));
    }

    void turnsCredentialsIntoPlaces()
    {
        const auto result = import({data("prometheus.yml")});
        const auto &api = result.file["metrics"][1];
        QVERIFY(api["bearer"] == Json({{"env", "API_API1_TOKEN"}}));
        QVERIFY(api["ca"] == MUSTER_TEST_DATA "/import/tls/ca.pem");
        QVERIFY(api["verifyName"] == "api.shop.example");
        QVERIFY(contains(result.all, "a bearer token here, which is not copied"));
        QVERIFY(contains(result.all, "logs in here by basic_auth"));
        QVERIFY(contains(result.all, "insecure_skip_verify"));
        QVERIFY(result.all.find("canary") == std::string::npos);
    }

    void saysWhereAPrometheusFileIsBroken()
    {
        const auto path = m_home.filePath(QStringLiteral("broken.yml")).toStdString();
        const auto write = [&](const char *text) {
            QFile file(QString::fromStdString(path));
            QVERIFY(file.open(QFile::WriteOnly));
            file.write(text);
        };
        write("scrape_configs:\n  - job_name: a\n    job_name: b\n");
        QVERIFY(contains(import({path}).all, "broken.yml: line 3, column 5: this key stands twice"));
        write("services: {}\n");
        QVERIFY(contains(import({path}).all, "is it a Prometheus configuration?"));
        QVERIFY(contains(import({"nowhere.yml"}).all, "nowhere.yml: no such file"));
    }

    void makesEntriesOfUrls()
    {
        const auto result = import({"postgresql://oncall@db1.shop.example/shop?sslmode=verify-full&application_name=x", "redis://cache1:6379/0", "rediss://ops@cache2", "https://api.shop.example/healthz",
                                    "http://prom:9090", "http://api1:9102/metrics", "smtps://oncall@mail.shop.example", "imaps://oncall@mail.shop.example/INBOX"});
        QVERIFY2(result.isGood, result.all.c_str());
        QVERIFY(result.file["postgres"][0]["url"] == "postgresql://oncall@db1.shop.example/shop?sslmode=verify-full");
        QVERIFY(values(result.file["redis"], "url") == std::vector<std::string>({"redis://cache1:6379/0", "rediss://ops@cache2"}));
        QVERIFY(result.file["http"][0]["health"] == "/healthz");
        QVERIFY(result.file["prometheus"][0]["url"] == "http://prom:9090");
        QVERIFY(result.file["metrics"][0]["url"] == "http://api1:9102/metrics");
        QVERIFY(result.file["smtp"]["tls"] == "implicit");
        QVERIFY(result.file["smtp"]["from"] == "alerts@shop.example");
        QVERIFY(result.file["smtp"]["mailbox"] == "imaps://oncall@mail.shop.example/INBOX");
    }

    void neverRepeatsAPassword_data()
    {
        QTest::addColumn<QString>("url");
        for (const char *url : {"postgresql://u:canary@db1/shop", "postgresql://u@db1/shop?password=canary", "redis://:canary@cache1", "rediss://u:canary@cache1/0", "https://u:canary@site/",
                                "https://site/?token=canary#canary", "smtp://u:canary@mail", "ftp://u:canary@host", "postgresql://u:canary@/shop", "postgresql://u:can@ary@db1/shop",
                                "redis://u:canary@ho st", "https://u:canary@[::1", "postgresql://u:canary@db1:99999/x"})
            QTest::newRow(url) << QString::fromUtf8(url);
    }

    void neverRepeatsAPassword()
    {
        QFETCH(QString, url);
        const auto result = import({url.toStdString()});
        QVERIFY2(result.all.find("canary") == std::string::npos && result.all.find("ary@") == std::string::npos, result.all.c_str());
    }

    void saysThatAPasswordWasLeftOut()
    {
        const auto result = import({"rediss://u:canary@cache1/0"});
        QVERIFY(result.file["redis"][0]["password"] == Json({{"env", "CACHE1_PASSWORD"}}));
        QVERIFY(result.file["redis"][0]["url"] == "rediss://u@cache1/0");
        QVERIFY(contains(result.all, "argument 1 held a password, which was left out"));
        QVERIFY(import({"redis://:canary@cache1"}).file["redis"][0]["url"] == "redis://cache1");
    }

    void keepsNamesApartAndAddressesOnce()
    {
        const auto result = import({"redis://cache:6379", "redis://cache:6380", "redis://cache:6379"});
        QVERIFY(values(result.file["redis"], "name") == std::vector<std::string>({"cache", "cache-2"}));
    }

    void refusesWhatItCannotRead()
    {
        QFile::remove(m_home.filePath(QStringLiteral(".pg_service.conf")));
        QVERIFY(contains(import({"pg_service"}).all, ".pg_service.conf: no such file"));
        QVERIFY(contains(import({"something"}).all, "argument 1 is none of the things"));
        QVERIFY(contains(import({"ldap://host"}).all, "argument 1 has a scheme"));
        QVERIFY(contains(import({"imaps://me@mail"}).all, "needs an smtp:// URL"));
        QFile(m_home.filePath(QStringLiteral(".pgpass"))).resize(0);
        QVERIFY(contains(import({"pgpass"}).all, "nothing to import"));
    }

    void keepsHostileNamesInert()
    {
        const auto path = put("hostile_service.conf", "pg_service.conf");
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QFile::WriteOnly));
        file.write("[a\"}]\ndbname=x\n[*/ \x1b[31m]\ndbname=\"\\\n[\xe2\x80\xae]\nhost=h\n");
        file.close();
        const auto result = import({path});
        QVERIFY2(result.isGood, result.all.c_str());
        QVERIFY(result.all.find('\x1b') == std::string::npos);
        QCOMPARE(result.file["postgres"].size(), std::size_t{3});
    }
};

QTEST_APPLESS_MAIN(ImportTest)
#include "tst_import.moc"
