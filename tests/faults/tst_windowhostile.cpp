// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/faults/windowkit.h"
#include "tests/integration/postgreskit.h"
#include "tests/integration/rediskit.h"
#include "tests/support/scriptedserver.h"
#include "tests/support/tied.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QProcess>
#include <QRadioButton>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTextEdit>

using namespace muster;
using namespace muster::test;
using S = ScriptedServer;

/// 17 levels: Qt needs half a minute for them where it takes them for markup (measured: 9 s for 16, 42 s for 18).
static std::string bomb(std::size_t limit = 255)
{
    std::string text;
    for (int i = 0; i < 17; ++i)
        text += "<table><tr><td>";
    return text.substr(0, limit);
}

/// Names that real servers give away are text and nothing else, wherever they are shown.
class TestWindowHostile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void namesOnPages_data();
    void namesOnPages();
    void keysInThePlan();

private:
    [[nodiscard]] QByteArray environment() const;
    void requireInert(QWidget &window, const char *what) const;

    QTemporaryDir m_home;
    std::unique_ptr<PostgresKit> m_kit;
    std::unique_ptr<postgres::PgClient> m_session;  ///< idle in a transaction, with hostile words
    std::unique_ptr<RedisAdmin> m_client;           ///< with a hostile name
    std::unique_ptr<S> m_relay;
    quint16 m_webPort = 0;
};

namespace {

constexpr int kShownWithin = 10000; // ms

QString allText(const QWidget &window)
{
    QString text;
    for (const auto *label : window.findChildren<QLabel *>())
        text += label->text() % QLatin1Char('\n');
    for (const auto *box : window.findChildren<QPlainTextEdit *>())
        text += box->toPlainText() % QLatin1Char('\n');
    for (const auto *view : window.findChildren<QAbstractItemView *>()) {
        const QAbstractItemModel *model = view->model();
        for (int row = 0; model && row < model->rowCount(); ++row) {
            for (int column = 0; column < model->columnCount(); ++column)
                text += model->index(row, column).data().toString() % QLatin1Char('\n');
        }
    }
    return text;
}

/// Every tooltip there is: of widgets and of cells.
QStringList allTips(const QWidget &window)
{
    QStringList tips;
    for (const auto *widget : window.findChildren<QWidget *>())
        tips += widget->toolTip();
    for (const auto *view : window.findChildren<QAbstractItemView *>()) {
        const QAbstractItemModel *model = view->model();
        for (int row = 0; model && row < model->rowCount(); ++row) {
            for (int column = 0; column < model->columnCount(); ++column)
                tips += model->index(row, column).data(Qt::ToolTipRole).toString();
        }
    }
    return tips;
}

} // namespace

void TestWindowHostile::initTestCase()
{
    useOwnFolders(m_home.path());
    m_kit = std::make_unique<PostgresKit>(QStringList{QStringLiteral("postgres"), QStringLiteral("redis")});
    QVERIFY2(m_kit->servers.isRunning(), m_kit->servers.errorText());
    QVERIFY(m_kit->run("create database \"" + bomb(63) + '"'));
    m_session = m_kit->session();
    const auto say = [this](const std::string &sql) { return m_session->simpleQuery(sql, Deadline::after(Millis{5000})).has_value(); };
    QVERIFY(say("set application_name = '" + bomb(63) + "'") && say("begin") && say("select '" + bomb() + "'"));

    m_client = std::make_unique<RedisAdmin>(redisTarget(m_kit->servers, u"redis", true));
    for (int i = 0; i < 50; ++i)
        QVERIFY(!m_client->call({"SET", "cache:" + bomb() + std::to_string(i), std::string(2000, 'x')}).isError());
    QVERIFY(!m_client->call({"CLIENT", "SETNAME", bomb()}).isError());
    QVERIFY(!m_client->call({"CONFIG", "SET", "slowlog-log-slower-than", "0"}).isError());
    QVERIFY(!m_client->call({"GET", "cache:" + bomb() + "1"}).isError());
    QVERIFY(!m_client->call({"CONFIG", "SET", "slowlog-log-slower-than", "10000"}).isError());

    m_relay = std::make_unique<S>(S::Script{S::Send{"220 " + bomb() + "\r\n"}, S::ReadLine{}, S::Send{"250 " + bomb() + "\r\n"}, S::ReadLine{},
                                            S::Send{"550 " + bomb() + "\r\n"}, S::ReadLine{}, S::Send{"550 " + bomb() + "\r\n"}, S::ReadLine{}});
    const S gone(S::Script{});
    m_webPort = gone.port();
    const QString key = m_home.filePath(QStringLiteral("web.key"));
    const QString certificate = m_home.filePath(QStringLiteral("web.pem"));
    QCOMPARE(QProcess::execute(QStringLiteral("openssl"), {QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-newkey"), QStringLiteral("ec"), QStringLiteral("-pkeyopt"),
                                                           QStringLiteral("ec_paramgen_curve:P-256"), QStringLiteral("-nodes"), QStringLiteral("-subj"),
                                                           QStringLiteral("/O=%1/CN=%1").arg(QString::fromStdString(bomb(60))), QStringLiteral("-keyout"), key, QStringLiteral("-out"), certificate}), 0);
}

QByteArray TestWindowHostile::environment() const
{
    return R"({"name": "hostile", "kind": "staging", "postgres": [)" + entryOf(m_kit->servers, QStringLiteral("postgres")) + R"(], "redis": [)"
        + entryOf(m_kit->servers, QStringLiteral("redis")).replace("\"name\"", "\"prefixes\": [\"cache:\"], \"name\"") + R"(], "http": [{"name": "main", "url": "https://127.0.0.1:)"
        + QByteArray::number(m_webPort) + R"("}], "smtp": {"url": "smtp://127.0.0.1:)" + QByteArray::number(m_relay->port())
        + R"(", "tls": "none", "from": "a@shop.example", "to": ["b@shop.example"]}})";
}

void TestWindowHostile::requireInert(QWidget &window, const char *what) const
{
    for (const auto *label : window.findChildren<QLabel *>())
        QVERIFY2(!label->text().contains(QLatin1String("<table>")) || label->textFormat() == Qt::PlainText, what);
    for (const auto *box : window.findChildren<QTextEdit *>())
        QVERIFY2(!box->document()->toHtml().contains(QLatin1String("<table")), what);
    for (const QString &tip : allTips(window))
        QVERIFY2(!tip.contains(QLatin1String("<table")), qPrintable(tip.left(300)));
}

void TestWindowHostile::namesOnPages_data()
{
    QTest::addColumn<QString>("page");
    for (const char *page : {"database", "cache", "endpoints", "mail", "readiness"})
        QTest::newRow(page) << QString::fromLatin1(page);
}

void TestWindowHostile::namesOnPages()
{
    QFETCH(QString, page);
    QProcess web;
    tieToUs(web);
    web.start(QStringLiteral("openssl"), {QStringLiteral("s_server"), QStringLiteral("-quiet"), QStringLiteral("-www"), QStringLiteral("-accept"), QStringLiteral("127.0.0.1:%1").arg(m_webPort),
                                          QStringLiteral("-cert"), m_home.filePath(QStringLiteral("web.pem")), QStringLiteral("-key"), m_home.filePath(QStringLiteral("web.key"))});
    QVERIFY(web.waitForStarted());
    OpenWindow open(environment(), page.toStdString());
    QVERIFY2(open.isOpen(), open.errorText());
    Heartbeat heart;
    auto *tables = open.window().findChild<QWidget *>(QStringLiteral("page/") % page)->findChild<QTabWidget *>(QStringLiteral("tables"));
    const auto isShown = [&] {
        if (tables)
            tables->setCurrentIndex((tables->currentIndex() + 1) % std::max(1, tables->count())); // only the one in sight is filled
        open.session().publish();
        return allText(open.window()).contains(QLatin1String("<table"));
    };
    QTRY_VERIFY2_WITH_TIMEOUT(isShown(), qPrintable(open.faultText() % allText(open.window())), kShownWithin);
    for (int i = 0; tables && i < tables->count(); ++i) {
        tables->setCurrentIndex(i);
        open.session().publish();
        requireInert(open.window(), "table");
        for (auto *view : tables->currentWidget()->findChildren<QAbstractItemView *>()) {
            for (int column = 0; view->model() && column < view->model()->columnCount(); ++column) {
                const QRect cell = view->visualRect(view->model()->index(0, column));
                QHelpEvent hover(QEvent::ToolTip, cell.center(), view->viewport()->mapToGlobal(cell.center()));
                QCoreApplication::sendEvent(view->viewport(), &hover);
                view->setCurrentIndex(view->model()->index(0, column)); // its details, too
            }
        }
        QTest::qWait(100);
        requireInert(open.window(), "detail");
    }
    open.press(Qt::Key_K, Qt::ControlModifier);
    QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("table"));
    QTest::qWait(200);
    requireInert(open.window(), "palette");
    qInfo("%s", heart.text().constData());
    QVERIFY2(heart.worstOwn() <= Heartbeat::kLimit, heart.text().constData());
    web.kill();
    web.waitForFinished();
}

void TestWindowHostile::keysInThePlan()
{
    OpenWindow open(environment(), "cache");
    QVERIFY2(open.isOpen(), open.errorText());
    QTRY_VERIFY_WITH_TIMEOUT(open.session().isComplete(), 15000);
    Heartbeat heart;
    open.window().open(QStringLiteral("step:flush/main"));
    QTRY_VERIFY(open.window().findChild<QWidget *>(QStringLiteral("flushDialog")));
    auto *form = open.window().findChild<QWidget *>(QStringLiteral("flushDialog"));
    form->findChild<QRadioButton *>(QStringLiteral("byPrefix"))->setChecked(true);
    form->findChild<QLineEdit *>(QStringLiteral("prefixText"))->setText(QStringLiteral("cache:"));
    QTest::mouseClick(form->findChild<QPushButton *>(QStringLiteral("showPlan")), Qt::LeftButton);
    QTRY_VERIFY(open.window().findChild<QWidget *>(QStringLiteral("planSheet")));
    auto *sheet = open.window().findChild<QWidget *>(QStringLiteral("planSheet"));
    QTRY_VERIFY2_WITH_TIMEOUT(allText(*sheet).contains(QLatin1String("<table><tr>")), qPrintable(allText(*sheet)), kShownWithin);
    requireInert(*sheet, "plan");
    QTest::qWait(300);
    qInfo("%s", heart.text().constData());
    QVERIFY2(heart.worstOwn() <= Heartbeat::kLimit, heart.text().constData());
}

QTEST_MAIN(TestWindowHostile)
#include "tst_windowhostile.moc"
