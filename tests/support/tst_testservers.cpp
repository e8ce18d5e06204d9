// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testservers.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTest>

#include <csignal>
#include <memory>

using muster::test::TestServers;

class TestTestServers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void startsWhatWasAskedForAndLeavesNothing();
    void saysWhyItDidNotStart();
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

QTEST_GUILESS_MAIN(TestTestServers)
#include "tst_testservers.moc"
