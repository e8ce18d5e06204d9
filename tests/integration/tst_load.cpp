// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/loadtest/loadaction.h"
#include "connectors/samples/loadreport.h"
#include "tests/support/testservers.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <memory>

using namespace muster;
using namespace muster::loadtest;
using muster::test::TestServers;

namespace {

const PlanCheck *check(const Plan &plan, std::string_view title)
{
    const auto it = std::ranges::find(plan.checks, title, &PlanCheck::title);
    return it == plan.checks.end() ? nullptr : &*it;
}

} // namespace

/// h2load against a real nginx.
class TestLoad : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void runsAtTheAskedRateAndWritesItsReport();
    void endsItselfOnErrors();
    void endsItselfOnSlowAnswers();
    void keepsWithinTheBoundsOfProduction();
    void warnsBelowTheDeclaredPeak();
    void refusesAnotherServerThanThePlans();
    void refusesAnUntrustedCertificate();
    void cancelledRunLeavesTheReport();
    void replacesNothingButReports();
    void showsNoCredentials();

private:
    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] Target target() const;
    [[nodiscard]] QString reportPath() const { return m_folder->filePath(QStringLiteral("latest.json")); }
    void writeConfig(const char *name, const QByteArray &text) const;
    [[nodiscard]] bool isAnswering(const QByteArray &marker) const;
    [[nodiscard]] static Outcome ran(LoadAction &action, const Plan &plan, const std::function<void(const Progress &, std::stop_source &)> &onProgress = {});
};

Target TestLoad::target() const
{
    Target target;
    target.id = "loadtest/nightly";
    target.endpoint.url = m_servers->text(u"nginx", u"url").toStdString();
    target.endpoint.tls.isOn = true;
    target.endpoint.tls.caFile = m_servers->ca().toStdString();
    target.endpoint.api = {"/items"};
    target.report = reportPath().toStdString();
    target.rate = 20;
    target.duration = Millis{2000};
    target.p95 = Millis{20000};
    target.sender = "tester@here";
    return target;
}

void TestLoad::writeConfig(const char *name, const QByteArray &text) const
{
    QFile file(m_servers->text(u"nginx", u"folder") % u'/' % QString::fromLatin1(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

/// Has nginx taken the configuration that serves this marker?
bool TestLoad::isAnswering(const QByteArray &marker) const
{
    QProcess curl;
    curl.start(QStringLiteral("curl"), {QStringLiteral("-s"), m_servers->text(u"nginx", u"plainUrl") % QStringLiteral("/marker")});
    return curl.waitForFinished(20000) && curl.readAllStandardOutput() == marker;
}

Outcome TestLoad::ran(LoadAction &action, const Plan &plan, const std::function<void(const Progress &, std::stop_source &)> &onProgress)
{
    std::stop_source stop;
    RunControl control(stop.get_token(), [&](const Progress &progress) {
        if (onProgress)
            onProgress(progress, stop);
    });
    const auto outcome = action.run(plan, control);
    return outcome.kind == OutcomeKind::Succeeded ? action.verify(plan, outcome, control) : outcome;
}

void TestLoad::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("nginx")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    writeConfig("extra-http-limits.conf", "limit_req_zone $server_port zone=strict:1m rate=2r/s;\nlimit_req_zone $server_port zone=slow:1m rate=4r/s;\n");
    writeConfig("extra-server-limits.conf", "location = /strict { limit_req zone=strict; try_files /items =404; }\n"
                                            "location = /slow { limit_req zone=slow burst=100; try_files /items =404; }\n"
                                            "location = /marker { return 200 limits; }\n");
    QCOMPARE(QProcess::execute(QStringLiteral("kill"), {QStringLiteral("-HUP"), QString::number(m_servers->pid(u"nginx"))}), 0);
    // While it reloads, old and new workers answer in turns.
    int inARow = 0;
    QTRY_VERIFY_WITH_TIMEOUT(inARow >= 5 || (inARow = isAnswering("limits") ? inARow + 1 : 0) >= 5, 20000);
}

void TestLoad::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
}

void TestLoad::runsAtTheAskedRateAndWritesItsReport()
{
    LoadAction action(target());
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY2(plan && plan->isAllowed(), plan ? plan->firstObstacle().c_str() : plan.error().detail.c_str());
    QVERIFY(plan->identity.contains("certificate "));
    std::string percentiles;
    const auto outcome = ran(action, *plan, [&](const Progress &progress, std::stop_source &) {
        if (progress.message.starts_with("p50 "))
            percentiles = progress.message;
    });
    QVERIFY2(outcome.kind == OutcomeKind::Succeeded, outcome.summary.c_str());
    QVERIFY2(percentiles.contains(", p95 ") && percentiles.contains(", p99 "), "no live percentiles");
    QFile file(reportPath());
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto report = samples::parseLoadReport(file.readAll().toStdString());
    QVERIFY(report);
    QCOMPARE(report->requests, std::optional(40.0));
    QCOMPARE(report->success, std::optional(1.0));
    QVERIFY2(report->rate.value_or(0) > 5 && report->rate.value_or(0) < 21, std::to_string(report->rate.value_or(0)).c_str());
    QCOMPARE(report->stopped, std::string());
}

void TestLoad::endsItselfOnErrors()
{
    auto strict = target();
    strict.endpoint.api = {"/strict"};
    strict.duration = Millis{60000};
    LoadAction action(strict);
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY2(plan && plan->isAllowed(), plan ? plan->firstObstacle().c_str() : plan.error().detail.c_str());
    QElapsedTimer timer;
    timer.start();
    const auto outcome = ran(action, *plan);
    QVERIFY(timer.elapsed() < 40000);
    QVERIFY(outcome.kind == OutcomeKind::Failed);
    QVERIFY2(outcome.summary.starts_with("the load test ended itself: ") && outcome.summary.contains("requests failed (limit 5.0 %)"), outcome.summary.c_str());
    QFile file(reportPath());
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto report = samples::parseLoadReport(file.readAll().toStdString());
    QVERIFY(report && report->success.value_or(1) < 0.95 && !report->stopped.empty());
}

void TestLoad::endsItselfOnSlowAnswers()
{
    auto slow = target();
    slow.endpoint.api = {"/slow"}; // nginx lets four a second through and has the others wait
    slow.duration = Millis{60000};
    slow.p95 = Millis{100};
    LoadAction action(slow);
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY2(plan && plan->isAllowed(), plan ? plan->firstObstacle().c_str() : plan.error().detail.c_str());
    const auto outcome = ran(action, *plan);
    QVERIFY(outcome.kind == OutcomeKind::Failed);
    QVERIFY2(outcome.summary.contains("(limit 100 ms)"), outcome.summary.c_str());
}

void TestLoad::keepsWithinTheBoundsOfProduction()
{
    auto fast = target();
    fast.rate = 51;
    fast.duration = Millis{61000};
    LoadAction elsewhere(fast);
    QVERIFY(elsewhere.preflight(Deadline::after(Millis{20000}), {})->isAllowed());
    fast.isProduction = true;
    LoadAction action(fast);
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY(plan && !plan->isAllowed());
    QVERIFY(check(*plan, "The rate is within bounds")->state == PlanCheckState::Failed);
    QVERIFY(check(*plan, "The time is within bounds")->state == PlanCheckState::Failed);
}

void TestLoad::warnsBelowTheDeclaredPeak()
{
    auto low = target();
    low.peakRate = 50;
    LoadAction action(low);
    auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY(plan && plan->isAllowed());
    QVERIFY(check(*plan, "The declared peak is tested")->state == PlanCheckState::Warned);
    low.rate = 50;
    LoadAction full(low);
    plan = full.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY(plan && check(*plan, "The declared peak is tested")->state == PlanCheckState::Passed);
}

void TestLoad::refusesAnotherServerThanThePlans()
{
    LoadAction action(target());
    auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY(plan);
    plan->identity += "0";
    const auto outcome = ran(action, *plan);
    QVERIFY(outcome.kind == OutcomeKind::Refused);
    QVERIFY(!QFile::exists(reportPath()));
}

void TestLoad::refusesAnUntrustedCertificate()
{
    auto untrusted = target();
    untrusted.endpoint.tls.caFile.clear();
    LoadAction action(untrusted);
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY(plan && !plan->isAllowed());
    QVERIFY(check(*plan, "The endpoint answers and its certificate verifies")->state == PlanCheckState::Failed);
}

void TestLoad::cancelledRunLeavesTheReport()
{
    auto lengthy = target();
    lengthy.duration = Millis{60000};
    LoadAction action(lengthy);
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY(plan && plan->isAllowed());
    const auto outcome = ran(action, *plan, [](const Progress &progress, std::stop_source &stop) {
        if (progress.done > 0)
            stop.request_stop();
    });
    QVERIFY2(outcome.kind == OutcomeKind::Cancelled, outcome.summary.c_str());
    QVERIFY(!QFile::exists(reportPath()));
}

void TestLoad::replacesNothingButReports()
{
    QFile file(reportPath());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("precious\n");
    file.close();
    LoadAction action(target());
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY(plan && !plan->isAllowed());
    QVERIFY(check(*plan, "The report can be written")->detail.contains("is no load report and stays"));
}

void TestLoad::showsNoCredentials()
{
    auto secret = target();
    secret.endpoint.bearer = [] { return std::expected<Secret, Fault>(Secret("canary-7c1f")); };
    LoadAction action(secret);
    const auto plan = action.preflight(Deadline::after(Millis{20000}), {});
    QVERIFY(plan);
    QVERIFY(plan->command.starts_with("h2load --requests=40 "));
    QVERIFY(!plan->command.contains("canary"));
}

QTEST_GUILESS_MAIN(TestLoad)
#include "tst_load.moc"
