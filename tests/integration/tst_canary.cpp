// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/ctlkit.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QTest>

#include <atomic>
#include <set>
#include <thread>

using namespace muster;
using namespace muster::test;

namespace {

/// Reads the argument list of every process of the machine, again and again.
class ArgvWatch
{
public:
    explicit ArgvWatch(QByteArrayList canaries) : m_canaries(std::move(canaries)), m_thread([this](std::stop_token stop) { watch(stop); }) {}

    /// Ends the watch; "" when no canary was seen.
    QByteArray found()
    {
        m_thread.request_stop();
        m_thread.join();
        return m_found;
    }
    [[nodiscard]] bool hasSeen(const QByteArray &program) const { return m_programs.contains(program); }

private:
    void watch(const std::stop_token &stop)
    {
        while (!stop.stop_requested()) {
            for (const auto &entry : QDir(QStringLiteral("/proc")).entryList({QStringLiteral("[1-9]*")}, QDir::Dirs)) {
                QFile file(QStringLiteral("/proc/") + entry + QStringLiteral("/cmdline"));
                if (!file.open(QIODevice::ReadOnly))
                    continue;
                const auto argv = file.readAll();
                m_programs.insert(argv.left(argv.indexOf('\0')).split('/').last());
                for (const auto &canary : m_canaries) {
                    if (argv.contains(canary))
                        m_found = argv;
                }
            }
        }
    }

    QByteArrayList m_canaries;
    QByteArray m_found;              ///< read after join()
    std::set<QByteArray> m_programs; ///< read after join()
    std::jthread m_thread;
};

} // namespace

/// No secret in argv, output, audit, history or any file that was written; whatever the command and its end.
class TestCanary : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void commandsNeverShowTheSecrets_data();
    void commandsNeverShowTheSecrets();
    void refusedSecretsAreNotEchoed_data();
    void refusedSecretsAreNotEchoed();
    void nothingWrittenHoldsASecret();

private:
    [[nodiscard]] QByteArray canaryIn(const QByteArray &bytes) const;
    [[nodiscard]] QByteArrayList wrongCanaries() const { return {"canary-env-4711", "canary-file-4711", "canary-command-4711"}; }
    [[nodiscard]] QJsonObject sections(const QJsonObject &pg, const QJsonObject &redis, const QJsonObject &smtp) const;

    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<CtlKit> m_ctl;
    QMap<QString, QString> m_variables;
    QByteArrayList m_canaries;
    QString m_good;  ///< environment whose secrets are right
    QString m_wrong; ///< environment whose secrets the servers refuse
};

QJsonObject TestCanary::sections(const QJsonObject &pg, const QJsonObject &redis, const QJsonObject &smtp) const
{
    auto primary = m_ctl->postgres();
    primary[u"password"] = pg;
    auto cache = m_ctl->redis();
    cache[u"password"] = redis;
    auto mail = m_ctl->smtp();
    mail[u"password"] = smtp;
    const QJsonObject backups{{QStringLiteral("name"), QStringLiteral("nightly")}, {QStringLiteral("driver"), QStringLiteral("pg_dump")}, {QStringLiteral("postgres"), QStringLiteral("primary")},
                              {QStringLiteral("directory"), m_ctl->path(QStringLiteral("backups"))}, {QStringLiteral("window"), QStringLiteral("26h")}, {QStringLiteral("keep"), 3}};
    return {{QStringLiteral("postgres"), QJsonArray{primary}}, {QStringLiteral("redis"), QJsonArray{cache}}, {QStringLiteral("smtp"), mail}, {QStringLiteral("backups"), QJsonArray{backups}}};
}

void TestCanary::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("postgres"), QStringLiteral("redis"), QStringLiteral("smtp")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    m_ctl = std::make_unique<CtlKit>(*m_servers);
    for (const auto *server : {u"postgres", u"redis", u"smtp"}) {
        m_canaries.push_back(m_servers->text(server, u"password").toUtf8());
        QVERIFY(m_canaries.back().size() >= 8);
    }
    m_canaries += wrongCanaries();
    QVERIFY(QDir().mkpath(m_ctl->path(QStringLiteral("backups"))));
    m_variables = {{QStringLiteral("SHOP_PG"), m_servers->text(u"postgres", u"password")}, {QStringLiteral("WRONG_PG"), QStringLiteral("canary-env-4711")}};

    m_good = m_ctl->writeEnvironment(QStringLiteral("shop"), QStringLiteral("production"),
                                     sections({{QStringLiteral("env"), QStringLiteral("SHOP_PG")}}, {{QStringLiteral("file"), m_servers->text(u"redis", u"passwordFile")}},
                                              {{QStringLiteral("command"), QJsonArray{QStringLiteral("/bin/cat"), m_servers->text(u"smtp", u"passwordFile")}}}));
    // Outside of the home that is searched afterwards.
    QFile wrong(m_servers->directory() + u"/wrong-secret");
    QVERIFY(wrong.open(QIODevice::WriteOnly) && wrong.write("canary-file-4711\n") > 0 && wrong.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
    QFile command(m_servers->directory() + u"/wrong-command");
    QVERIFY(command.open(QIODevice::WriteOnly) && command.write("canary-command-4711\n") > 0);
    m_wrong = m_ctl->writeEnvironment(QStringLiteral("wrong"), QStringLiteral("staging"),
                                      sections({{QStringLiteral("env"), QStringLiteral("WRONG_PG")}}, {{QStringLiteral("file"), wrong.fileName()}},
                                               {{QStringLiteral("command"), QJsonArray{QStringLiteral("/bin/cat"), command.fileName()}}}));
}

QByteArray TestCanary::canaryIn(const QByteArray &bytes) const
{
    for (const auto &canary : m_canaries) {
        if (bytes.contains(canary) || bytes.contains(canary.toBase64(QByteArray::OmitTrailingEquals)))
            return canary;
    }
    return {};
}

void TestCanary::commandsNeverShowTheSecrets_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QList<int>>("codes");
    const auto row = [](const char *line, const QList<int> &codes) { QTest::newRow(line) << QString::fromUtf8(line).split(u' ') << codes; };
    row("check --output json", {0, 1, 2});
    row("facts --output json", {0});
    row("facts", {0});
    row("doctor", {0});
    row("cache flush --pattern cache:* --yes --confirm shop --max-latency 500", {0});
    row("mail test --yes --confirm shop", {0});
    row("backup run nightly --yes --confirm shop", {0});
    row("backup list", {0});
    row("backup verify nightly --yes --confirm shop", {0});
    row("report --format html -o -", {0});
    row("report --format markdown -o -", {0});
    row("report --format json -o -", {0});
    row("report --format csv -o -", {0});
    row("audit list", {0});
    row("env check", {0});
    row("env grants", {0});
}

void TestCanary::commandsNeverShowTheSecrets()
{
    QFETCH(QStringList, arguments);
    QFETCH(QList<int>, codes);
    if (arguments[0] != u"audit")
        arguments += QStringList{QStringLiteral("-e"), m_good};
    ArgvWatch watch(m_canaries);
    const auto result = m_ctl->run(arguments, m_variables);
    const auto seen = watch.found();
    QVERIFY2(codes.contains(result.code), result.all().constData());
    QVERIFY2(seen.isEmpty(), "a secret stands in an argument list");
    QVERIFY2(canaryIn(result.out).isEmpty(), "a secret stands on standard output");
    QVERIFY2(canaryIn(result.err).isEmpty(), "a secret stands on standard error");
    if (arguments[1] == u"run")
        QVERIFY2(watch.hasSeen("pg_dump"), "the watch must have seen the tool, else it proves nothing");
}

void TestCanary::refusedSecretsAreNotEchoed_data()
{
    QTest::addColumn<QStringList>("arguments");
    for (const auto *line : {"check --output json", "facts", "doctor", "cache flush --all --yes", "mail test --yes", "backup run --yes"})
        QTest::newRow(line) << QString::fromUtf8(line).split(u' ');
}

void TestCanary::refusedSecretsAreNotEchoed()
{
    QFETCH(QStringList, arguments);
    ArgvWatch watch(m_canaries);
    const auto result = m_ctl->run(arguments + QStringList{QStringLiteral("-e"), m_wrong}, m_variables);
    QVERIFY2(watch.found().isEmpty(), "a secret stands in an argument list");
    QVERIFY2(result.code != 0 || arguments[0] == u"facts", result.out.constData());
    QVERIFY2(canaryIn(result.out + result.err).isEmpty(), "a secret was echoed");
}

void TestCanary::nothingWrittenHoldsASecret()
{
    int files = 0;
    QDirIterator it(m_ctl->home(), QDir::Files | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        QFile file(it.next());
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
        QVERIFY2(canaryIn(file.readAll()).isEmpty(), qPrintable(file.fileName()));
        ++files;
    }
    QVERIFY(files >= 5); // two environment files, the audit log, a backup's files
    QVERIFY(QFile::exists(m_ctl->path(QStringLiteral(".local/state/muster/audit.jsonl"))));
    QVERIFY2(QDir(m_ctl->path(QStringLiteral("tmp"))).isEmpty(), "temporary files are left behind");
}

QTEST_GUILESS_MAIN(TestCanary)
#include "tst_canary.moc"
