// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/muster/application.h"
#include "ui/dialogs/maildialog.h"
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
    void opensAnActionsDialogOnTheShownWindow();

private:
    /// Runs the program; `look` is called with its window.
    void run(const std::function<void(MainWindow &)> &look, const std::string &page = {}, const QByteArray &inside = {});
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

/// The classes of the program's windows in the order in which they were shown.
class ShownWindows : public QObject
{
public:
    QStringList names;

    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() == QEvent::Show && watched->isWidgetType() && static_cast<QWidget *>(watched)->isWindow())
            names << QString::fromUtf8(watched->metaObject()->className());
        return false;
    }
};

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

void TestApplication::run(const std::function<void(MainWindow &)> &look, const std::string &page, const QByteArray &inside)
{
    write(inside);
    Application application(*qApp);
    QTimer::singleShot(0, qApp, [&look] {
        QVERIFY(window());
        look(*window());
        QApplication::quit();
    });
    Arguments arguments;
    arguments.environment = m_home.filePath(QStringLiteral("shop.json")).toStdString();
    arguments.open = page;
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

// A dialog that is shown before its window is left behind it by window managers.
void TestApplication::opensAnActionsDialogOnTheShownWindow()
{
    ShownWindows shown;
    qApp->installEventFilter(&shown);
    run([](const MainWindow &main) { QVERIFY(main.findChild<MailDialog *>()); }, "step:mail-test/main",
        ", \"smtp\": { \"url\": \"smtp://127.0.0.1:1\", \"from\": \"a@shop.example\", \"to\": [\"b@shop.example\"] }");
    QCOMPARE(shown.names, (QStringList{QStringLiteral("muster::MainWindow"), QStringLiteral("muster::MailDialog")}));
}

QTEST_MAIN(TestApplication)
#include "tst_application.moc"
