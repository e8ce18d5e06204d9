// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/pagespec.h"
#include "tests/gui/fixture.h"
#include "ui/shell/mainwindow.h"
#include "ui/shell/pagelist.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/detailpanel.h"
#include "ui/widgets/label.h"
#include "ui/widgets/statepanel.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTabBar>
#include <QTest>

using namespace muster;

class TestMainWindow : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(*qApp, theme::Scheme::Light); }
    void everyPageOpens_data();
    void everyPageOpens();
    void showsTheWorstFirst();
    void saysWhatToDeclare();
    void saysStageAndNextStepOfAFault();
    void keysReachEveryPage();
    void escapeGoesBack();
    void paletteFindsAPage();
    void paletteFindsAFact();
    void paletteSaysThatNothingMatches();
    void everyInteractiveWidgetHasANameForReaders();
    void hostileTextIsInertAndFast_data();
    void hostileTextIsInertAndFast();
    void hiddenPagesAreNotBuilt();
    void planSwitchesRaiseTheForecast();
    void switchingTheThemeRecoloursLabels();

private:
    static bool isInteractive(const QWidget *widget);
};

namespace {

struct Opened {
    explicit Opened(test::GuiSetup setup) : made(test::makeSession(std::move(setup)))
    {
        window = std::make_unique<MainWindow>(*made.session);
        window->show();
        (void)QTest::qWaitForWindowActive(window.get()); // shortcuts need it
    }
    ~Opened()
    {
        window.reset();
        made.session->stop();
    }
    bool start()
    {
        made.session->start();
        return QTest::qWaitFor([this] { return made.session->isComplete(); }, 5000);
    }
    QWidget *page(const char *key) { return window->findChild<QWidget *>(QStringLiteral("page/") % QString::fromUtf8(key)); }

    test::GuiSession made;
    std::unique_ptr<MainWindow> window;
};

test::GuiSetup setupOf(const QString &kind)
{
    if (kind == QLatin1String("fault"))
        return test::faultSetup();
    if (kind == QLatin1String("silent"))
        return test::silentSetup();
    return kind == QLatin1String("empty") ? test::emptySetup() : test::shopSetup();
}

bool holds(const QWidget *parent, const QString &part)
{
    for (const QLabel *label : parent->findChildren<QLabel *>()) {
        if (label->isVisible() && label->text().contains(part))
            return true;
    }
    return false;
}

} // namespace

void TestMainWindow::everyPageOpens_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind : {"shop", "fault", "silent", "empty"})
        QTest::newRow(kind) << QString::fromUtf8(kind);
}

void TestMainWindow::everyPageOpens()
{
    QFETCH(QString, kind);
    Opened opened(setupOf(kind));
    if (kind == QLatin1String("silent"))
        opened.made.session->start();
    else
        QVERIFY(opened.start());
    for (const PageEntry &entry : pageList()) {
        opened.window->openPage(entry.key);
        QCOMPARE(opened.window->currentPage(), std::string(entry.key));
        QWidget *page = opened.page(entry.key);
        QVERIFY2(page && page->isVisible(), entry.key);
        QVERIFY(!page->grab().isNull());
        const StatePanel *state = page->findChild<StatePanel *>();
        const bool isSourcePage = state != nullptr;
        if (isSourcePage && kind != QLatin1String("shop"))
            QVERIFY2(state->isVisible(), entry.key);
        if (isSourcePage && kind == QLatin1String("shop") && std::string(entry.key) != "alerts")
            QVERIFY2(!state->isVisible(), entry.key);
    }
}

void TestMainWindow::showsTheWorstFirst()
{
    Opened opened(test::shopSetup());
    QVERIFY(opened.start());
    QTRY_VERIFY(opened.window->findChild<DataTable *>(QStringLiteral("findings"))->rows().rowCount() > 3);
    const auto &rows = opened.window->findChild<DataTable *>(QStringLiteral("findings"))->rows().rows();
    QVERIFY(rows.front().key.startsWith(QStringLiteral("gate:")));
    for (std::size_t i = 1; i < rows.size(); ++i)
        QVERIFY(severityRank(*rows[i - 1].status) <= severityRank(*rows[i].status));
    QTRY_COMPARE(opened.window->findChild<QLabel *>(QStringLiteral("verdict"))->text(), QStringLiteral("NOT READY"));
    QVERIFY(!opened.page("readiness")->findChild<DetailPanel *>()->detail().isEmpty());
}

void TestMainWindow::saysWhatToDeclare()
{
    Opened opened(test::emptySetup());
    opened.window->openPage("cache");
    QVERIFY(holds(opened.page("cache"), QStringLiteral("No Redis is declared")));
    QVERIFY(holds(opened.page("cache"), QStringLiteral("\"redis\": [")));
}

void TestMainWindow::saysStageAndNextStepOfAFault()
{
    Opened opened(test::faultSetup());
    QVERIFY(opened.start());
    opened.window->openPage("cache");
    QTRY_VERIFY(holds(opened.page("cache"), QStringLiteral("Stage “tcp”")));
    QVERIFY(holds(opened.page("cache"), QStringLiteral("Start the server")));
}

void TestMainWindow::keysReachEveryPage()
{
    Opened opened(test::shopSetup());
    QVERIFY(opened.start());
    int number = 1;
    for (const PageEntry &entry : pageList()) {
        QTest::keyClick(opened.window.get(), Qt::Key(Qt::Key_0 + number++), Qt::ControlModifier);
        QTRY_COMPARE(opened.window->currentPage(), std::string(entry.key));
    }
}

void TestMainWindow::escapeGoesBack()
{
    Opened opened(test::shopSetup());
    opened.window->openPage("cache");
    opened.window->openPage("mail");
    QTest::keyClick(opened.window.get(), Qt::Key_Escape);
    QTRY_COMPARE(opened.window->currentPage(), std::string("cache"));
    QTest::keyClick(opened.window.get(), Qt::Key_Escape);
    QTRY_COMPARE(opened.window->currentPage(), std::string("readiness"));
}

void TestMainWindow::paletteFindsAPage()
{
    Opened opened(test::shopSetup());
    QVERIFY(opened.start());
    QTest::keyClick(opened.window.get(), Qt::Key_K, Qt::ControlModifier);
    auto *query = opened.window->findChild<QLineEdit *>(QStringLiteral("paletteQuery"));
    QTRY_VERIFY(query->isVisible());
    QTest::keyClicks(query, QStringLiteral("backups"));
    QTest::keyClick(query, Qt::Key_Return);
    QTRY_COMPARE(opened.window->currentPage(), std::string("backups"));
    QVERIFY(!query->isVisible());
}

void TestMainWindow::paletteFindsAFact()
{
    Opened opened(test::shopSetup());
    QVERIFY(opened.start());
    opened.window->openPage("mail");
    opened.window->openPalette();
    auto *query = opened.window->findChild<QLineEdit *>(QStringLiteral("paletteQuery"));
    QTest::keyClicks(query, QStringLiteral("redis.keys"));
    QTest::keyClick(query, Qt::Key_Return);
    QTRY_COMPARE(opened.window->currentPage(), std::string("readiness"));
    QCOMPARE(opened.page("readiness")->findChild<DetailPanel *>()->detail().title, QStringLiteral("redis.keys"));
}

void TestMainWindow::paletteSaysThatNothingMatches()
{
    Opened opened(test::shopSetup());
    QVERIFY(opened.start());
    opened.window->openPalette();
    auto *query = opened.window->findChild<QLineEdit *>(QStringLiteral("paletteQuery"));
    const auto *nothing = opened.window->findChild<Label *>(QStringLiteral("paletteNothing"));
    QTRY_VERIFY(query->isVisible());
    QVERIFY(!nothing->isVisible());
    QTest::keyClicks(query, QStringLiteral("bakcup"));
    QVERIFY(nothing->isVisible());
    QVERIFY(nothing->text().contains(QStringLiteral("“bakcup”")));
    QTest::keyClick(query, Qt::Key_Return); // nothing to go to: what was typed stays
    QVERIFY(query->isVisible());
    query->setText(QStringLiteral("backups"));
    QVERIFY(!nothing->isVisible());
}

bool TestMainWindow::isInteractive(const QWidget *widget)
{
    if (widget->focusPolicy() == Qt::NoFocus || widget->objectName().startsWith(QStringLiteral("qt_")))
        return false;
    return qobject_cast<const QAbstractButton *>(widget) || qobject_cast<const QLineEdit *>(widget) || qobject_cast<const QAbstractItemView *>(widget)
        || qobject_cast<const QComboBox *>(widget) || qobject_cast<const QAbstractSpinBox *>(widget) || qobject_cast<const QPlainTextEdit *>(widget) || qobject_cast<const QTabBar *>(widget);
}

void TestMainWindow::everyInteractiveWidgetHasANameForReaders()
{
    Opened opened(test::shopSetup());
    QVERIFY(opened.start());
    for (const PageEntry &entry : pageList())
        opened.window->openPage(entry.key);
    for (const char *step : {"step:flush/cache", "step:mail-test/main", "command:keys"})
        opened.window->open(QString::fromUtf8(step));
    QStringList nameless;
    int seen = 0;
    for (const QWidget *widget : opened.window->findChildren<QWidget *>()) {
        const bool isPart = qobject_cast<const QAbstractSpinBox *>(widget->parentWidget()) || qobject_cast<const QComboBox *>(widget->parentWidget())
            || widget->inherits("QComboBoxListView") || widget->inherits("QTableCornerButton");
        if (!isInteractive(widget) || isPart)
            continue;
        ++seen;
        if (widget->objectName().isEmpty() || widget->accessibleName().isEmpty())
            nameless << QString::fromUtf8(widget->metaObject()->className()) % QLatin1Char(' ') % widget->objectName();
    }
    QVERIFY(seen > 40);
    QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QStringLiteral(", "))));
}

void TestMainWindow::hostileTextIsInertAndFast_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("nested tables") << QStringLiteral("<table><tr><td>").repeated(200);
    QTest::newRow("image and link") << QStringLiteral("<img src='http://evil.example/x.png'><a href='x'>click</a>");
    QTest::newRow("control characters") << QStringLiteral("a\x01\x1b[31m\u202e\u0000b\r\n\t\u200bz");
    QTest::newRow("one megabyte") << QStringLiteral("0123456789abcdef").repeated(65536);
}

void TestMainWindow::hostileTextIsInertAndFast()
{
    QFETCH(QString, text);
    Opened opened(test::hostileSetup(text.toStdString()));
    QVERIFY(opened.start());
    opened.made.session->publish();
    QElapsedTimer clock;
    clock.start();
    for (const PageEntry &entry : pageList()) {
        opened.window->openPage(entry.key);
        QVERIFY(!opened.window->grab().isNull());
    }
    opened.window->openPalette();
    opened.window->open(QStringLiteral("step:backup/nightly"));
    QVERIFY(!opened.window->grab().isNull());
    QVERIFY2(clock.elapsed() < 8000, qPrintable(QString::number(clock.elapsed())));
    for (const QLabel *label : opened.window->findChildren<QLabel *>()) {
        if (qobject_cast<const Label *>(label) || !label->text().isEmpty())
            QCOMPARE(label->textFormat(), Qt::PlainText);
        QVERIFY(label->text().size() < 5000);
    }
    for (const QWidget *widget : opened.window->findChildren<QWidget *>()) {
        const QString tip = widget->toolTip();
        QVERIFY2(!tip.contains(QStringLiteral("<table>")) && !tip.contains(QStringLiteral("<img")), qPrintable(tip.left(200)));
    }
}

void TestMainWindow::hiddenPagesAreNotBuilt()
{
    Opened opened(test::shopSetup());
    QVERIFY(opened.page("readiness"));
    QVERIFY(!opened.page("cache"));
}

void TestMainWindow::planSwitchesRaiseTheForecast()
{
    Opened opened(test::shopSetup());
    QVERIFY(opened.start());
    auto *tabs = opened.window->findChild<QTabBar *>(QStringLiteral("readinessTabBar"));
    tabs->setCurrentIndex(1);
    auto *plan = opened.window->findChild<DataTable *>(QStringLiteral("plan"));
    QTRY_VERIFY(plan->rows().rowCount() > 3);
    plan->setCurrentIndex(plan->model()->index(0, 0));
    QTest::keyClick(plan, Qt::Key_Space);
    QCOMPARE(plan->model()->index(0, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
    QTRY_VERIFY(holds(opened.page("readiness"), QStringLiteral("With 1 fixed")));
    QTest::mouseClick(opened.window->findChild<QAbstractButton *>(QStringLiteral("fixAll")), Qt::LeftButton);
    QTRY_VERIFY(holds(opened.page("readiness"), QStringLiteral("100.0  (+")));
}

void TestMainWindow::switchingTheThemeRecoloursLabels()
{
    Opened opened(test::shopSetup());
    const auto *score = opened.window->findChild<QLabel *>(QStringLiteral("score"));
    QCOMPARE(score->palette().color(QPalette::WindowText), theme::light().text);
    theme::apply(*qApp, theme::Scheme::Dark);
    QTRY_COMPARE(score->palette().color(QPalette::WindowText), theme::dark().text);
    theme::apply(*qApp, theme::Scheme::Light);
    QTRY_COMPARE(score->palette().color(QPalette::WindowText), theme::light().text);
}

QTEST_MAIN(TestMainWindow)
#include "tst_mainwindow.moc"
