// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/ctlkit.h"
#include "tests/integration/rediskit.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <csignal>

using namespace muster;
using namespace muster::test;

namespace {

QJsonValue factOf(const QJsonObject &report, const QString &name)
{
    for (const auto &value : report[u"facts"].toArray()) {
        if (value.toObject()[u"name"].toString() == name)
            return value.toObject()[u"value"];
    }
    return QJsonValue(QJsonValue::Undefined);
}

} // namespace

/// The contract of musterctl, on real servers, from outside.
class TestCtl : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanup() { QVERIFY(m_servers->setFaults(u"smtp", "{}")); }

    void needsNoDisplay();
    void agreesWithTheServersOwnTools();
    void exitCodeIsTheVerdict_data();
    void exitCodeIsTheVerdict();
    void brokenEnvironmentIsNamedAndLeftAlone_data();
    void brokenEnvironmentIsNamedAndLeftAlone();
    void brokenProfileIsNamed();
    void deadServerIsAFaultAndNoCrash();
    void pipesGetNoColour();
    void promtoolAcceptsThePrometheusOutput();
    void factsAreLimitedToPrefixes();
    void doctorTellsEachStage();
    void watchEndsOnInterrupt();
    void interruptedCheckJudgesNothing();
    void countsExactly();
    void flushOnProductionWantsItsName_data();
    void flushOnProductionWantsItsName();
    void flushesExactlyThePattern();
    void aFlushInStagesEndsWithinASecond();
    void undeclaredTargetsAreRefused_data();
    void undeclaredTargetsAreRefused();
    void mailOutcomesHaveTheirExitCode_data();
    void mailOutcomesHaveTheirExitCode();
    void actionsAreRefusedWithoutAnAuditLog();
    void auditListsAndFindsTampering();
    void pathsFollowXdg();
    void twoRunsAtOnceDoNotDisturbEachOther();
    void grantsAreForTheDeclaredUsers();
    void sharedServersAreFound();
    void auditTableIsAskedForItsAge();

private:
    [[nodiscard]] QByteArray psql(const QString &sql) const;
    /// A production that declares what the servers are.
    [[nodiscard]] QString shop(const QString &kind = QStringLiteral("production"), const QString &name = QStringLiteral("shop")) const;
    [[nodiscard]] CtlKit::Result flush(const QString &environment, const QStringList &more) const;

    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<CtlKit> m_ctl;
    std::unique_ptr<RedisAdmin> m_admin;
};

void TestCtl::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("postgres"), QStringLiteral("redis"), QStringLiteral("redis-tls"), QStringLiteral("smtp")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    m_ctl = std::make_unique<CtlKit>(*m_servers);
    m_admin = std::make_unique<RedisAdmin>(redisTarget(*m_servers, u"redis", true));
}

QByteArray TestCtl::psql(const QString &sql) const
{
    return toolOutput(QStringLiteral("psql"), {QStringLiteral("-XAt"), QStringLiteral("-h"), QStringLiteral("127.0.0.1"), QStringLiteral("-p"), QString::number(m_servers->port(u"postgres")),
                                               QStringLiteral("-U"), QStringLiteral("postgres"), QStringLiteral("-d"), QStringLiteral("shop"), QStringLiteral("-c"), sql},
                      {{QStringLiteral("PGPASSWORD"), m_servers->text(u"postgres", u"adminPassword")}});
}

QString TestCtl::shop(const QString &kind, const QString &name) const
{
    return m_ctl->writeEnvironment(name, kind, {{QStringLiteral("postgres"), QJsonArray{m_ctl->postgres()}}, {QStringLiteral("redis"), QJsonArray{m_ctl->redis()}},
                                                {QStringLiteral("smtp"), m_ctl->smtp()}});
}

CtlKit::Result TestCtl::flush(const QString &environment, const QStringList &more) const
{
    return m_ctl->run(QStringList{QStringLiteral("cache"), QStringLiteral("flush"), QStringLiteral("-e"), environment, QStringLiteral("--max-latency"), QStringLiteral("500")} + more);
}

void TestCtl::needsNoDisplay()
{
    const auto libraries = toolOutput(QStringLiteral("ldd"), {CtlKit::binary()});
    QVERIFY(libraries.contains("libQt6Core"));
    // libX11 itself comes with cairo, which draws the PDF report into memory and opens no display.
    for (const auto *library : {"libQt6Gui", "libQt6Widgets", "libQt6Charts", "libwayland"})
        QVERIFY2(!libraries.contains(library), library);
    // CtlKit gives neither DISPLAY nor WAYLAND_DISPLAY nor QT_QPA_PLATFORM.
    const auto version = m_ctl->run({QStringLiteral("--version")});
    QCOMPARE(version.code, 0);
    QVERIFY(version.out.startsWith("muster "));
}

void TestCtl::agreesWithTheServersOwnTools()
{
    const auto result = m_ctl->run({QStringLiteral("check"), QStringLiteral("-e"), shop(), QStringLiteral("--output"), QStringLiteral("json")});
    const auto report = result.json();
    QVERIFY2(!report.isEmpty(), result.err.constData());
    QCOMPARE(report[u"schema"].toInt(), 1);
    QCOMPARE(report[u"environment"].toString(), QStringLiteral("shop"));
    QVERIFY2(report[u"faults"].toArray().isEmpty(), QJsonDocument(report[u"faults"].toArray()).toJson());

    QCOMPARE(factOf(report, QStringLiteral("postgres.version_num")).toDouble(), psql(QStringLiteral("show server_version_num")).toDouble());
    QCOMPARE(factOf(report, QStringLiteral("postgres.system_identifier")).toString().toUtf8(), psql(QStringLiteral("select system_identifier from pg_control_system()")));
    QCOMPARE(factOf(report, QStringLiteral("postgres.connections_limit")).toDouble(),
             psql(QStringLiteral("select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int")).toDouble());
    const auto connections = psql(QStringLiteral("select count(*) from pg_stat_activity where backend_type = 'client backend'")).toDouble();
    QVERIFY(std::abs(factOf(report, QStringLiteral("postgres.connections_used")).toDouble() - connections) <= 2);

    const auto info = QString::fromUtf8(redisCli(*m_servers, u"redis", {QStringLiteral("INFO")}));
    const auto field = [&](const QString &name) { return info.section(name + u':', 1).section(u'\n', 0, 0).trimmed(); };
    QCOMPARE(factOf(report, QStringLiteral("redis.run_id")).toString(), field(QStringLiteral("run_id")));
    QCOMPARE(factOf(report, QStringLiteral("redis.version")).toString(), field(QStringLiteral("redis_version")));
    const auto memory = field(QStringLiteral("used_memory")).toDouble();
    QVERIFY(memory > 0 && std::abs(factOf(report, QStringLiteral("redis.memory_used")).toDouble() - memory) < 0.2 * memory);
}

void TestCtl::exitCodeIsTheVerdict_data()
{
    QTest::addColumn<QByteArray>("rule");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("verdict");
    QTest::newRow("ready") << QByteArray(R"({"fact": "redis.reachable", "is": true, "pass": "p", "fail": "f"})") << 0 << QStringLiteral("ready");
    QTest::newRow("at risk") << QByteArray(R"({"fact": "redis.reachable", "is": false, "warn": true, "pass": "p", "fail": "f"})") << 1 << QStringLiteral("at-risk");
    QTest::newRow("not ready") << QByteArray(R"({"fact": "redis.reachable", "is": false, "pass": "p", "fail": "f"})") << 2 << QStringLiteral("not-ready");
}

void TestCtl::exitCodeIsTheVerdict()
{
    QFETCH(QByteArray, rule);
    QFETCH(int, code);
    QFETCH(QString, verdict);
    const auto profile = m_ctl->writeFile(QStringLiteral("profile.json"), profileWith("redis", rule));
    const QStringList arguments{QStringLiteral("check"), QStringLiteral("-e"), shop(), QStringLiteral("--profile"), profile, QStringLiteral("--output")};
    const auto json = m_ctl->run(arguments + QStringList{QStringLiteral("json")});
    QVERIFY2(json.code == code, json.all().constData());
    QCOMPARE(json.json()[u"verdict"].toString(), verdict);
    QCOMPARE(m_ctl->run(arguments + QStringList{QStringLiteral("nagios")}).code, code);
}

void TestCtl::brokenEnvironmentIsNamedAndLeftAlone_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("part");
    QTest::newRow("no JSON") << QByteArray("{ \"name\": \"shop\",\n  oops }") << QStringLiteral("line 2");
    QTest::newRow("a literal password") << QByteArray(R"({"name":"shop","kind":"staging","redis":[{"name":"c","url":"redis://h","password":"canary-literal"}]})") << QStringLiteral("redis[0].password");
    QTest::newRow("an unknown key") << QByteArray(R"({"name":"shop","kind":"staging","rediss":[]})") << QStringLiteral("redis");
    QTest::newRow("an unknown kind") << QByteArray(R"({"name":"shop","kind":"prod"})") << QStringLiteral("kind");
    QTest::newRow("a waiver for no check") << QByteArray(R"({"name":"shop","kind":"staging","waivers":[{"check":"a/b","owner":"o","reason":"r","until":"2099-01-01"}]})") << QStringLiteral("waivers[0].check");
}

void TestCtl::brokenEnvironmentIsNamedAndLeftAlone()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, part);
    const auto path = m_ctl->writeFile(QStringLiteral("broken.json"), bytes);
    const QList<QStringList> commands{{QStringLiteral("check"), QStringLiteral("-e"), path}, {QStringLiteral("env"), QStringLiteral("check"), path},
                                      {QStringLiteral("cache"), QStringLiteral("flush"), QStringLiteral("-e"), path, QStringLiteral("--all"), QStringLiteral("--yes")}};
    for (const auto &command : commands) {
        const auto result = m_ctl->run(command);
        QCOMPARE(result.code, 3);
        QVERIFY2(result.err.contains("broken.json") && QString::fromUtf8(result.err).contains(part), result.err.constData());
        QVERIFY(!result.err.contains("canary-literal"));
        QVERIFY(result.out.isEmpty());
    }
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), bytes);
}

void TestCtl::brokenProfileIsNamed()
{
    const auto profile = m_ctl->writeFile(QStringLiteral("bad.json"), profileWith("redis", R"({"fact": "redis.reachable", "iss": true})"));
    const auto result = m_ctl->run({QStringLiteral("check"), QStringLiteral("-e"), shop(), QStringLiteral("--profile"), profile});
    QCOMPARE(result.code, 3);
    QVERIFY2(result.err.contains("bad.json") && result.err.contains("iss"), result.err.constData());
    QCOMPARE(m_ctl->run({QStringLiteral("check"), QStringLiteral("-e"), QStringLiteral("/nonexistent.json")}).code, 3);
}

void TestCtl::deadServerIsAFaultAndNoCrash()
{
    auto redis = m_ctl->redis();
    redis[u"url"] = QStringLiteral("redis://oncall@127.0.0.1:1/0");
    const auto path = m_ctl->writeEnvironment(QStringLiteral("dead"), QStringLiteral("staging"), {{QStringLiteral("redis"), QJsonArray{redis}}});
    const auto result = m_ctl->run({QStringLiteral("check"), QStringLiteral("-e"), path, QStringLiteral("--output"), QStringLiteral("json")});
    QCOMPARE(result.code, 2);
    const auto faults = result.json()[u"faults"].toArray();
    QCOMPARE(faults.size(), 1);
    QCOMPARE(faults[0].toObject()[u"kind"].toString(), QStringLiteral("refused"));
    QCOMPARE(faults[0].toObject()[u"stage"].toString(), QStringLiteral("tcp"));
    QVERIFY(!faults[0].toObject()[u"hint"].toString().isEmpty());
}

void TestCtl::pipesGetNoColour()
{
    const auto result = m_ctl->run({QStringLiteral("check"), QStringLiteral("-e"), shop()});
    QVERIFY(result.out.contains("NOT READY"));
    QVERIFY(!result.out.contains('\x1b'));
    QVERIFY2(result.err.isEmpty(), result.err.constData());
}

void TestCtl::promtoolAcceptsThePrometheusOutput()
{
    const auto result = m_ctl->run({QStringLiteral("check"), QStringLiteral("-e"), shop(), QStringLiteral("--output"), QStringLiteral("prometheus")});
    QVERIFY(result.out.contains("muster_score{environment=\"shop\",bound=\"low\"} "));
    QVERIFY(!toolOutput(QStringLiteral("promtool"), {QStringLiteral("check"), QStringLiteral("metrics")}, {}, result.out).isEmpty());
}

void TestCtl::factsAreLimitedToPrefixes()
{
    const auto result = m_ctl->run({QStringLiteral("facts"), QStringLiteral("-e"), shop(), QStringLiteral("--output"), QStringLiteral("json"), QStringLiteral("redis.memory")});
    QCOMPARE(result.code, 0);
    const auto facts = result.json()[u"facts"].toArray();
    QVERIFY(!facts.isEmpty());
    for (const auto &fact : facts)
        QVERIFY(fact.toObject()[u"name"].toString().startsWith(u"redis.memory"));
}

void TestCtl::doctorTellsEachStage()
{
    const auto good = m_ctl->run({QStringLiteral("doctor"), QStringLiteral("-e"), shop()});
    for (const auto *word : {"postgres/primary", "redis/cache", "smtp/main", "tcp", "auth"})
        QVERIFY2(good.out.contains(word), good.out.constData());
    auto postgres = m_ctl->postgres();
    postgres[u"password"] = QJsonObject{{QStringLiteral("env"), QStringLiteral("WRONG")}};
    const auto path = m_ctl->writeEnvironment(QStringLiteral("wrong"), QStringLiteral("staging"), {{QStringLiteral("postgres"), QJsonArray{postgres}}});
    const auto bad = m_ctl->run({QStringLiteral("doctor"), QStringLiteral("-e"), path}, {{QStringLiteral("WRONG"), QStringLiteral("canary-wrong")}});
    QCOMPARE(bad.code, 2);
    QVERIFY2(bad.out.contains("FAIL  auth"), bad.out.constData());
    QVERIFY(!bad.out.contains("canary-wrong"));
}

void TestCtl::watchEndsOnInterrupt()
{
    const auto process = m_ctl->start({QStringLiteral("watch"), QStringLiteral("-e"), shop(), QStringLiteral("--interval"), QStringLiteral("0.3")});
    QVERIFY(process->waitForStarted());
    QByteArray seen;
    QTRY_VERIFY_WITH_TIMEOUT((seen += process->readAllStandardOutput(), seen.count("NOT READY") >= 2), 20000);
    ::kill(static_cast<pid_t>(process->processId()), SIGINT);
    const auto result = CtlKit::finished(*process);
    QCOMPARE(result.code, 0);
    QVERIFY(!seen.contains('\x1b'));
}

void TestCtl::interruptedCheckJudgesNothing()
{
    const auto process = m_ctl->start({QStringLiteral("check"), QStringLiteral("-e"), shop(), QStringLiteral("--for"), QStringLiteral("600")});
    QVERIFY(process->waitForStarted());
    // The signals are blocked from main()'s first line on: as soon as its name stands in the client list it is in its loop.
    QTRY_VERIFY_WITH_TIMEOUT(redisCli(*m_servers, u"redis", {QStringLiteral("CLIENT"), QStringLiteral("LIST")}).contains("muster:"), 20000);
    ::kill(static_cast<pid_t>(process->processId()), SIGTERM);
    const auto result = CtlKit::finished(*process);
    QCOMPARE(result.code, 3);
    QVERIFY(result.out.isEmpty());
    QVERIFY(result.err.contains("interrupted"));
}

void TestCtl::countsExactly()
{
    QVERIFY(m_admin->call({"FLUSHALL"}).isStatus("OK"));
    QVERIFY(m_admin->fill("cache:a:", 1234) && m_admin->fill("cache:b:", 10));
    const auto result = m_ctl->run({QStringLiteral("cache"), QStringLiteral("count"), QStringLiteral("-e"), shop(), QStringLiteral("--pattern"), QStringLiteral("cache:a:*"),
                                    QStringLiteral("--max-latency"), QStringLiteral("500")});
    QVERIFY2(result.code == 0, result.err.constData());
    QVERIFY2(QString::fromUtf8(result.out).remove(QChar(0x202F)).contains(u"1234"), result.out.constData());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 1244LL);
}

void TestCtl::flushOnProductionWantsItsName_data()
{
    QTest::addColumn<QStringList>("more");
    QTest::newRow("nothing said") << QStringList{};
    QTest::newRow("only --yes") << QStringList{QStringLiteral("--yes")};
    QTest::newRow("the wrong name") << QStringList{QStringLiteral("--yes"), QStringLiteral("--confirm"), QStringLiteral("shopp")};
    QTest::newRow("only the name") << QStringList{QStringLiteral("--confirm"), QStringLiteral("shop")};
}

void TestCtl::flushOnProductionWantsItsName()
{
    QFETCH(QStringList, more);
    QVERIFY(m_admin->call({"FLUSHALL"}).isStatus("OK"));
    QVERIFY(m_admin->fill("cache:", 50));
    const auto result = flush(shop(), QStringList{QStringLiteral("--pattern"), QStringLiteral("cache:*")} + more);
    QVERIFY2(result.code == 1, result.all().constData());
    QVERIFY2(result.err.contains("--confirm shop"), result.err.constData());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 50LL);
}

void TestCtl::flushesExactlyThePattern()
{
    QVERIFY(m_admin->call({"FLUSHALL"}).isStatus("OK"));
    QVERIFY(m_admin->fill("cache:a:", 3000) && m_admin->fill("cache:b:", 7));
    const auto result = flush(shop(), {QStringLiteral("--pattern"), QStringLiteral("cache:a:*"), QStringLiteral("--yes"), QStringLiteral("--confirm"), QStringLiteral("shop"),
                                       QStringLiteral("--reason"), QStringLiteral("stale prices")});
    QVERIFY2(result.code == 0, result.all().constData());
    QVERIFY2(QString::fromUtf8(result.out).remove(QChar(0x202F)).contains(u"3000"), result.out.constData());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 7LL);
    const auto staging = flush(shop(QStringLiteral("staging"), QStringLiteral("stage")), {QStringLiteral("--db"), QStringLiteral("0"), QStringLiteral("--yes")});
    QVERIFY2(staging.code == 0, staging.all().constData());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 0LL);
}

void TestCtl::undeclaredTargetsAreRefused_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("backup") << QStringList{QStringLiteral("backup"), QStringLiteral("run"), QStringLiteral("nightly")};
    QTest::newRow("verify") << QStringList{QStringLiteral("backup"), QStringLiteral("verify"), QStringLiteral("nightly")};
    QTest::newRow("instance") << QStringList{QStringLiteral("cache"), QStringLiteral("flush"), QStringLiteral("--instance"), QStringLiteral("other"), QStringLiteral("--all")};
    QTest::newRow("count") << QStringList{QStringLiteral("cache"), QStringLiteral("count"), QStringLiteral("--instance"), QStringLiteral("other"), QStringLiteral("--all")};
}

void TestCtl::undeclaredTargetsAreRefused()
{
    QFETCH(QStringList, arguments);
    const auto result = m_ctl->run(arguments + QStringList{QStringLiteral("-e"), shop()});
    QCOMPARE(result.code, 1);
    QVERIFY2(result.err.contains("refused"), result.err.constData());
}

void TestCtl::mailOutcomesHaveTheirExitCode_data()
{
    QTest::addColumn<QByteArray>("faults");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("part");
    QTest::newRow("accepted") << QByteArray("{}") << 0 << QStringLiteral("accepted by");
    QTest::newRow("refused for now") << QByteArray(R"({"BODY": {"reply": "451 4.3.0 try later"}})") << 2 << QStringLiteral("451");
    QTest::newRow("final reply lost") << QByteArray(R"({"BODY": {"reply": "", "drop": true}})") << 4 << QStringLiteral("How to find out");
}

void TestCtl::mailOutcomesHaveTheirExitCode()
{
    QFETCH(QByteArray, faults);
    QFETCH(int, code);
    QFETCH(QString, part);
    QVERIFY(m_servers->setFaults(u"smtp", faults));
    const auto result = m_ctl->run({QStringLiteral("mail"), QStringLiteral("test"), QStringLiteral("-e"), shop(), QStringLiteral("--yes"), QStringLiteral("--confirm"), QStringLiteral("shop")});
    QVERIFY2(result.code == code, result.all().constData());
    QVERIFY2(QString::fromUtf8(result.out).contains(part), result.out.constData());
    QVERIFY(!result.out.contains("elivered"));
}

/// Ten keys a minute: an interrupt ends it between two of them, and the audit log knows the stage and the counts.
void TestCtl::aFlushInStagesEndsWithinASecond()
{
    QVERIFY(m_admin->call({"FLUSHALL"}).isStatus("OK"));
    QVERIFY(m_admin->fill("cache:", 100));
    const QMap<QString, QString> state{{QStringLiteral("XDG_STATE_HOME"), m_ctl->path(QStringLiteral("stage-state"))}};
    auto process = m_ctl->start({QStringLiteral("cache"), QStringLiteral("flush"), QStringLiteral("-e"), shop(), QStringLiteral("--pattern"), QStringLiteral("cache:*"), QStringLiteral("--stage"),
                                 QStringLiteral("10%/min"), QStringLiteral("--yes"), QStringLiteral("--confirm"), QStringLiteral("shop"), QStringLiteral("--max-latency"), QStringLiteral("500")},
                                state);
    QByteArray said;
    QTRY_VERIFY_WITH_TIMEOUT((said += process->readAllStandardError()).contains("deleting 10 keys a minute"), 20'000);
    const auto asked = BootClock::now();
    ::kill(static_cast<pid_t>(process->processId()), SIGINT);
    QVERIFY(process->waitForFinished(10'000));
    QVERIFY2(BootClock::now() - asked < std::chrono::seconds(5), said.constData()); // the next key would go after six
    QCOMPARE(process->exitCode(), 2);
    const auto out = process->readAllStandardOutput();
    const auto left = m_admin->call({"DBSIZE"}).integer;
    QVERIFY2(out.contains("In stages: 10 % a minute of 100 keys") && out.contains(QByteArray("Deleted: ").append(QByteArray::number(100 - left))), out.constData());
    QVERIFY(left >= 98);
    const auto list = m_ctl->run({QStringLiteral("audit"), QStringLiteral("list")}, state).out;
    QVERIFY2(list.count("10 % a minute") == 2 && list.contains("of 100 keys"), list.constData()); // intent and outcome
}

void TestCtl::actionsAreRefusedWithoutAnAuditLog()
{
    QVERIFY(m_admin->fill("cache:", 5));
    const auto before = m_admin->call({"DBSIZE"}).integer;
    // A file stands where the folder should be: true for root too.
    const auto blocked = m_ctl->writeFile(QStringLiteral("blocked"), "x");
    const auto result = m_ctl->run({QStringLiteral("cache"), QStringLiteral("flush"), QStringLiteral("-e"), shop(), QStringLiteral("--pattern"), QStringLiteral("cache:*"),
                                    QStringLiteral("--yes"), QStringLiteral("--confirm"), QStringLiteral("shop")},
                                   {{QStringLiteral("XDG_STATE_HOME"), blocked}});
    QVERIFY2(result.code == 1, result.all().constData());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, before);
}

void TestCtl::auditListsAndFindsTampering()
{
    const QMap<QString, QString> state{{QStringLiteral("XDG_STATE_HOME"), m_ctl->path(QStringLiteral("audit-state"))}};
    const auto audit = [&](const char *verb) { return m_ctl->run({QStringLiteral("audit"), QLatin1String(verb)}, state); };
    QCOMPARE(audit("list").code, 0);
    QVERIFY(audit("list").out.contains("no actions yet"));
    QCOMPARE(audit("verify").code, 0);
    for (int round = 0; round < 2; ++round) {
        const auto done = m_ctl->run({QStringLiteral("cache"), QStringLiteral("flush"), QStringLiteral("-e"), shop(), QStringLiteral("--pattern"), QStringLiteral("cache:*"), QStringLiteral("--yes"),
                                      QStringLiteral("--confirm"), QStringLiteral("shop"), QStringLiteral("--max-latency"), QStringLiteral("500"), QStringLiteral("--reason"), QStringLiteral("stale prices")},
                                     state);
        QVERIFY2(done.code == 0, done.all().constData());
    }
    const auto list = audit("list").out;
    QCOMPARE(list.count("intent"), 2);
    QVERIFY2(list.contains("stale prices") && list.contains("shop") && list.contains("flush"), list.constData());
    QVERIFY(audit("verify").out.startsWith("intact: 4 lines"));

    QFile file(m_ctl->path(QStringLiteral("audit-state/muster/audit.jsonl")));
    QVERIFY(file.open(QIODevice::ReadWrite));
    auto bytes = file.readAll();
    const auto second = bytes.indexOf('\n') + 1;
    bytes.replace(bytes.indexOf("succeeded", second), 9, "succeedeD");
    QVERIFY(file.seek(0) && file.write(bytes) == bytes.size());
    file.close();
    const auto broken = audit("verify");
    QCOMPARE(broken.code, 2);
    QVERIFY2(broken.out.contains("BROKEN at line 2") || broken.out.contains("BROKEN at line 3"), broken.out.constData());
}

void TestCtl::pathsFollowXdg()
{
    const auto config = m_ctl->path(QStringLiteral("config"));
    QVERIFY(QFile::exists(shop(QStringLiteral("staging"), QStringLiteral("named"))));
    QVERIFY(QDir().mkpath(config + u"/muster/environments"));
    QVERIFY(QFile::copy(m_ctl->path(QStringLiteral("named.json")), config + u"/muster/environments/prod.json"));
    QVERIFY(QFile::remove(m_ctl->path(QStringLiteral("named.json"))));
    const QMap<QString, QString> variables{{QStringLiteral("XDG_CONFIG_HOME"), config}, {QStringLiteral("XDG_STATE_HOME"), m_ctl->path(QStringLiteral("state"))}};
    QCOMPARE(m_ctl->run({QStringLiteral("env"), QStringLiteral("check"), QStringLiteral("prod")}, variables).code, 0);
    const auto done = m_ctl->run({QStringLiteral("mail"), QStringLiteral("test"), QStringLiteral("-e"), QStringLiteral("prod"), QStringLiteral("--yes")}, variables);
    QVERIFY2(done.code == 0, done.all().constData());
    QVERIFY(QFile::exists(m_ctl->path(QStringLiteral("state/muster/audit.jsonl"))));
    QVERIFY(!QFile::exists(m_ctl->path(QStringLiteral(".config"))));
}

void TestCtl::twoRunsAtOnceDoNotDisturbEachOther()
{
    QVERIFY(m_admin->call({"FLUSHALL"}).isStatus("OK"));
    QVERIFY(m_admin->fill("cache:a:", 500) && m_admin->fill("cache:b:", 500));
    const auto file = shop(); // written once: the runs read it at the same time
    const auto arguments = [&](const QString &pattern) {
        return QStringList{QStringLiteral("cache"), QStringLiteral("flush"), QStringLiteral("-e"), file, QStringLiteral("--pattern"), pattern, QStringLiteral("--yes"), QStringLiteral("--confirm"),
                           QStringLiteral("shop"), QStringLiteral("--max-latency"), QStringLiteral("500")};
    };
    const QMap<QString, QString> state{{QStringLiteral("XDG_STATE_HOME"), m_ctl->path(QStringLiteral("two"))}};
    const auto first = m_ctl->start(arguments(QStringLiteral("cache:a:*")), state);
    const auto second = m_ctl->start(arguments(QStringLiteral("cache:b:*")), state);
    const auto check = m_ctl->start({QStringLiteral("check"), QStringLiteral("-e"), file, QStringLiteral("--output"), QStringLiteral("json")}, state);
    const auto one = CtlKit::finished(*first);
    const auto two = CtlKit::finished(*second);
    QVERIFY2(one.code == 0, one.all().constData());
    QVERIFY2(two.code == 0, two.all().constData());
    QVERIFY(!CtlKit::finished(*check).json().isEmpty());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 0LL);
    const auto verified = m_ctl->run({QStringLiteral("audit"), QStringLiteral("verify")}, state);
    QVERIFY2(verified.out.startsWith("intact: 4 lines"), verified.out.constData());
}

void TestCtl::grantsAreForTheDeclaredUsers()
{
    const auto result = m_ctl->run({QStringLiteral("env"), QStringLiteral("grants"), shop()});
    QCOMPARE(result.code, 0);
    QVERIFY2(result.out.contains("role \"oncall\": nothing is missing."), result.out.constData());
    QVERIFY(!result.out.contains("GRANT "));
    QVERIFY(result.out.contains("ACL SETUSER oncall "));
    // A server that does not answer lacks everything, as far as one knows.
    auto lost = m_ctl->postgres();
    lost[QStringLiteral("url")] = QStringLiteral("postgresql://oncall@127.0.0.1:1/shop");
    const auto file = m_ctl->writeEnvironment(QStringLiteral("lost"), QStringLiteral("staging"), {{QStringLiteral("postgres"), QJsonArray{lost}}});
    const auto complete = m_ctl->run({QStringLiteral("env"), QStringLiteral("grants"), file});
    QCOMPARE(complete.code, 2);
    QVERIFY2(complete.out.contains("could not be asked") && complete.out.contains("GRANT pg_monitor TO \"oncall\";"), complete.out.constData());
}

void TestCtl::sharedServersAreFound()
{
    const auto sibling = [&](const char *name, const QJsonObject &redis, const QJsonArray &postgres) {
        m_ctl->writeEnvironment(QLatin1String(name), QStringLiteral("staging"), {{QStringLiteral("redis"), QJsonArray{redis}}, {QStringLiteral("postgres"), postgres}});
        return QString(QLatin1String(name) + u".json");
    };
    const auto shares = [&](const QString &file) {
        const auto path = m_ctl->writeEnvironment(QStringLiteral("with-sibling"), QStringLiteral("production"), {{QStringLiteral("postgres"), QJsonArray{m_ctl->postgres()}},
                                                  {QStringLiteral("redis"), QJsonArray{m_ctl->redis()}}, {QStringLiteral("siblings"), QJsonArray{file}}});
        return m_ctl->run({QStringLiteral("facts"), QStringLiteral("-e"), path, QStringLiteral("--output"), QStringLiteral("json"), QStringLiteral("sibling.")}).json();
    };
    const auto apart = shares(sibling("apart", m_ctl->redis(u"redis-tls"), {}));
    QCOMPARE(factOf(apart, QStringLiteral("sibling.shares_server")), QJsonValue(false));
    const auto cache = shares(sibling("one-cache", m_ctl->redis(), {}));
    QCOMPARE(factOf(cache, QStringLiteral("sibling.shares_server")), QJsonValue(true));
    const auto database = shares(sibling("one-database", m_ctl->redis(u"redis-tls"), {m_ctl->postgres()}));
    QCOMPARE(factOf(database, QStringLiteral("sibling.shares_server")), QJsonValue(true));
    QVERIFY(factOf(database, QStringLiteral("sibling.shared_what")).toString().contains(u"postgres/primary"));
    const auto missing = shares(QStringLiteral("no-such.json"));
    QCOMPARE(missing[u"faults"].toArray()[0].toObject()[u"source"].toString(), QStringLiteral("sibling/1"));
}

void TestCtl::auditTableIsAskedForItsAge()
{
    QVERIFY(!psql(QStringLiteral("create table if not exists public.audit_log(at timestamptz); grant select on public.audit_log to oncall; truncate public.audit_log")).isEmpty());
    const auto ageBy = [&](const QString &query) {
        const auto path = m_ctl->writeEnvironment(QStringLiteral("audited"), QStringLiteral("production"), {{QStringLiteral("postgres"), QJsonArray{m_ctl->postgres()}},
                                                  {QStringLiteral("audit"), QJsonArray{QJsonObject{{QStringLiteral("name"), QStringLiteral("app")}, {QStringLiteral("postgres"), QStringLiteral("primary")}, {QStringLiteral("query"), query}}}}});
        return m_ctl->run({QStringLiteral("facts"), QStringLiteral("-e"), path, QStringLiteral("--output"), QStringLiteral("json"), QStringLiteral("appaudit.")}).json();
    };
    const auto query = QStringLiteral("select max(at) from audit_log;");
    QCOMPARE(factOf(ageBy(query), QStringLiteral("appaudit.newest_age")).toDouble(), 1e12);
    QVERIFY(!psql(QStringLiteral("insert into public.audit_log values (now() - interval '1 hour')")).isEmpty());
    const auto age = factOf(ageBy(QStringLiteral("select max(at) from public.audit_log")), QStringLiteral("appaudit.newest_age")).toDouble();
    QVERIFY2(age >= 3600 && age < 3700, qPrintable(QString::number(age)));
    // A query that would write is refused by the server itself.
    const auto writing = ageBy(QStringLiteral("with gone as (delete from public.audit_log returning at) select max(at) from gone"));
    QCOMPARE(writing[u"faults"].toArray().size(), 1);
    QCOMPARE(psql(QStringLiteral("select count(*) from public.audit_log")), QByteArray("1"));
}

QTEST_GUILESS_MAIN(TestCtl)
#include "tst_ctl.moc"
