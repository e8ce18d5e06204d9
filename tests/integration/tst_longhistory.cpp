// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/wiring/longhistory.h"
#include "tests/support/scriptedserver.h"
#include "tests/support/testservers.h"

#include <QFile>
#include <QProcess>
#include <QtTest>

#include <atomic>
#include <memory>
#include <thread>

using namespace muster;
using namespace muster::wiring;
using muster::test::ScriptedServer;
using muster::test::TestServers;
using std::chrono::hours;

namespace {

/// A local history with one point a minute of the last `held`.
class ShortHistory : public HistoryStore {
public:
    ShortHistory(WallTime now, Millis held) : m_now(now), m_held(held) {}
    [[nodiscard]] std::expected<void, Fault> append(const HistoryEntry &) override { return {}; }
    [[nodiscard]] std::expected<std::vector<HistoryPoint>, Fault> read(const std::string &, WallTime from, WallTime to, std::size_t) const override
    {
        std::vector<HistoryPoint> points;
        for (auto at = std::max(from, m_now - m_held); at <= to; at += std::chrono::minutes(1))
            points.push_back({at, -1, -1, -1, -1, 1});
        return points;
    }
    [[nodiscard]] std::expected<std::vector<HistoryEvent>, Fault> events(WallTime, WallTime, std::size_t) const override { return std::vector<HistoryEvent>(); }
    [[nodiscard]] std::expected<std::vector<HistoryDrop>, Fault> drops(WallTime, WallTime, std::size_t) const override { return std::vector<HistoryDrop>(); }
    [[nodiscard]] std::expected<HistoryEntry, Fault> latest() const override { return HistoryEntry(); }

private:
    WallTime m_now;
    Millis m_held;
};

double seconds(WallTime at)
{
    return toSeconds(at.time_since_epoch());
}

} // namespace

/// What is older than the local history comes from a real Prometheus, also behind a path prefix, as Thanos, Mimir and VictoriaMetrics have one.
class TestLongHistory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void olderPointsComeBeforeTheLocalOnes_data();
    void olderPointsComeBeforeTheLocalOnes();
    void shortRangesStayLocal();
    void severalLinesAreNoFact();
    void ownMetricsAreAskedForByName();
    void deadServerCostsOnlyWhatItKnew();
    void closingEndsAReadThatHangs();

private:
    std::unique_ptr<TestServers> m_servers;
    WallTime m_now = Stamp::now().wall;
    [[nodiscard]] LongHistory::Origin origin(const std::string &promql) const;
};

LongHistory::Origin TestLongHistory::origin(const std::string &promql) const
{
    LongHistory::Origin origin{"shop", {}, {{"shop.x", "prometheus/main", "count", {promql}}}};
    origin.server.id = "prometheus/main";
    origin.server.url = m_servers->text(u"prometheus", u"url").toStdString();
    origin.server.histogram = "took_seconds";
    return origin;
}

void TestLongHistory::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("prometheus"), QStringLiteral("nginx")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    QFile file(m_servers->text(u"nginx", u"folder") % QStringLiteral("/extra-server-prefix.conf"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("location /select/0/prometheus/ { proxy_pass " + m_servers->text(u"prometheus", u"url").toUtf8() + "/; }\n");
    file.close();
    QCOMPARE(QProcess::execute(QStringLiteral("kill"), {QStringLiteral("-HUP"), QString::number(m_servers->pid(u"nginx"))}), 0);
}

void TestLongHistory::olderPointsComeBeforeTheLocalOnes_data()
{
    QTest::addColumn<bool>("isPrefixed");
    QTest::newRow("direct") << false;
    QTest::newRow("behind a prefix") << true;
}

void TestLongHistory::olderPointsComeBeforeTheLocalOnes()
{
    QFETCH(const bool, isPrefixed);
    auto there = origin("vector(time())");
    if (isPrefixed)
        there.server.url = m_servers->text(u"nginx", u"plainUrl").toStdString() + "/select/0/prometheus";
    const auto from = m_now - hours(24 * 400);
    std::expected<std::vector<HistoryPoint>, Fault> points;
    // A fresh nginx or Prometheus may not answer at once; after a fault it is left alone for a while.
    const auto isThere = [&] { // QTRY asks once more at its end: what was read is kept
        if (!points || points->size() <= 200)
            points = LongHistory(std::make_shared<ShortHistory>(m_now, hours(2)), there).read("prometheus/main shop.x", from, m_now, 600);
        return points && points->size() > 200;
    };
    QTRY_VERIFY_WITH_TIMEOUT(isThere(), 20000);
    QVERIFY(points->size() <= 600);
    QVERIFY(points->front().at - from < hours(24)); // a step
    QCOMPARE(points->back().value, -1.0);
    WallTime last{};
    std::size_t older = 0;
    for (const auto &point : *points) {
        QVERIFY(point.at > last);
        last = point.at;
        QVERIFY(point.value == -1 || std::abs(point.value - seconds(point.at)) < 0.01);
        older += point.value == -1 ? 0 : 1;
    }
    QVERIFY(older > 400);
    const auto newest = std::ranges::find(*points, -1.0, &HistoryPoint::value) - 1;
    QVERIFY(m_now - hours(2) - newest->at < std::chrono::minutes(1)); // right up to where the local ones begin
}

void TestLongHistory::shortRangesStayLocal()
{
    const LongHistory history(std::make_shared<ShortHistory>(m_now, hours(2)), origin("vector(1)"));
    const auto points = history.read("prometheus/main shop.x", m_now - hours(2), m_now, 600);
    QVERIFY(points && std::ranges::all_of(*points, [](const HistoryPoint &point) { return point.value == -1; }));
}

void TestLongHistory::severalLinesAreNoFact()
{
    const LongHistory history(nullptr, origin("vector(1) or label_replace(vector(2), \"a\", \"b\", \"\", \"\")"));
    const auto points = history.read("prometheus/main shop.x", m_now - hours(48), m_now, 100);
    QVERIFY(points && points->empty());
}

void TestLongHistory::ownMetricsAreAskedForByName()
{
    const auto there = origin("up");
    QCOMPARE(promqlOf("score.low", there), std::string("avg(muster_score{environment=\"shop\",bound=\"low\"})"));
    QCOMPARE(promqlOf("component.api.high", there), std::string("avg(muster_component_score{environment=\"shop\",component=\"api\",bound=\"high\"})"));
    QCOMPARE(promqlOf("redis/cache redis.hit_ratio", there), std::string("avg(muster_fact{environment=\"shop\",source=\"redis/cache\",fact=\"redis.hit_ratio\"})"));
    QCOMPARE(promqlOf("prometheus/main shop.x", there), std::string("up"));
    QCOMPARE(promqlOf("prometheus/main prometheus.request_rate", there), std::string("sum(rate(took_seconds_count[5m]))"));
    const LongHistory history(nullptr, there);
    for (const auto *series : {"score.low", "component.api.low", "redis/cache redis.hit_ratio", "prometheus/main prometheus.latency_p95", "odd\"name\\ x.y"}) {
        const auto points = history.read(series, m_now - hours(48), m_now, 100);
        QVERIFY(points && points->empty());
        QVERIFY2(history.notice().empty(), history.notice().c_str()); // the server understood the question
    }
}

void TestLongHistory::deadServerCostsOnlyWhatItKnew()
{
    auto there = origin("vector(1)");
    there.server.url = "http://127.0.0.1:1";
    const LongHistory history(std::make_shared<ShortHistory>(m_now, hours(2)), there);
    const auto points = history.read("prometheus/main shop.x", m_now - hours(48), m_now, 600);
    QVERIFY(points && points->size() > 100);
    QVERIFY2(history.notice().find("could not be read from prometheus/main") != std::string::npos, history.notice().c_str());
}

void TestLongHistory::closingEndsAReadThatHangs()
{
    const ScriptedServer silent(ScriptedServer::Script{ScriptedServer::Hang{}});
    auto there = origin("vector(1)");
    there.server.url = "http://127.0.0.1:" + std::to_string(silent.port());
    LongHistory history(std::make_shared<ShortHistory>(m_now, hours(2)), there);
    std::atomic<bool> hasEnded = false;
    std::jthread reader([&] {
        (void)history.read("prometheus/main shop.x", m_now - hours(48), m_now, 600);
        hasEnded = true;
    });
    QTRY_VERIFY(silent.connectionCount() > 0);
    QVERIFY(!hasEnded);
    history.interrupt();
    reader.join();
    QVERIFY2(history.notice().find("timed out") == std::string::npos, history.notice().c_str()); // broken off, not waited for
}

QTEST_GUILESS_MAIN(TestLongHistory)
#include "tst_longhistory.moc"
