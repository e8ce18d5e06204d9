// SPDX-License-Identifier: GPL-3.0-or-later
// Run as "tst_tied hold" it is a test that has started servers and waits to be killed.
#include "tests/support/tied.h"
#include "tests/support/tlskit.h"

#include <QCoreApplication>
#include <QFile>
#include <QTest>

#include <cstdio>

using muster::test::TlsKit;
using muster::test::TlsServer;

namespace {

int hold()
{
    const TlsKit kit;
    if (!kit.issue(QStringLiteral("web"), {}))
        return 2;
    const TlsServer server(kit, QStringLiteral("web"));
    std::printf("%lld\n", static_cast<long long>(server.pid()));
    std::fflush(stdout);
    return static_cast<int>(::pause());
}

bool isAlive(const QByteArray &pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(QString::fromLatin1(pid)));
    if (!file.open(QIODevice::ReadOnly))
        return false;
    // 4711 (openssl) S ...: a zombie that nobody has read yet holds nothing
    const QByteArray line = file.readAll();
    const QByteArray state = line.mid(line.lastIndexOf(')') + 1).trimmed();
    return !state.startsWith('Z') && !state.startsWith('X');
}

} // namespace

class TestTied : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void serverEndsWithAKilledTest();
};

void TestTied::serverEndsWithAKilledTest()
{
    QProcess test;
    muster::test::tieToUs(test);
    test.start(QCoreApplication::applicationFilePath(), {QStringLiteral("hold")});
    QVERIFY(test.waitForReadyRead(30000));
    const QByteArray pid = test.readLine().trimmed();
    QVERIFY2(pid.toLongLong() > 0 && isAlive(pid), pid.constData());
    test.kill();
    QVERIFY(test.waitForFinished());
    QTRY_VERIFY2(!isAlive(pid), pid.constData());
}

int main(int count, char **arguments)
{
    if (count == 2 && qstrcmp(arguments[1], "hold") == 0) {
        const QCoreApplication application(count, arguments);
        return hold();
    }
    QCoreApplication application(count, arguments);
    TestTied test;
    return QTest::qExec(&test, count, arguments);
}

#include "tst_tied.moc"
