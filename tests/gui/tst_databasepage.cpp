// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/fixture.h"
#include "ui/dialogs/plansheet.h"
#include "ui/shell/mainwindow.h"
#include "ui/source/runcard.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/detailpanel.h"

#include <QAbstractButton>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QScrollBar>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>

using namespace muster;

/// The Database page: sessions and who blocks whom, the actions of a row, what an update leaves alone.
class TestDatabasePage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init() { QSettings().clear(); }
    void tabsAreBuiltWhenShown();
    void waiterStandsUnderBothOfItsBlockers();
    void terminateOfARowIsAboutItsPid();
    void keyboardGoesFromTheRowToThePlan();
    void menuOfARowHasItsActions();
    void consolesAreNotEndedFromHere();
    void endedSessionIsNotReplacedByAnother();
    void updateOfThousandsKeepsSelectionAndScroll_data();
    void updateOfThousandsKeepsSelectionAndScroll();
    void filterWantsEveryWord();
    void copiedRowIsTabSeparated();
    void missingRightIsCopied();
    void pendingSettingsComeFirst();
    void standbysAndSlotsStandUnderTheServer();
    void adviceNamesTheStatement();
    void runningCancelIsFoundOnThePage();

private:
    QTemporaryDir m_settings;
};

namespace {

const std::vector<Column> kColumns{{"pid", ""}, {"user", ""}, {"database", ""}, {"application", ""}, {"client", ""}, {"state", ""}, {"wait", ""}, {"transaction_age", "s"}, {"query_age", "s"},
                                   {"blocked_by", ""}, {"is_root", ""}, {"query", ""}, {"type", ""}, {"wait_age", "s"}};

std::vector<Cell> session(int pid, const std::string &state, const std::string &blockedBy = {}, bool isRoot = false, const std::string &application = "api")
{
    return {double(pid), std::string("shop"), std::string("orders"), application, std::string("10.0.0.7"), state, std::string(blockedBy.empty() ? "" : "Lock: transactionid"),
            state == "idle" ? Cell() : Cell(12.0), state == "active" ? Cell(4.0) : Cell(), blockedBy, isRoot, "update orders set n = " + std::to_string(pid), std::string("client backend"), blockedBy.empty() ? Cell() : Cell(3.0)};
}

Table tableOf(std::vector<Column> columns, std::vector<std::vector<Cell>> rows)
{
    return {std::move(columns), std::move(rows), 5000, false};
}

/// A blocker, two waiters, and one that waits for two of them.
Table lockedSessions()
{
    return tableOf(kColumns, {session(100, "idle in transaction", {}, true), session(101, "active", "100"), session(102, "active", "100"), session(103, "active", "101, 102"),
                              session(104, "idle"), session(105, "idle", {}, false, "muster anna@desk")});
}

/// One PostgreSQL whose tables the test changes; the window on its page.
struct Opened {
    explicit Opened(std::function<void(FactBatch &, int stage)> fill)
    {
        test::GuiSetup setup;
        setup.declared = {"postgres/primary"};
        setup.sources["postgres/primary"] = [this, fill = std::move(fill)](int) -> std::expected<FactBatch, Fault> {
            FactBatch batch{"postgres/primary", Stamp::now(), {}};
            batch.add("postgres.role", std::string("primary"), "", Millis(30'000));
            fill(batch, stage);
            return batch;
        };
        setup.action = test::flushScript(600);
        setup.action->plan->action = "terminate-session";
        ended = setup.ended = std::make_shared<std::vector<SessionEndRequest>>();
        made = test::makeSession(std::move(setup));
        window = std::make_unique<MainWindow>(*made.session);
        window->show();
        window->openPage("database");
        made.session->start();
    }
    explicit Opened(Table sessions) : Opened([sessions = std::move(sessions)](FactBatch &batch, int) { add(batch, "postgres.sessions", sessions); }) {}
    ~Opened()
    {
        window.reset();
        made.session->stop();
    }
    static void add(FactBatch &batch, const char *fact, Value value) { batch.add(fact, std::move(value), "", Millis(30'000)); }
    template<class Widget>
    Widget *find(const char *name) { return window->findChild<QWidget *>(QStringLiteral("page/database"))->findChild<Widget *>(QString::fromUtf8(name)); }
    DetailPanel *detail() { return find<DetailPanel>("detail"); }
    /// The table of a tab, brought to the front.
    DataTable *open(const char *title, const char *table)
    {
        auto *tabs = find<QTabWidget>("tables");
        const auto isReady = [&] {
            for (int i = 0; i < tabs->count(); ++i) {
                if (tabs->tabText(i).startsWith(QString::fromUtf8(title)))
                    tabs->setCurrentIndex(i);
            }
            auto *found = find<DataTable>(table);
            return found && found->rows().rowCount() > 0;
        };
        return QTest::qWaitFor(isReady, 5000) ? find<DataTable>(table) : nullptr;
    }
    DataTable *openSessions() { return open("Sessions", "table/postgres.sessions"); }
    void advance()
    {
        ++stage;
        made.session->poller().measureNow();
    }

    std::atomic<int> stage{0};
    std::shared_ptr<std::vector<SessionEndRequest>> ended;
    test::GuiSession made;
    std::unique_ptr<MainWindow> window;
};

/// 5 000 sessions; in each stage 300 come and go, all ages move, and the server sends them in another order.
Table manySessions(int stage)
{
    Table table = tableOf(kColumns, {});
    for (int i = 0; i < 5000; ++i) {
        const int pid = 1000 + (i < 300 ? i + stage * 10'000 : i);
        table.rows.push_back(session(pid, i % 4 ? "idle" : "active"));
        if (i % 4 == 0)
            table.rows.back()[7] = double(i % 97) + stage;
    }
    std::ranges::rotate(table.rows, table.rows.begin() + 1234 * stage % 5000);
    return table;
}

} // namespace

void TestDatabasePage::initTestCase()
{
    QVERIFY(m_settings.isValid());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, m_settings.path());
    theme::apply(*qApp, theme::Scheme::Light);
}

void TestDatabasePage::tabsAreBuiltWhenShown()
{
    Opened opened(lockedSessions());
    QTRY_VERIFY(opened.find<DataTable>("vitals")->isVisible());
    QVERIFY(!opened.find<DataTable>("table/postgres.sessions"));
    QVERIFY(opened.openSessions());
    QVERIFY(!opened.find<DataTable>("table/postgres.settings"));
    QTRY_COMPARE(opened.find<QTabWidget>("tables")->tabText(1), QStringLiteral("Sessions 6"));
}

void TestDatabasePage::waiterStandsUnderBothOfItsBlockers()
{
    Opened opened(lockedSessions());
    auto *tree = opened.find<DataTable>("blockers");
    QTRY_VERIFY(tree->isVisible());
    QStringList keys;
    for (const Row &row : tree->rows().rows())
        keys << QString(row.key).replace(QChar(0x1f), QLatin1Char('<'));
    QCOMPARE(keys, (QStringList{QStringLiteral("100<-1"), QStringLiteral("101<100"), QStringLiteral("103<101"), QStringLiteral("102<100"), QStringLiteral("103<102")}));
    for (const int row : {2, 4}) {
        QVERIFY(tree->selectKey(tree->rows().rows()[std::size_t(row)].key));
        QCOMPARE(opened.detail()->detail().title, QStringLiteral("Session 103"));
        QVERIFY(opened.detail()->findChild<QAbstractButton *>(QStringLiteral("step/terminate-session/primary/103")));
    }
}

void TestDatabasePage::terminateOfARowIsAboutItsPid()
{
    Opened opened(lockedSessions());
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions);
    QVERIFY(sessions->selectKey(QStringLiteral("100")));
    QVERIFY(!opened.detail()->findChild<QAbstractButton *>(QStringLiteral("step/cancel-query/primary/100"))); // it runs nothing
    QVERIFY(opened.detail()->detail().raw.contains(QStringLiteral("n = 100")));
    QTest::mouseClick(opened.detail()->findChild<QAbstractButton *>(QStringLiteral("step/terminate-session/primary/100")), Qt::LeftButton);
    QTRY_VERIFY(opened.window->findChild<PlanSheet *>());
    QCOMPARE(opened.ended->size(), std::size_t{1});
    QCOMPARE(opened.ended->front().instance, std::string("primary"));
    QCOMPARE(opened.ended->front().pid, 100);
    QVERIFY(opened.ended->front().isTerminate);
}

void TestDatabasePage::keyboardGoesFromTheRowToThePlan()
{
    Opened opened(lockedSessions());
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions);
    QVERIFY(sessions->selectKey(QStringLiteral("101")));
    sessions->setFocus();
    QTest::keyClick(sessions, Qt::Key_Return);
    auto *cancel = opened.detail()->findChild<QAbstractButton *>(QStringLiteral("step/cancel-query/primary/101"));
    QVERIFY(cancel);
    QTRY_VERIFY(cancel->hasFocus());
    QTest::keyClick(cancel, Qt::Key_Space);
    QTRY_VERIFY(opened.window->findChild<PlanSheet *>());
    QCOMPARE(opened.ended->front().pid, 101);
    QVERIFY(!opened.ended->front().isTerminate);
}

void TestDatabasePage::menuOfARowHasItsActions()
{
    Opened opened(lockedSessions());
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions);
    QVERIFY(sessions->selectKey(QStringLiteral("101")));
    Q_EMIT sessions->customContextMenuRequested({});
    auto *menu = opened.detail()->findChild<QMenu *>(QStringLiteral("rowMenu"));
    QVERIFY(menu);
    QStringList texts;
    for (const QAction *action : menu->actions()) {
        if (!action->isSeparator())
            texts << action->text();
    }
    QCOMPARE(texts.size(), 3); // cancel, terminate, copy
    menu->actions()[1]->trigger();
    QCOMPARE(opened.ended->size(), std::size_t{1});
    QVERIFY(opened.ended->front().isTerminate);
    menu->close();
}

void TestDatabasePage::consolesAreNotEndedFromHere()
{
    Opened opened(lockedSessions());
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions && sessions->selectKey(QStringLiteral("105")));
    QVERIFY(opened.detail()->detail().steps.empty());
}

void TestDatabasePage::endedSessionIsNotReplacedByAnother()
{
    Opened opened([](FactBatch &batch, int stage) {
        Table sessions = lockedSessions();
        if (stage > 0)
            sessions.rows.erase(sessions.rows.begin() + 4); // 104
        Opened::add(batch, "postgres.sessions", sessions);
    });
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions && sessions->selectKey(QStringLiteral("104")));
    QVERIFY(!opened.detail()->detail().steps.empty());
    opened.advance();
    QTRY_COMPARE(sessions->rows().rowCount(), 5);
    QTRY_VERIFY(opened.detail()->detail().steps.empty());
    QVERIFY(opened.detail()->detail().title.contains(QStringLiteral("104")));
    QVERIFY(sessions->currentKey().isEmpty());
}

void TestDatabasePage::updateOfThousandsKeepsSelectionAndScroll_data()
{
    QTest::addColumn<int>("sortedBy");
    QTest::addColumn<QString>("filter");
    QTest::newRow("as the server sends them") << -1 << QString();
    QTest::newRow("sorted by pid") << 1 << QString();
    QTest::newRow("sorted by pid and filtered") << 1 << QStringLiteral("idle");
}

void TestDatabasePage::updateOfThousandsKeepsSelectionAndScroll()
{
    QFETCH(int, sortedBy);
    QFETCH(QString, filter);
    Opened opened([](FactBatch &batch, int stage) { Opened::add(batch, "postgres.sessions", manySessions(stage)); });
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions);
    QCOMPARE(sessions->rows().rowCount(), 5000);
    if (sortedBy >= 0)
        sessions->sortByColumn(sortedBy, Qt::AscendingOrder);
    opened.find<QLineEdit>("filter/postgres.sessions")->setText(filter);
    QVERIFY(sessions->selectKey(QStringLiteral("3333"))); // idle, and always there
    sessions->verticalScrollBar()->setValue(sessions->verticalScrollBar()->value() + 7);
    const int scroll = sessions->verticalScrollBar()->value();
    const int shown = sessions->shownCount();
    QVERIFY(scroll > 0);
    QCOMPARE(shown, filter.isEmpty() ? 5000 : 3750);
    for (int stage = 1; stage <= 3; ++stage) {
        opened.advance();
        QTRY_VERIFY(sessions->rows().rowOf(QString::number(1000 + stage * 10'000)) >= 0);
        QCOMPARE(sessions->rows().rowCount(), 5000);
        QCOMPARE(sessions->shownCount(), shown);
        QCOMPARE(sessions->currentKey(), QStringLiteral("3333"));
        QCOMPARE(sessions->selectionModel()->selectedRows().size(), 1);
        QCOMPARE(sessions->verticalScrollBar()->value(), scroll);
        QCOMPARE(opened.detail()->detail().title, QStringLiteral("Session 3333"));
    }
}

void TestDatabasePage::filterWantsEveryWord()
{
    Opened opened(manySessions(0));
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions);
    auto *filter = opened.find<QLineEdit>("filter/postgres.sessions");
    QVERIFY(filter->isVisible());
    QTest::keyClick(opened.window.get(), Qt::Key_F, Qt::ControlModifier);
    QTRY_VERIFY(filter->hasFocus());
    QTest::keyClicks(filter, QStringLiteral("ACTIVE 1004"));
    QCOMPARE(sessions->shownCount(), 1);
    QTest::keyClick(filter, Qt::Key_Escape); // empties the filter, and does not leave the page
    QCOMPARE(sessions->shownCount(), 5000);
    QCOMPARE(opened.window->currentPage(), std::string("database"));
    QTest::keyClick(filter, Qt::Key_Down);
    QVERIFY(sessions->hasFocus());
}

void TestDatabasePage::copiedRowIsTabSeparated()
{
    Opened opened(lockedSessions());
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions && sessions->selectKey(QStringLiteral("104")));
    QTest::keyClick(sessions, Qt::Key_C, Qt::ControlModifier);
    const QStringList cells = QGuiApplication::clipboard()->text().split(QLatin1Char('\t'));
    QCOMPARE(cells.size(), sessions->model()->columnCount());
    QVERIFY(cells.contains(QStringLiteral("104")));
    QVERIFY(cells.contains(QStringLiteral("update orders set n = 104")));
}

void TestDatabasePage::missingRightIsCopied()
{
    Opened opened([](FactBatch &batch, int) { Opened::add(batch, "postgres.sessions", Unknown{"this role may not see other users' sessions", "GRANT pg_monitor TO oncall;"}); });
    auto *tabs = opened.find<QTabWidget>("tables");
    QTRY_COMPARE(tabs->tabText(1), QStringLiteral("Sessions ?"));
    tabs->setCurrentIndex(1);
    auto *copy = opened.find<QAbstractButton>("copyHint/postgres.sessions");
    QTRY_VERIFY(copy && copy->isVisible());
    QTest::mouseClick(copy, Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("GRANT pg_monitor TO oncall;"));
    QVERIFY(!opened.find<DataTable>("table/postgres.sessions")->isVisible());
}

void TestDatabasePage::pendingSettingsComeFirst()
{
    Opened opened([](FactBatch &batch, int) {
        Opened::add(batch, "postgres.settings", tableOf({{"name", ""}, {"value", ""}, {"unit", ""}, {"source", ""}, {"context", ""}, {"pending_restart", ""}},
                                                        {{std::string("autovacuum"), std::string("on"), std::string(), std::string("default"), std::string("sighup"), false},
                                                         {std::string("max_connections"), std::string("100"), std::string(), std::string("configuration file"), std::string("postmaster"), true}}));
        Opened::add(batch, "postgres.pending_settings", tableOf({{"name", ""}, {"now", ""}, {"unit", ""}, {"after_restart", ""}, {"file", ""}, {"line", ""}},
                                                                {{std::string("max_connections"), std::string("100"), std::string(), std::string("300"), std::string("/etc/p.conf"), std::string("12")}}));
    });
    DataTable *settings = opened.open("Settings", "table/postgres.settings");
    QVERIFY(settings);
    QCOMPARE(settings->rows().rows().front().key, QStringLiteral("max_connections"));
    QCOMPARE(settings->rows().rows().front().cells[3].text, QStringLiteral("300"));
    QVERIFY(settings->selectKey(QStringLiteral("max_connections")));
    QVERIFY(opened.detail()->detail().toText().contains(QStringLiteral("/etc/p.conf:12")));
}

void TestDatabasePage::standbysAndSlotsStandUnderTheServer()
{
    Opened opened([](FactBatch &batch, int) {
        Opened::add(batch, "postgres.replicas", tableOf({{"name", ""}, {"client", ""}, {"state", ""}, {"lag_bytes", "B"}, {"lag", "s"}, {"sync", ""}},
                                                        {{std::string("walreceiver"), std::string("10.0.0.2"), std::string("streaming"), 4096.0, 0.2, std::string("async")}}));
        Opened::add(batch, "postgres.slots", tableOf({{"name", ""}, {"type", ""}, {"active", ""}, {"retained", "B"}, {"wal_status", ""}}, {{std::string("old'report"), std::string("physical"), false, 3e9, std::string("extended")}}));
    });
    DataTable *replication = opened.open("Standbys", "table/postgres.replicas");
    QVERIFY(replication);
    QCOMPARE(replication->rows().rowCount(), 3);
    QVERIFY(replication->rows().rows()[2].cells[1].text.contains(QStringLiteral("old'report")));
    QVERIFY(replication->selectKey(replication->rows().rows()[2].key));
    QVERIFY(opened.detail()->detail().remedy.contains(QStringLiteral("pg_drop_replication_slot('old''report')")));
    QVERIFY(opened.detail()->detail().status == CheckStatus::Warn);
}

void TestDatabasePage::adviceNamesTheStatement()
{
    Opened opened([](FactBatch &batch, int) {
        Opened::add(batch, "postgres.index_findings", tableOf({{"kind", ""}, {"table", ""}, {"index", ""}, {"twin", ""}, {"size", "B"}},
                                                              {{std::string("unused"), std::string("public.orders"), std::string("orders_note"), std::string(), 8e6}, {std::string("invalid"), std::string("public.Orders"), std::string("half \"built"), std::string(), 8192.0}}));
        Opened::add(batch, "postgres.table_findings", Unknown{"hidden", "GRANT x TO y;"});
    });
    DataTable *advice = opened.open("Advice", "table/postgres.index_findings");
    QVERIFY(advice);
    QVERIFY(advice->rows().rows().front().status == CheckStatus::Fail); // what is broken before what might go
    QVERIFY(advice->selectKey(advice->rows().rows().front().key));
    QCOMPARE(opened.detail()->detail().raw, QStringLiteral("REINDEX INDEX CONCURRENTLY public.\"half \"\"built\";"));
    QTRY_VERIFY(opened.find<QAbstractButton>("copyHint/postgres.index_findings")->isVisible()); // the other half is not known
}

void TestDatabasePage::runningCancelIsFoundOnThePage()
{
    Opened opened(lockedSessions());
    QTRY_VERIFY(opened.find<DataTable>("vitals")->isVisible());
    auto *card = opened.find<RunCard>("runCard");
    QVERIFY(card && !card->isVisible());
    opened.made.session->runner().arm();
    DataTable *sessions = opened.openSessions();
    QVERIFY(sessions && sessions->selectKey(QStringLiteral("100")));
    QTest::mouseClick(opened.detail()->findChild<QAbstractButton *>(QStringLiteral("step/terminate-session/primary/100")), Qt::LeftButton);
    QTRY_VERIFY(opened.made.session->runner().runs().size() == 1);
    ActionRun *run = opened.made.session->runner().runs().front();
    QTRY_VERIFY(run->state() == ActionRun::State::Planned);
    QVERIFY(run->confirm("shop", "test"));
    QTRY_VERIFY(card->isVisible());
    run->cancel();
    QTRY_VERIFY(!run->isActive());
}

QTEST_MAIN(TestDatabasePage)
#include "tst_databasepage.moc"
