// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/historypresenter.h"
#include "models/presenters/readinesspresenter.h"
#include "models/presenters/reportform.h"
#include "models/presenters/roadmappresenter.h"
#include "models/presenters/waiver.h"
#include "tests/unit/readinesskit.h"

#include <QTest>

using namespace muster;
using namespace muster::test;
using namespace std::chrono;

/// Plan, waivers, history and report form as rows and words.
class TestPlanPages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { m_profile = shippedProfile(); }
    void pathReadsAsThePlan();
    void stepsAreNamed();
    void planRowsShowWeightedGain();
    void findingsShowWeightedLoss();
    void comparisonMovesTogether();
    void waiverDraftIsChecked_data();
    void waiverDraftIsChecked();
    void waiverLastsUntilTheEndOfItsDay();
    void waiversOfOneCheckKeepTheirRows();
    void dropsNameWhatCostMost();
    void unwatchedTimeIsSaid();
    void shortRecordIsSaid();
    void reportNamesAreTame();
    void pathsAreMadeAbsolute();

private:
    [[nodiscard]] Assessment review() const { return readiness::evaluate(m_profile, reviewWorld(m_profile).snapshot(), {}); }
    Profile m_profile;
};

void TestPlanPages::pathReadsAsThePlan()
{
    const auto steps = readiness::pathTo100(m_profile, review());
    QCOMPARE(readiness::pathSummary(steps), QStringLiteral("87.3 now → 96.8 named items → 100.0 all"));
    QVERIFY(readiness::pathSummary(readiness::pathTo100(m_profile, review(), {"security/https-enforced"})).startsWith(QStringLiteral("88.3 if fixed → ")));
    const auto ends = readiness::milestones(steps);
    QCOMPARE(ends.size(), std::size_t{3});
    QCOMPARE(ends[1].step, std::size_t{16});
}

void TestPlanPages::stepsAreNamed()
{
    const auto steps = readiness::pathTo100(m_profile, review());
    const QString text = readiness::pathText(steps);
    QCOMPARE(text.count(QLatin1Char('\n')), qsizetype(steps.size()) - 1);
    const QString first = readiness::stepText(steps, 1);
    QVERIFY2(first.startsWith(QStringLiteral("1 of %1 · ").arg(steps.size() - 1)) && first.contains(QString::fromStdString(steps[1].title)), qPrintable(first));
    QVERIFY(readiness::stepText(steps, steps.size()).isEmpty());
    QCOMPARE(readiness::pathText({}), QStringLiteral("not computed yet"));
}

void TestPlanPages::planRowsShowWeightedGain()
{
    const auto rows = readiness::planRows(review(), {"environment/redis-service"});
    const auto redis = std::ranges::find(rows, QStringLiteral("environment/redis-service"), &Row::key);
    QVERIFY(redis != rows.end());
    QCOMPARE(redis->cells[3].text, QStringLiteral("+1.00")); // 5 points × 0.20
    QVERIFY(redis->cells[0].extra.toBool());
    QVERIFY2(redis->tip.startsWith(QStringLiteral("5 points of “environment”: +1.00 of the overall score.")), qPrintable(redis->tip));
    const auto caching = std::ranges::find(rows, QStringLiteral("performance/redis-caching"), &Row::key);
    QCOMPARE(caching->cells[3].text, QStringLiteral("+1.20"));
    QVERIFY(!caching->cells[0].extra.toBool());
}

void TestPlanPages::findingsShowWeightedLoss()
{
    const auto rows = readiness::findingRows(review(), {});
    const auto redis = std::ranges::find(rows, QStringLiteral("environment/redis-service"), &Row::key);
    QCOMPARE(redis->cells[3].text, QStringLiteral("−1.00"));
}

void TestPlanPages::comparisonMovesTogether()
{
    const Assessment today = review();
    std::set<std::string> all;
    for (const auto &item : readiness::workLeft(today))
        all.insert(item.check);
    for (const auto &line : readiness::comparison(today, readiness::whatIf(m_profile, today, all))) {
        QVERIFY2(line.hasMoved || line.id == QLatin1String("measured"), qPrintable(line.id));
        if (line.id == QLatin1String("score"))
            QCOMPARE(line.today % QStringLiteral(" → ") % line.then, QStringLiteral("87.3 → 100.0  (+12.70)"));
    }
    for (const auto &line : readiness::comparison(today, today))
        QVERIFY(!line.hasMoved && line.today == line.then);
}

void TestPlanPages::waiverDraftIsChecked_data()
{
    QTest::addColumn<QString>("owner");
    QTest::addColumn<QString>("reason");
    QTest::addColumn<QDate>("until");
    QTest::addColumn<QString>("words");
    const QDate today(2026, 1, 31);
    QTest::newRow("good") << QStringLiteral(" ops ") << QStringLiteral("r") << today << QString();
    QTest::newRow("blank owner") << QStringLiteral(" ") << QStringLiteral("r") << today << QStringLiteral("Owner is missing: who answers for it.");
    QTest::newRow("long reason") << QStringLiteral("o") << QString(201, QLatin1Char('r')) << today << QStringLiteral("Reason has 201 characters; 200 is the most.");
    QTest::newRow("line break") << QStringLiteral("o") << QStringLiteral("a\nb") << today << QStringLiteral("Reason holds a line break or another control character.");
    QTest::newRow("yesterday") << QStringLiteral("o") << QStringLiteral("r") << today.addDays(-1) << QStringLiteral("Last day 2026-01-30 lies in the past; today is 2026-01-31 UTC.");
    QTest::newRow("no date") << QStringLiteral("o") << QStringLiteral("r") << QDate() << QStringLiteral("Last day is no day of the calendar; write it as 2027-03-31.");
}

void TestPlanPages::waiverDraftIsChecked()
{
    QFETCH(QString, owner);
    QFETCH(QString, reason);
    QFETCH(QDate, until);
    QFETCH(QString, words);
    const waiver::Draft draft{QStringLiteral("performance/cdn"), owner, reason, until};
    QStringList texts;
    for (const auto &problem : waiver::problems(draft, m_profile, QDate(2026, 1, 31)))
        texts << problem.text;
    QCOMPARE(texts.join(QLatin1Char('|')), words);
    if (words.isEmpty()) {
        QVERIFY(waiver::toWaiver(draft) == (readiness::Waiver{"performance/cdn", "ops", "r", 2026y / 1 / 31}));
        QCOMPARE(waiver::draftOf(waiver::toWaiver(draft)).until, until);
    }
    QVERIFY(waiver::problems({QStringLiteral("no/such"), owner, reason, until}, m_profile, QDate(2026, 1, 31)).front().text.contains(QStringLiteral("no check “no/such”")));
}

void TestPlanPages::waiverLastsUntilTheEndOfItsDay()
{
    const readiness::Waiver waiver{"performance/cdn", "ops", "r", 2026y / 1 / 31};
    const WallTime evening = sys_days(2026y / 1 / 31) + 23h + 59min;
    QVERIFY(!waiver::isEnded(waiver, evening));
    QCOMPARE(waiver::endText(waiver, evening), QStringLiteral("ends today"));
    QVERIFY(waiver::isEnded(waiver, evening + 1min));
    QCOMPARE(waiver::endText(waiver, evening + 1min), QStringLiteral("ended 1 d ago: void"));
    QCOMPARE(waiver::summary({waiver, waiver}, evening), QStringLiteral("2 waivers hold"));
    QCOMPARE(waiver::summary({waiver}, evening + 1min), QStringLiteral("0 waivers hold, 1 has ended and is void"));
    QCOMPARE(waiver::summary({}, evening), QStringLiteral("Nothing is waived"));
}

void TestPlanPages::waiversOfOneCheckKeepTheirRows()
{
    const Assessment assessment = review();
    const auto rows = waiver::rows({{"performance/cdn", "a", "r", 2027y / 1 / 1}, {"performance/cdn", "b", "r", 2026y / 1 / 1}}, assessment);
    QCOMPARE(rows.size(), std::size_t{2});
    QCOMPARE(rows[0].key, QStringLiteral("performance/cdn")); // the ended one first
    QCOMPARE(rows[1].key, QStringLiteral("performance/cdn#2"));
    QVERIFY(rows[0].status == CheckStatus::Warn && rows[1].status == CheckStatus::Waived);
}

namespace {

HistoryDrop drop(Millis unwatched)
{
    const WallTime at = sys_days(2026y / 1 / 31) + 12h;
    return {at, at - unwatched, {{96.8, 96.8}, Verdict::Ready}, {{95.05, 95.8}, Verdict::AtRisk},
            {{at, "security/https-enforced", "pass", "fail", "http:// answers 200", -1}, {at, "gate:https", "pass", "fail", "HTTPS is not enforced", 0}}};
}

} // namespace

void TestPlanPages::dropsNameWhatCostMost()
{
    const Assessment assessment = review();
    const auto rows = past::dropRows({drop(Millis(1000))}, assessment);
    QCOMPARE(rows[0].cells[0].text, QStringLiteral("2026-01-31 12:00:00 UTC"));
    QCOMPARE(rows[0].cells[2].text, QStringLiteral("95.0–95.8"));
    QCOMPARE(rows[0].cells[3].text, QStringLiteral("−1.75"));
    QVERIFY2(rows[0].cells[4].text.contains(QStringLiteral(" −1.00, gate “")), qPrintable(rows[0].cells[4].text));
    QVERIFY(!rows[0].tip.contains(QStringLiteral("Nobody watched")));
    QVERIFY(past::dropOf({drop(Millis(1000))}, rows[0].key));
    QCOMPARE(past::causeOf(drop(Millis(1000))), QStringLiteral("security/https-enforced"));
    HistoryDrop bare = drop(Millis(1000));
    bare.causes.clear();
    QVERIFY(past::dropRows({bare}, assessment)[0].cells[4].text.startsWith(QStringLiteral("not known")));
    QVERIFY(past::causeOf(bare).isEmpty());
}

void TestPlanPages::unwatchedTimeIsSaid()
{
    const auto rows = past::dropRows({drop(hours(3))}, review());
    QVERIFY2(rows[0].tip.contains(QStringLiteral("Nobody watched from 2026-01-31 09:00:00 UTC on")), qPrintable(rows[0].tip));
}

void TestPlanPages::shortRecordIsSaid()
{
    past::Reading reading;
    reading.from = 1'769'000'000'000;
    reading.to = reading.from + 86'400'000;
    QVERIFY(past::note(reading).startsWith(QStringLiteral("Nothing was recorded in these 24 h")));
    reading.low = {{reading.from + 7'200'000, 87.3}};
    QVERIFY2(past::note(reading).contains(QStringLiteral("UTC, 22 h ago")), qPrintable(past::note(reading)));
    reading.low = {{reading.from + 60'000, 87.3}};
    QVERIFY(past::note(reading).isEmpty());
    reading.fault = Fault{FaultKind::Unavailable, "history", "h.sqlite: disk I/O error", "Free space."};
    QVERIFY(past::note(reading).contains(QStringLiteral("h.sqlite: disk I/O error")));
    for (const auto &[span, text] : {std::pair{3'600'000LL, "1 h"}, {86'400'000LL, "24 h"}, {604'800'000LL, "7 d"}, {31'536'000'000LL, "1 y"}})
        QCOMPARE(past::spanText(span), QString::fromUtf8(text));
}

void TestPlanPages::reportNamesAreTame()
{
    const WallTime at = sys_days(2026y / 1 / 31) + 9h + 5min;
    QCOMPARE(reportform::fileName("../x y/&<shop>", at, reportform::formats()[0]), QStringLiteral("muster--x-y-shop--2026-01-31-0905.pdf"));
    QCOMPARE(reportform::fileName("shop", at, reportform::formats()[2]), QStringLiteral("muster-shop-2026-01-31-0905.md"));
}

void TestPlanPages::pathsAreMadeAbsolute()
{
    QCOMPARE(reportform::absolute(QStringLiteral(" /tmp/a/../b.pdf ")), QStringLiteral("/tmp/b.pdf"));
    QVERIFY(reportform::absolute(QStringLiteral("~/b.pdf")).startsWith(QLatin1Char('/')));
    QVERIFY(!reportform::problem(QStringLiteral("b.pdf")).isEmpty());
    QVERIFY(reportform::problem(QStringLiteral("/tmp/b.pdf")).isEmpty());
}

QTEST_GUILESS_MAIN(TestPlanPages)
#include "tst_planpages.moc"
