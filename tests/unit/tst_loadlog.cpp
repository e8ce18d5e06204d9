// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/loadtest/loadresult.h"
#include "connectors/loadtest/loadrun.h"
#include "connectors/samples/loadreport.h"

#include <QtTest>

using namespace muster;
using namespace muster::loadtest;

namespace {

/// `count` answers, one each 100 ms, of `millis` each.
std::string rows(int count, int status, int millis)
{
    std::string text;
    for (int i = 0; i < count; ++i)
        text += std::to_string(1795582329000000LL + i * 100000) + "\t" + std::to_string(status) + "\t" + std::to_string(millis * 1000) + "\n";
    return text;
}

} // namespace

class TestLoadLog : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void countsLinesThatComeInPieces();
    void skipsWhatIsNoLine();
    void percentilesAreTimesThatWereSeen();
    void endsOnErrorsSlownessAndSilence();
    void reportReadsBack();
    void earlyEndCountsWhatWasDue();
};

void TestLoadLog::countsLinesThatComeInPieces()
{
    LoadLog log;
    for (const char byte : rows(7, 200, 5) + rows(2, 503, 1) + rows(1, -1, 0))
        log.feed({&byte, 1});
    QCOMPARE(log.answers(), std::size_t{10});
    QCOMPARE(log.failures(), std::size_t{3});
    QCOMPARE(log.statuses().at(503), std::size_t{2});
    QCOMPARE(log.statuses().at(-1), std::size_t{1});
    QVERIFY(std::abs(log.span() - 0.605) < 1e-6);
}

void TestLoadLog::skipsWhatIsNoLine()
{
    LoadLog log;
    log.feed("\n\nhello\n1\t2\n1\tx\t3\n1\t200\t-5\n99999999999999999999999\t200\t1\n");
    log.feed(std::string(100000, '7'));
    log.feed("\n");
    QCOMPARE(log.answers(), std::size_t{0});
    QCOMPARE(log.percentile(0.95), 0.0);
    log.feed(rows(1, 200, 3));
    QCOMPARE(log.answers(), std::size_t{1});
}

void TestLoadLog::percentilesAreTimesThatWereSeen()
{
    LoadLog log;
    for (int i = 100; i >= 1; --i)
        log.feed("1795582329000000\t200\t" + std::to_string(i * 1000) + "\n");
    QCOMPARE(log.percentile(0.5), 0.050);
    QCOMPARE(log.percentile(0.95), 0.095);
    QCOMPARE(log.percentile(0.99), 0.099);
    QCOMPARE(log.percentile(1), 0.100);
    QCOMPARE(log.percentile(0), 0.001);
    QVERIFY(std::abs(log.mean() - 0.0505) < 1e-9);
}

void TestLoadLog::endsOnErrorsSlownessAndSilence()
{
    const auto pace = paceOf(10, Millis{10000});
    LoadLog few;
    few.feed(rows(19, 503, 900));
    QCOMPARE(reasonToStop(few, pace, 0.5, 2), std::string());
    LoadLog bad;
    bad.feed(rows(18, 200, 5) + rows(2, 503, 5));
    QCOMPARE(reasonToStop(bad, pace, 0.5, 2), std::string("10.0 % of 20 requests failed (limit 5.0 %)"));
    LoadLog edge;
    edge.feed(rows(19, 200, 5) + rows(1, 503, 5));
    QCOMPARE(reasonToStop(edge, pace, 0.5, 2), std::string());
    LoadLog slow;
    slow.feed(rows(18, 200, 5) + rows(2, 200, 900));
    QCOMPARE(reasonToStop(slow, pace, 0.5, 2), std::string("95 % of the requests took up to 900 ms (limit 500 ms)"));
    QCOMPARE(reasonToStop(LoadLog(), pace, 0.5, 5), std::string());
    QVERIFY(reasonToStop(LoadLog(), pace, 0.5, 6).starts_with("only 0 of 10 requests"));
}

void TestLoadLog::reportReadsBack()
{
    Target target;
    target.id = "loadtest/nightly";
    Result result;
    result.pace = paceOf(10, Millis{2000});
    result.log.feed(rows(20, 200, 5));
    result.ended = result.begun + Millis{2000};
    const auto report = samples::parseLoadReport(reportText(target, result));
    QVERIFY2(report, report ? "" : report.error().c_str());
    QCOMPARE(report->tool, std::string("muster"));
    QCOMPARE(report->success, std::optional(1.0));
    QCOMPARE(report->p95, std::optional(0.005));
    QCOMPARE(report->askedRate, std::optional(10.0));
    QVERIFY(std::abs(report->rate.value_or(0) - 10) < 0.2);
    QCOMPARE(report->isOpen, std::optional(true));
    QCOMPARE(report->missing(), std::string());
}

void TestLoadLog::earlyEndCountsWhatWasDue()
{
    Result result;
    result.pace = paceOf(10, Millis{60000});
    result.log.feed(rows(20, 200, 5));
    result.ended = result.begun + Millis{4000};
    result.stopped = "it was enough";
    QCOMPARE(result.due(), std::size_t{40});
    QCOMPARE(result.success(), 0.5);
}

QTEST_APPLESS_MAIN(TestLoadLog)
#include "tst_loadlog.moc"
