// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/muster/application.h"
#include "ui/shell/mainwindow.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/noticebar.h"

#include <QFile>
#include <QLabel>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <functional>

using namespace muster;

/// The whole program in this process, on an environment file that changes under it.
class TestApplication : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void waiversAreTakenUpWhoeverWroteThem();
    void otherChangesAreOffered();
    void brokenChangeIsOfferedAndNothingIsLost();

private:
    /// Runs the program; `look` is called with its window.
    void run(const std::function<void(MainWindow &)> &look);
    void write(const QByteArray &inside) const;

    QTemporaryDir m_home;
};

namespace {

const QByteArray kWaiver = ", \"waivers\": [ { \"check\": \"performance/cdn\", \"owner\": \"ops\", \"reason\": \"internal\", \"until\": \"2999-03-31\" } ]";

MainWindow *window()
{
    for (QWidget *widget : QApplication::topLevelWidgets()) {
        if (auto *found = qobject_cast<MainWindow *>(widget))
            return found;
    }
    return nullptr;
}

QString waiversTab(const MainWindow &window)
{
    return window.findChild<QTabBar *>(QStringLiteral("readinessTabBar"))->tabText(3);
}

} // namespace

void TestApplication::initTestCase()
{
    QVERIFY(m_home.isValid());
    for (const char *name : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"})
        qputenv(name, m_home.path().toUtf8());
}

void TestApplication::write(const QByteArray &inside) const
{
    QFile file(m_home.filePath(QStringLiteral("shop.json")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{ \"name\": \"shop\", \"kind\": \"staging\"" + inside + " }");
}

void TestApplication::run(const std::function<void(MainWindow &)> &look)
{
    write({});
    Application application(*qApp);
    QTimer::singleShot(0, qApp, [&look] {
        QVERIFY(window());
        look(*window());
        QApplication::quit();
    });
    Arguments arguments;
    arguments.environment = m_home.filePath(QStringLiteral("shop.json")).toStdString();
    QCOMPARE(application.run(arguments), 0);
}

void TestApplication::waiversAreTakenUpWhoeverWroteThem()
{
    run([this](MainWindow &shown) {
        QTRY_COMPARE(waiversTab(shown), QStringLiteral("Waivers"));
        write(kWaiver);
        QTRY_COMPARE(waiversTab(shown), QStringLiteral("Waivers 1"));
        QVERIFY(!shown.findChild<NoticeBar *>()->isVisible());
        write({});
        QTRY_COMPARE(waiversTab(shown), QStringLiteral("Waivers"));
        QVERIFY(!shown.findChild<NoticeBar *>()->isVisible());
    });
}

void TestApplication::otherChangesAreOffered()
{
    run([this](MainWindow &shown) {
        write(kWaiver + ", \"redis\": [ { \"name\": \"c\", \"url\": \"redis://127.0.0.1:1\" } ]");
        QTRY_VERIFY(shown.findChild<NoticeBar *>()->isVisible());
        QCOMPARE(waiversTab(shown), QStringLiteral("Waivers"));
    });
}

void TestApplication::brokenChangeIsOfferedAndNothingIsLost()
{
    run([this](MainWindow &shown) {
        write(kWaiver + ", \"nonsense\": 1");
        QTRY_VERIFY(shown.findChild<NoticeBar *>()->isVisible());
        QCOMPARE(waiversTab(shown), QStringLiteral("Waivers"));
        write(", \"waivers\": [ { \"check\": \"no/such\", \"owner\": \"ops\", \"reason\": \"r\", \"until\": \"2999-03-31\" } ]");
        QTest::qWait(1200); // longer than the file settles
        QCOMPARE(waiversTab(shown), QStringLiteral("Waivers"));
    });
}

QTEST_MAIN(TestApplication)
#include "tst_application.moc"
