// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/fixture.h"
#include "ui/charts/barstrip.h"
#include "ui/dialogs/flushdialog.h"
#include "ui/dialogs/plansheet.h"
#include "ui/shell/mainwindow.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/detailpanel.h"
#include "ui/widgets/noticebar.h"

#include <QAbstractButton>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScreen>
#include <QSettings>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

using namespace muster;

/// What the pages add to their common bones, and what the window remembers.
class TestPages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init() { QSettings().clear(); }
    void firstSizeFitsTheScreen();
    void sizeAndPageAreRemembered();
    void noticeCallsBackOnceAndCloses();
    void stripCountsWhatDoesNotFit();
    void longWordsDoNotWidenTheDetail();
    void selectedBackupIsTheOneToVerify();
    void backupsDrawTheirHistory();
    void waitersStandUnderTheirBlocker();
    void prefixRowFillsTheFlushForm();
    void transcriptStaysOnTheMailPage();
    void loadTestIsPlannedFromThePalette();
    void runningActionIsFoundOnItsPage();

private:
    QTemporaryDir m_settings;
};

namespace {

struct Opened {
    explicit Opened(test::GuiSetup setup = test::shopSetup()) : made(test::makeSession(std::move(setup)))
    {
        window = std::make_unique<MainWindow>(*made.session);
        window->show();
    }
    ~Opened()
    {
        window.reset();
        made.session->stop();
    }
    bool start(const char *page)
    {
        window->openPage(page);
        made.session->start();
        return QTest::qWaitFor([this] { return made.session->isComplete(); }, 5000);
    }
    template<class Widget>
    Widget *find(const char *page, const char *name)
    {
        return window->findChild<QWidget *>(QStringLiteral("page/") % QString::fromUtf8(page))->findChild<Widget *>(QString::fromUtf8(name));
    }
    DetailPanel *detail(const char *page) { return find<DetailPanel>(page, "detail"); }
    void press(const char *page, const QString &step) { QTest::mouseClick(detail(page)->findChild<QAbstractButton *>(step), Qt::LeftButton); }

    test::GuiSession made;
    std::unique_ptr<MainWindow> window;
};

} // namespace

void TestPages::initTestCase()
{
    QVERIFY(m_settings.isValid());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, m_settings.path());
    theme::apply(*qApp, theme::Scheme::Light);
}

void TestPages::firstSizeFitsTheScreen()
{
    Opened opened;
    const QSize room = opened.window->screen()->availableSize();
    QVERIFY(opened.window->height() < room.height() || opened.window->minimumSizeHint().height() >= room.height());
    QVERIFY(opened.window->width() <= room.width() || opened.window->minimumSizeHint().width() >= room.width());
}

void TestPages::sizeAndPageAreRemembered()
{
    const QSize size = [] {
        Opened opened;
        opened.window->openPage("cache");
        opened.window->resize(opened.window->size() - QSize(0, 20));
        opened.window->close();
        return opened.window->size();
    }();
    Opened again;
    QCOMPARE(again.window->currentPage(), std::string("cache"));
    QCOMPARE(again.window->size(), size);
}

void TestPages::noticeCallsBackOnceAndCloses()
{
    Opened opened;
    auto *bar = opened.window->findChild<NoticeBar *>();
    QVERIFY(!bar->isVisible());
    int calls = 0;
    opened.window->showNotice(QStringLiteral("The environment file changed"), QStringLiteral("Open it again"), [&calls] { ++calls; });
    QVERIFY(bar->isVisible());
    auto *action = bar->findChild<QAbstractButton *>(QStringLiteral("noticeAction"));
    QCOMPARE(action->text(), QStringLiteral("Open it again"));
    QTest::mouseClick(action, Qt::LeftButton);
    QCOMPARE(calls, 1);
    QVERIFY(!bar->isVisible());
    opened.window->showNotice(QStringLiteral("only a word"));
    QVERIFY(!action->isVisible());
    QTest::mouseClick(bar->findChild<QAbstractButton *>(QStringLiteral("noticeDismiss")), Qt::LeftButton);
    QVERIFY(!bar->isVisible());
    QCOMPARE(calls, 1);
}

void TestPages::stripCountsWhatDoesNotFit()
{
    auto setup = test::faultSetup();
    for (int i = 0; i < 10; ++i)
        setup.declared.push_back("http/endpoint" + std::to_string(i));
    Opened opened(std::move(setup));
    const auto *more = opened.window->findChild<QLabel *>(QStringLiteral("moreSources"));
    QTRY_VERIFY(more->isVisible());
    QVERIFY(more->text().mid(1).toInt() > 5);
    QVERIFY(more->toolTip().contains(QStringLiteral("endpoint9")));
}

void TestPages::longWordsDoNotWidenTheDetail()
{
    auto setup = test::shopSetup();
    setup.sources["redis/cache"] = [](int) -> std::expected<FactBatch, Fault> {
        FactBatch batch{"redis/cache", Stamp::now(), {}};
        batch.add("redis.run_id", std::string(200, 'a') + "end", "", Millis(30'000));
        return batch;
    };
    Opened opened(std::move(setup));
    QVERIFY(opened.start("cache"));
    DetailPanel *detail = opened.detail("cache");
    QTRY_VERIFY(detail->detail().toText().contains(QStringLiteral("aend"))); // what is copied is whole
    QTRY_VERIFY(detail->widget()->width() > 0 && detail->widget()->width() <= detail->viewport()->width());
}

void TestPages::selectedBackupIsTheOneToVerify()
{
    Opened opened;
    QVERIFY(opened.start("backups"));
    auto *table = opened.find<DataTable>("backups", "table/backup.backups");
    QTRY_VERIFY(table->rows().rowCount() == 6);
    QVERIFY(table->selectKey(QStringLiteral("nightly-20260107")));
    QVERIFY(opened.find<QWidget>("backups", "ladder")->isVisible());
    opened.press("backups", QStringLiteral("step/verify/nightly/nightly-20260107"));
    QTRY_VERIFY(opened.window->findChild<PlanSheet *>());
}

void TestPages::backupsDrawTheirHistory()
{
    Opened opened;
    QVERIFY(opened.start("backups"));
    auto *sizes = opened.find<BarStrip>("backups", "sizes");
    QTRY_COMPARE(sizes->barCount(), 6);
    QVERIFY(sizes->isVisible());
    QVERIFY(opened.find<QWidget>("backups", "window")->isVisible());
}

void TestPages::waitersStandUnderTheirBlocker()
{
    Opened opened;
    QVERIFY(opened.start("database"));
    auto *blockers = opened.find<DataTable>("database", "blockers");
    QTRY_VERIFY(blockers->isVisible());
    QCOMPARE(blockers->rows().rowCount(), 2);
    QVERIFY(blockers->selectKey(blockers->rows().rows().back().key));
    QVERIFY(opened.detail("database")->detail().toText().contains(QStringLiteral("4103")));
}

void TestPages::prefixRowFillsTheFlushForm()
{
    Opened opened;
    QVERIFY(opened.start("cache"));
    QTRY_VERIFY(opened.find<QWidget>("cache", "vitals")->isVisible());
    opened.find<QTabWidget>("cache", "tables")->setCurrentIndex(1);
    auto *prefixes = opened.find<DataTable>("cache", "table/redis.prefixes");
    QTRY_VERIFY(prefixes && prefixes->rows().rowCount() == 3);
    QVERIFY(prefixes->selectKey(prefixes->rows().rows()[1].key));
    opened.press("cache", QStringLiteral("step/flush/cache/sess:"));
    auto *form = opened.window->findChild<FlushDialog *>();
    QVERIFY(form);
    QVERIFY(form->request().scope == FlushRequest::Scope::Prefix);
    QCOMPARE(form->request().pattern, std::string("sess:"));
    QCOMPARE(form->request().stageShare, 0.0);
    auto *stage = form->findChild<QSpinBox *>(QStringLiteral("stage"));
    auto *leastHits = form->findChild<QSpinBox *>(QStringLiteral("leastHits"));
    QVERIFY(!leastHits->isEnabled()); // of a flush in stages only
    stage->setValue(10);
    leastHits->setValue(80);
    QCOMPARE(form->request().stageShare, 0.1);
    QCOMPARE(form->request().leastHitRatio, 0.8);
    form->findChild<QAbstractButton *>(QStringLiteral("byDatabase"))->click();
    QCOMPARE(form->request().stageShare, 0.0); // a whole database goes at once
    QCOMPARE(form->request().leastHitRatio, 0.0);
}

void TestPages::transcriptStaysOnTheMailPage()
{
    auto setup = test::shopSetup();
    setup.kind = "staging";
    setup.action = test::flushScript(1);
    setup.action->plan->action = "mail-test";
    setup.action->run = [](const Plan &, RunControl &) {
        Outcome outcome;
        outcome.kind = OutcomeKind::Succeeded;
        outcome.transcript = "> EHLO\n< 250 queued as 4711";
        return outcome;
    };
    Opened opened(std::move(setup));
    opened.made.session->runner().arm();
    opened.window->open(QStringLiteral("step:backup/nightly")); // every action is the scripted one
    QTRY_VERIFY(opened.window->findChild<PlanSheet *>());
    auto *sheet = opened.window->findChild<PlanSheet *>();
    QTRY_VERIFY(sheet->findChild<QAbstractButton *>(QStringLiteral("run"))->isVisible() && sheet->findChild<QAbstractButton *>(QStringLiteral("run"))->isEnabled());
    QTest::mouseClick(sheet->findChild<QAbstractButton *>(QStringLiteral("run")), Qt::LeftButton);
    QTRY_COMPARE(sheet->run()->state(), ActionRun::State::Finished);
    sheet->reject(); // closed and forgotten
    QTRY_VERIFY(opened.made.session->runner().runs().empty());
    QVERIFY(opened.start("mail"));
    auto *transcript = opened.find<QPlainTextEdit>("mail", "transcript");
    QTRY_VERIFY(transcript->isVisible());
    QVERIFY(transcript->toPlainText().contains(QStringLiteral("queued as 4711")));
}

void TestPages::loadTestIsPlannedFromThePalette()
{
    auto setup = test::shopSetup();
    setup.action = test::flushScript(1);
    setup.action->plan->action = "load-test";
    Opened opened(std::move(setup));
    QVERIFY(opened.start("endpoints"));
    opened.window->open(QStringLiteral("step:load-test/nightly"));
    QTRY_VERIFY(opened.window->findChild<PlanSheet *>());
    auto *run = opened.window->findChild<PlanSheet *>()->findChild<QAbstractButton *>(QStringLiteral("run"));
    QVERIFY(run);
    QTRY_COMPARE(run->text(), QStringLiteral("Run load test"));
    QVERIFY(!run->isEnabled()); // production, and not armed

    EnvironmentInfo environment;
    environment.sources = {{"http/api", "http", "api", "x"}, {"loadtest/nightly", "loadtest", "nightly", "latest.json"}};
    const auto steps = detail::steps("load-test", environment);
    QCOMPARE(steps.size(), std::size_t{1});
    QCOMPARE(steps[0].instance, std::string("nightly"));
    QCOMPARE(steps[0].label, QStringLiteral("Run load test…"));
}

void TestPages::runningActionIsFoundOnItsPage()
{
    auto setup = test::shopSetup();
    setup.kind = "staging";
    setup.action = test::flushScript(600);
    Opened opened(std::move(setup));
    QVERIFY(opened.start("cache"));
    QVERIFY(!opened.find<QWidget>("cache", "runCard")->isVisible());
    opened.made.session->runner().arm();
    opened.window->open(QStringLiteral("step:backup/nightly"));
    auto *sheet = opened.window->findChild<PlanSheet *>();
    QTRY_VERIFY(sheet->findChild<QAbstractButton *>(QStringLiteral("run"))->isVisible() && sheet->findChild<QAbstractButton *>(QStringLiteral("run"))->isEnabled());
    QTest::mouseClick(sheet->findChild<QAbstractButton *>(QStringLiteral("run")), Qt::LeftButton);
    QTRY_VERIFY(opened.find<QWidget>("cache", "runCard")->isVisible());
    sheet->hide();
    QTest::mouseClick(opened.find<QAbstractButton>("cache", "showRun"), Qt::LeftButton);
    QVERIFY(sheet->isVisible());
    sheet->run()->cancel();
    QTRY_VERIFY_WITH_TIMEOUT(!opened.find<QWidget>("cache", "runCard")->isVisible(), 3000);
}

QTEST_MAIN(TestPages)
#include "tst_pages.moc"
