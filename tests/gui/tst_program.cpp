// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/scriptedserver.h"
#include "tests/support/tied.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>

using muster::test::ScriptedServer;

namespace {

struct Ended {
    int code = -1;
    QString output;
    QString errors;
};

QProcessEnvironment surroundings(const QTemporaryDir &home, bool hasDisplay)
{
    auto environment = QProcessEnvironment::systemEnvironment();
    for (const auto *name : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"})
        environment.insert(QString::fromLatin1(name), home.path());
    environment.remove(QStringLiteral("DISPLAY"));
    environment.remove(QStringLiteral("WAYLAND_DISPLAY"));
    if (hasDisplay)
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
    else
        environment.remove(QStringLiteral("QT_QPA_PLATFORM"));
    return environment;
}

Ended run(const QTemporaryDir &home, const QStringList &arguments, bool hasDisplay = true)
{
    QProcess program;
    muster::test::tieToUs(program);
    program.setProcessEnvironment(surroundings(home, hasDisplay));
    program.start(QStringLiteral(MUSTER_PROGRAM), arguments);
    if (!program.waitForFinished(20000))
        return {};
    return {program.exitCode(), QString::fromUtf8(program.readAllStandardOutput()), QString::fromUtf8(program.readAllStandardError())};
}

// JSON is written with single quotes here.
std::string json(QString text)
{
    return text.replace(QLatin1Char('\''), QLatin1Char('"')).toStdString();
}

} // namespace

/// The program from outside: what a shell and a session manager see.
class ProgramTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersHelpAndVersionWithoutADisplay()
    {
        const auto help = run(m_home, {QStringLiteral("--help")}, false);
        QCOMPARE(help.code, 0);
        QVERIFY(help.output.contains(QLatin1String("muster [-e ENV]")));
        QCOMPARE(run(m_home, {QStringLiteral("--version")}, false).output.trimmed(), QStringLiteral("muster " MUSTER_VERSION));
    }

    void endsWithThreeOnBadArguments()
    {
        QCOMPARE(run(m_home, {QStringLiteral("--nonsense")}).code, 3);
        QCOMPARE(run(m_home, {QStringLiteral("-e")}).code, 3);
    }

    void namesThePlaceInABrokenFile()
    {
        const auto path = write(json(QStringLiteral("{ 'name': 'shop', 'kind': 'production', 'redis': [ { 'name': 'c', 'url': 'redis://h', 'password': 'hunter2' } ] }")));
        const auto ended = run(m_home, {QStringLiteral("-e"), path});
        QCOMPARE(ended.code, 3);
        QVERIFY2(ended.errors.contains(QLatin1String("redis[0].password: a literal password is refused")), qPrintable(ended.errors));
        QVERIFY(!ended.errors.contains(QLatin1String("hunter2")));
    }

    void namesThePlaceInABrokenProfile()
    {
        std::ofstream(m_home.filePath(QStringLiteral("p.json")).toStdString()) << "{ \"name\": 7 }";
        const auto path = write(json(QStringLiteral("{ 'name': 'shop', 'kind': 'staging', 'profile': 'p.json' }")));
        const auto ended = run(m_home, {QStringLiteral("-e"), path});
        QCOMPARE(ended.code, 3);
        QVERIFY2(ended.errors.contains(QLatin1String("p.json")) && ended.errors.contains(QLatin1String("name")), qPrintable(ended.errors));
    }

    void endsSoonWhileEveryServerHangs()
    {
        ScriptedServer silent(ScriptedServer::Script{ScriptedServer::Hang{}});
        const auto text = QStringLiteral("{ 'name': 'shop', 'kind': 'staging',"
                                         " 'postgres': [ { 'name': 'p', 'url': 'postgresql://u@127.0.0.1:%1/d' } ],"
                                         " 'redis': [ { 'name': 'c', 'url': 'redis://127.0.0.1:%1' } ],"
                                         " 'prometheus': [ { 'name': 'm', 'url': 'http://127.0.0.1:%1' } ],"
                                         " 'http': [ { 'name': 'a', 'url': 'http://127.0.0.1:%1' } ],"
                                         " 'smtp': { 'url': 'smtp://127.0.0.1:%1', 'tls': 'none', 'from': 'a@shop.example', 'to': ['b@shop.example'] } }");
        const auto path = write(json(text.arg(silent.port())));
        QProcess program;
        muster::test::tieToUs(program);
        program.setProcessEnvironment(surroundings(m_home, true));
        program.start(QStringLiteral(MUSTER_PROGRAM), {QStringLiteral("-e"), path});
        QVERIFY(program.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(silent.connectionCount() >= 5, 20000);
        kill(static_cast<pid_t>(program.processId()), SIGTERM);
        QElapsedTimer clock;
        clock.start();
        QVERIFY(program.waitForFinished(20000));
        QVERIFY2(clock.elapsed() < 4000, qPrintable(QString::number(clock.elapsed()))); // two seconds, and two for a busy machine
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 0);
    }

private:
    QString write(const std::string &text)
    {
        const auto path = m_home.filePath(QStringLiteral("e.json"));
        std::ofstream(path.toStdString()) << text;
        return path;
    }

    QTemporaryDir m_home;
};

QTEST_GUILESS_MAIN(ProgramTest)
#include "tst_program.moc"
