// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/engine/actionrunner.h"
#include "tests/support/fakes.h"

#include <QSignalSpy>
#include <QTest>

#include <thread>

using namespace muster;
using namespace muster::test;

namespace {

Plan planOf(const std::string &target)
{
    Plan plan;
    plan.action = "fake";
    plan.title = "Do it";
    plan.target = target;
    plan.identity = "id-1";
    return plan;
}

EnvironmentInfo production()
{
    EnvironmentInfo info;
    info.name = "shop";
    info.kind = "production";
    return info;
}

} // namespace

class ActionRunnerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_audit = std::make_shared<FakeAudit>();
        m_runner = std::make_unique<ActionRunner>(production(), m_audit);
        m_script = std::make_shared<ActionScript>();
        m_script->plan = planOf("redis/cache");
    }

    void cleanup() { m_runner.reset(); }

    void runsTheConfirmedPlanAndAuditsBothEnds()
    {
        auto *run = planned();
        m_runner->arm();
        QVERIFY(run->confirm("shop", "because").has_value());
        QTRY_COMPARE(run->state(), ActionRun::State::Finished);
        QVERIFY(run->outcome().kind == OutcomeKind::Succeeded);
        const auto lines = m_audit->lines();
        QCOMPARE(lines.size(), std::size_t{2});
        QCOMPARE(lines[0], "intent " + run->id() + " shop Do it because");
        QCOMPARE(lines[1], "outcome " + run->id() + " shop succeeded");
    }

    void refusesWhileReadOnly()
    {
        auto *run = planned();
        QVERIFY(!run->confirm("shop", "").has_value());
        QCOMPARE(run->state(), ActionRun::State::Planned);
        QCOMPARE(m_script->runs.load(), 0);
    }

    void refusesProductionWithoutItsName()
    {
        auto *run = planned();
        m_runner->arm();
        QVERIFY(!run->confirm("", "").has_value());
        QVERIFY(!run->confirm("Shop", "").has_value());
        QCOMPARE(m_script->runs.load(), 0);
    }

    void refusesAPlanWithAFailedCheck()
    {
        m_script->plan->checks.push_back({"versions match", PlanCheckState::Failed, "14 against 15"});
        auto *run = planned();
        m_runner->arm();
        const auto started = run->confirm("shop", "");
        QVERIFY(!started.has_value());
        QVERIFY(started.error().find("14 against 15") != std::string::npos);
    }

    void refusesAnExpiredPlanAndPlansAnew()
    {
        m_script->plan->validFor = Millis{0};
        auto *run = planned();
        m_runner->arm();
        QVERIFY(!run->confirm("shop", "").has_value());
        m_script->plan->validFor = Millis{60000};
        run->replan();
        QTRY_COMPARE(run->state(), ActionRun::State::Planned);
        QVERIFY(run->confirm("shop", "").has_value());
        QTRY_COMPARE(run->state(), ActionRun::State::Finished);
    }

    void refusesASecondRunOnTheSameTarget()
    {
        std::atomic<bool> mayEnd{false};
        m_script->run = [&](const Plan &, RunControl &) {
            while (!mayEnd)
                std::this_thread::yield();
            return Outcome{OutcomeKind::Succeeded, "done", {}, {}, {}};
        };
        auto *first = planned();
        auto *second = planned();
        m_runner->arm();
        QVERIFY(first->confirm("shop", "").has_value());
        QVERIFY(!second->confirm("shop", "").has_value());
        mayEnd = true;
        QTRY_COMPARE(first->state(), ActionRun::State::Finished);
    }

    void doesNothingWhenTheAuditLogCannotBeWritten()
    {
        auto *run = planned();
        m_runner->arm();
        m_audit->isBroken = true;
        QVERIFY(run->confirm("shop", "").has_value());
        QTRY_COMPARE(run->state(), ActionRun::State::Finished);
        QVERIFY(run->outcome().kind == OutcomeKind::Refused);
        QCOMPARE(m_script->runs.load(), 0);
    }

    void verificationDecidesTheOutcome()
    {
        m_script->verify = [](const Plan &, Outcome outcome) {
            outcome.kind = OutcomeKind::Failed;
            outcome.summary = "the read back failed";
            return outcome;
        };
        auto *run = planned();
        m_runner->arm();
        QVERIFY(run->confirm("shop", "").has_value());
        QTRY_COMPARE(run->state(), ActionRun::State::Finished);
        QVERIFY(run->outcome().kind == OutcomeKind::Failed);
    }

    void neitherVerifiesNorRepeatsAnUnknownOutcome()
    {
        m_script->run = [](const Plan &, RunControl &) { return Outcome{OutcomeKind::Unknown, "the reply was lost", {}, "count again", {}}; };
        m_script->verify = [](const Plan &, Outcome outcome) {
            outcome.kind = OutcomeKind::Succeeded;
            return outcome;
        };
        auto *run = planned();
        m_runner->arm();
        QVERIFY(run->confirm("shop", "").has_value());
        QTRY_COMPARE(run->state(), ActionRun::State::Finished);
        QVERIFY(run->outcome().kind == OutcomeKind::Unknown);
        QCOMPARE(m_script->runs.load(), 1);
        QCOMPARE(m_audit->lines().back(), "outcome " + run->id() + " shop unknown");
    }

    void cancelInterruptsWhatDoesNotEndByItself()
    {
        m_script->run = [this](const Plan &, RunControl &) {
            while (m_script->interrupts == 0)
                std::this_thread::yield();
            return Outcome{OutcomeKind::Cancelled, "cancelled", {}, {}, {}};
        };
        auto *run = planned();
        m_runner->arm();
        QVERIFY(run->confirm("shop", "").has_value());
        run->cancel();
        QTRY_COMPARE_WITH_TIMEOUT(run->state(), ActionRun::State::Finished, 2000);
        QVERIFY(run->outcome().kind == OutcomeKind::Cancelled);
    }

    void deliversProgressAtFourAHertzWithoutLosingMessages()
    {
        m_script->run = [](const Plan &, RunControl &control) {
            for (int i = 0; i < 50; ++i)
                control.report({"deleting", static_cast<double>(i), 50.0, "keys", "step " + std::to_string(i)});
            return Outcome{OutcomeKind::Succeeded, "done", {}, {}, {}};
        };
        auto *run = planned();
        QSignalSpy progressed(run, &ActionRun::progressed);
        m_runner->arm();
        QVERIFY(run->confirm("shop", "").has_value());
        QTRY_COMPARE(run->state(), ActionRun::State::Finished);
        QVERIFY(progressed.count() <= 3);
        QCOMPARE(run->log().size(), std::size_t{50});
        QCOMPARE(run->progress().done, 49.0);
    }

    void reportsAPreflightThatCannotPlan()
    {
        m_script->plan = std::unexpected(Fault{FaultKind::Refused, "tcp", "refused", "start it"});
        auto *run = m_runner->prepare(std::make_unique<FakeAction>(m_script));
        QTRY_COMPARE(run->state(), ActionRun::State::PreflightFailed);
        QCOMPARE(run->fault()->stage, std::string("tcp"));
    }

    void forgetsARunWhileItsThreadStillWorks()
    {
        auto *run = planned();
        m_runner->forget(run);
        QVERIFY(m_runner->runs().empty());
    }

private:
    ActionRun *planned()
    {
        auto *run = m_runner->prepare(std::make_unique<FakeAction>(m_script));
        [run] { QTRY_COMPARE(run->state(), ActionRun::State::Planned); }();
        return run;
    }

    std::shared_ptr<FakeAudit> m_audit;
    std::unique_ptr<ActionRunner> m_runner;
    std::shared_ptr<ActionScript> m_script;
};

QTEST_GUILESS_MAIN(ActionRunnerTest)
#include "tst_actionrunner.moc"
