// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testservers.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

#include <unistd.h>

using muster::test::TestServers;

class TestTestServers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void startsWhatWasAskedForAndLeavesNothing();
    void saysWhyItDidNotStart();
    void leavesNothingOfAKilledTest();
};

void TestTestServers::startsWhatWasAskedForAndLeavesNothing()
{
    auto servers = std::make_unique<TestServers>(QStringList{QStringLiteral("redis"), QStringLiteral("smtp")});
    QVERIFY2(servers->isRunning(), servers->errorText());
    const qint64 redis = servers->pid(u"redis");
    QVERIFY(redis > 0);
    QVERIFY(servers->port(u"smtp") > 0);
    QVERIFY(servers->port(u"redis") != servers->port(u"smtp"));
    QVERIFY(QFile::exists(servers->ca()));
    QVERIFY(servers->setFaults(u"smtp", "{}"));
    const QString directory = servers->directory();

    QProcess ping;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("REDISCLI_AUTH"), servers->text(u"redis", u"password"));
    ping.setProcessEnvironment(environment);
    ping.start(QStringLiteral("redis-cli"), {QStringLiteral("-p"), QString::number(servers->port(u"redis")), QStringLiteral("--user"),
                                             QStringLiteral("oncall"), QStringLiteral("ping")});
    QVERIFY(ping.waitForFinished());
    QCOMPARE(ping.readAllStandardOutput(), QByteArray("PONG\n"));

    servers.reset();
    QVERIFY(!QDir(directory).exists());
    QTRY_VERIFY(::kill(static_cast<pid_t>(redis), 0) != 0 || QFile::exists(QStringLiteral("/proc/%1/exe").arg(redis)) == false);
}

void TestTestServers::saysWhyItDidNotStart()
{
    const TestServers servers({QStringLiteral("oracle")});
    QVERIFY(!servers.isRunning());
    QVERIFY(QByteArray(servers.errorText()).contains("oracle"));
}

namespace {

/// Processes that carry the mark of the servers in this directory, or are of this session (nginx writes its title over the mark).
QStringList processesOf(const QString &directory, pid_t session)
{
    QStringList found;
    const QByteArray mark = "MUSTER_PLACE=" + directory.toUtf8() + '\0';
    for (const QString &pid : QDir(QStringLiteral("/proc")).entryList({QStringLiteral("[0-9]*")}, QDir::Dirs)) {
        QFile file(QStringLiteral("/proc/%1/environ").arg(pid));
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains(mark))
            found << pid;
        else if (::getsid(pid.toInt()) == session && !QFile::symLinkTarget(QStringLiteral("/proc/%1/exe").arg(pid)).isEmpty()) // a zombie has no program
            found << pid;
    }
    return found;
}

} // namespace

/// A test that killed a server's master, and was then killed itself.
void TestTestServers::leavesNothingOfAKilledTest()
{
    const QTemporaryDir directory;
    QProcess test;
    test.start(QStringLiteral("sleep"), {QStringLiteral("600")});
    QVERIFY(test.waitForStarted());
    QProcess script;
    script.start(QStringLiteral(MUSTER_SOURCE_DIR "/tests/support/servers.py"), {QStringLiteral("start"), QStringLiteral("--dir"), directory.path(), QStringLiteral("--until-exit-of"),
                                                                                QString::number(test.processId()), QStringLiteral("nginx"), QStringLiteral("redis")});
    QVERIFY(script.waitForFinished(60000));
    QCOMPARE(script.exitCode(), 0);
    const auto answer = QJsonDocument::fromJson(script.readAllStandardOutput()).object().value(u"servers").toObject();
    const auto nginx = static_cast<pid_t>(answer.value(u"nginx").toObject().value(u"pid").toInteger());
    QVERIFY(nginx > 0 && processesOf(directory.path(), nginx).size() >= 4); // the guard, redis, the master and a worker
    QCOMPARE(::kill(nginx, SIGKILL), 0);
    test.kill();
    QVERIFY(test.waitForFinished());
    QTRY_COMPARE_WITH_TIMEOUT(processesOf(directory.path(), nginx), QStringList(), 30000);
    QVERIFY(!QDir(directory.path()).exists());
}

QTEST_GUILESS_MAIN(TestTestServers)
#include "tst_testservers.moc"
