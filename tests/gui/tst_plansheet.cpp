// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/fixture.h"
#include "ui/dialogs/plansheet.h"
#include "ui/shell/mainwindow.h"
#include "ui/widgets/datatable.h"

#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTest>

using namespace muster;
using muster::test::ActionScript;

class TestPlanSheet : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(*qApp, theme::Scheme::Light); }
    void cancelIsTheDefaultAndDoesNothing();
    void readOnlyConsoleCannotRun();
    void productionWantsTheNameTyped();
    void stagingWantsNoName();
    void failedCheckDisablesRun();
    void runsToAVerifiedEnd();
    void pausesAndCancels();
    void goesToTheBackgroundAndIsFoundAgain();
    void failedPreflightSaysStageAndStep();
    void flushFormLeadsToThePlan();
    void expiredPlanMustBeMadeAnew();
};

namespace {

struct Opened {
    explicit Opened(std::shared_ptr<ActionScript> script, const std::string &kind = "production")
    {
        auto setup = test::shopSetup();
        setup.kind = kind;
        setup.action = std::move(script);
        made = test::makeSession(std::move(setup));
        window = std::make_unique<MainWindow>(*made.session);
        window->show();
    }
    ~Opened()
    {
        window.reset();
        made.session->stop();
    }
    PlanSheet *openBackup()
    {
        window->open(QStringLiteral("step:backup/nightly"));
        auto *sheet = window->findChild<PlanSheet *>();
        return QTest::qWaitFor([sheet] { return sheet->run()->state() != ActionRun::State::Preflight; }, 5000) ? sheet : nullptr;
    }
    template<class Widget>
    Widget *find(const char *name) { return window->findChild<PlanSheet *>()->findChild<Widget *>(QString::fromUtf8(name)); }
    QPushButton *button(const char *name) { return find<QPushButton>(name); }
    ActionRunner &runner() { return made.session->runner(); }

    test::GuiSession made;
    std::unique_ptr<MainWindow> window;
};

} // namespace

void TestPlanSheet::cancelIsTheDefaultAndDoesNothing()
{
    auto script = test::flushScript(1);
    Opened opened(script);
    opened.runner().arm();
    PlanSheet *sheet = opened.openBackup();
    QVERIFY(sheet);
    QVERIFY(opened.button("cancel")->isDefault());
    QVERIFY(!opened.button("run")->isDefault());
    QTest::keyClick(sheet, Qt::Key_Return);
    QTRY_VERIFY(opened.runner().runs().empty());
    QCOMPARE(script->runs.load(), 0);
    QVERIFY(opened.made.audit->lines().empty());
}

void TestPlanSheet::readOnlyConsoleCannotRun()
{
    Opened opened(test::flushScript(1), "staging");
    QVERIFY(opened.openBackup());
    QVERIFY(!opened.button("run")->isEnabled());
    QVERIFY(opened.button("arm")->isVisible());
    opened.runner().arm();
    QTRY_VERIFY(opened.button("run")->isEnabled());
    QVERIFY(!opened.button("arm")->isVisible());
}

void TestPlanSheet::productionWantsTheNameTyped()
{
    Opened opened(test::flushScript(1));
    opened.runner().arm();
    QVERIFY(opened.openBackup());
    auto *name = opened.find<QLineEdit>("environmentName");
    QVERIFY(name->isVisible());
    QVERIFY(!opened.button("run")->isEnabled());
    QTest::keyClicks(name, QStringLiteral("Shop"));
    QVERIFY(!opened.button("run")->isEnabled());
    name->clear();
    QTest::keyClicks(name, QStringLiteral("shop"));
    QVERIFY(opened.button("run")->isEnabled());
}

void TestPlanSheet::stagingWantsNoName()
{
    Opened opened(test::flushScript(1), "staging");
    opened.runner().arm();
    QVERIFY(opened.openBackup());
    QVERIFY(!opened.find<QLineEdit>("environmentName")->isVisible());
    QVERIFY(opened.button("run")->isEnabled());
}

void TestPlanSheet::failedCheckDisablesRun()
{
    auto script = test::flushScript(1);
    script->plan->checks.push_back({"The server is writable", PlanCheckState::Failed, "it is a replica"});
    Opened opened(script, "staging");
    opened.runner().arm();
    QVERIFY(opened.openBackup());
    QVERIFY(!opened.button("run")->isEnabled());
    QVERIFY(opened.find<QLabel>("obstacle")->text().contains(QStringLiteral("The server is writable")));
}

void TestPlanSheet::runsToAVerifiedEnd()
{
    auto script = test::flushScript(3);
    Opened opened(script, "staging");
    opened.runner().arm();
    PlanSheet *sheet = opened.openBackup();
    QVERIFY(sheet);
    opened.find<QLineEdit>("reason")->setText(QStringLiteral("ticket 7"));
    QTest::mouseClick(opened.button("run"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(sheet->run()->state(), ActionRun::State::Finished, 8000);
    QCOMPARE(opened.find<QLabel>("outcome")->text(), QStringLiteral("Done and verified"));
    QVERIFY(opened.find<DataTable>("details")->isVisible());
    QCOMPARE(opened.button("cancel")->text(), QStringLiteral("Close"));
    QCOMPARE(script->runs.load(), 1);
    QVERIFY(opened.made.audit->lines().size() >= 2);
    QTest::mouseClick(opened.button("cancel"), Qt::LeftButton);
    QTRY_VERIFY(opened.runner().runs().empty());
}

void TestPlanSheet::pausesAndCancels()
{
    auto script = test::flushScript(600);
    Opened opened(script, "staging");
    opened.runner().arm();
    PlanSheet *sheet = opened.openBackup();
    QVERIFY(sheet);
    QTest::mouseClick(opened.button("run"), Qt::LeftButton);
    QTRY_VERIFY(opened.button("pause")->isVisible());
    QTest::mouseClick(opened.button("pause"), Qt::LeftButton);
    QTRY_COMPARE(opened.button("pause")->text(), QStringLiteral("Resume"));
    QVERIFY(sheet->run()->isPaused());
    QTest::mouseClick(opened.button("cancel"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(sheet->run()->state(), ActionRun::State::Finished, 3000);
    QCOMPARE(opened.find<QLabel>("outcome")->text(), QStringLiteral("Cancelled"));
}

void TestPlanSheet::goesToTheBackgroundAndIsFoundAgain()
{
    auto script = test::flushScript(600);
    Opened opened(script, "staging");
    opened.runner().arm();
    PlanSheet *sheet = opened.openBackup();
    QVERIFY(sheet);
    QTest::mouseClick(opened.button("run"), Qt::LeftButton);
    QTRY_VERIFY(opened.button("background")->isVisible());
    QTest::keyClick(sheet, Qt::Key_Escape);
    QVERIFY(!sheet->isVisible());
    QVERIFY(sheet->run()->isActive());
    QVERIFY(!opened.window->close()); // not under a running action
    auto *runs = opened.window->findChild<QAbstractButton *>(QStringLiteral("runs"));
    QVERIFY(runs->isVisible());
    for (QAction *action : runs->findChild<QMenu *>()->actions())
        action->trigger();
    QVERIFY(sheet->isVisible());
    sheet->run()->cancel();
    QTRY_COMPARE_WITH_TIMEOUT(sheet->run()->state(), ActionRun::State::Finished, 3000);
}

void TestPlanSheet::failedPreflightSaysStageAndStep()
{
    auto script = test::flushScript(1);
    script->plan = std::unexpected(Fault{FaultKind::Refused, "tcp", "cache1:6379 refused", "Start the server."});
    Opened opened(script);
    PlanSheet *sheet = opened.openBackup();
    QVERIFY(sheet);
    QTRY_COMPARE(sheet->run()->state(), ActionRun::State::PreflightFailed);
    QStringList words;
    for (const QLabel *label : sheet->findChildren<QLabel *>()) {
        if (label->isVisible())
            words << label->text();
    }
    QVERIFY(words.join(QLatin1Char('\n')).contains(QStringLiteral("Stage “tcp”: cache1:6379 refused")));
    QVERIFY(words.contains(QStringLiteral("Start the server.")));
    QVERIFY(!opened.button("run")->isVisible());
    QVERIFY(opened.button("replan")->isVisible());
}

void TestPlanSheet::flushFormLeadsToThePlan()
{
    Opened opened(test::flushScript(1));
    opened.window->open(QStringLiteral("step:flush/cache"));
    auto *form = opened.window->findChild<QDialog *>(QStringLiteral("flushDialog"));
    QVERIFY(form && form->isVisible());
    auto *prefix = form->findChild<QLineEdit *>(QStringLiteral("prefixText"));
    QCOMPARE(prefix->text(), QStringLiteral("cache:api:"));
    prefix->clear();
    QVERIFY(!form->findChild<QPushButton *>(QStringLiteral("showPlan"))->isEnabled());
    QTest::keyClicks(prefix, QStringLiteral("sess:"));
    QTest::mouseClick(form->findChild<QPushButton *>(QStringLiteral("showPlan")), Qt::LeftButton);
    QTRY_VERIFY(opened.window->findChild<PlanSheet *>());
    QTRY_COMPARE(opened.button("run")->text(), QStringLiteral("Delete the keys"));
}

void TestPlanSheet::expiredPlanMustBeMadeAnew()
{
    auto script = test::flushScript(1);
    script->plan->validFor = Millis(700);
    Opened opened(script, "staging");
    opened.runner().arm();
    QVERIFY(opened.openBackup());
    QVERIFY(opened.button("run")->isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(!opened.button("run")->isEnabled(), 3000);
    QVERIFY(opened.find<QLabel>("obstacle")->text().contains(QStringLiteral("expired")));
    QTest::mouseClick(opened.button("replan"), Qt::LeftButton);
    QTRY_VERIFY(opened.button("run")->isEnabled());
}

QTEST_MAIN(TestPlanSheet)
#include "tst_plansheet.moc"
