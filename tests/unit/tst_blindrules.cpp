// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/blindrules.h"
#include "connectors/prometheus/promfacts.h"
#include "connectors/prometheus/selectors.h"

#include <QTest>

using namespace muster;
using namespace muster::prometheus;

/// Which metrics a rule cannot fire without.
class TestBlindRules : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void namesTheMetricsThatAreNeeded_data();
    void namesTheMetricsThatAreNeeded();
    void knowsWhereOneIsEnough();
    void endsOnBrokenExpressions();
    void asksInBoundedPieces();
    void aBlindRuleCoversNothing();
};

void TestBlindRules::namesTheMetricsThatAreNeeded_data()
{
    QTest::addColumn<QString>("names");
    const auto row = [](const char *promql, const char *names) { QTest::newRow(promql) << QString::fromUtf8(names); };
    row("up == 0", "up");
    row("vector(1)", "");
    row("absent(up{job=\"shop\"})", "");
    row("absent_over_time(a[5m]) or b > 1", "b");
    row("sum(rate(http_requests_total{code=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m])) > 0.02", "http_requests_total");
    row("histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m]))) > 0.5", "x_bucket");
    row("sum without (instance, job) (a) * on (job) group_left (team) b", "a b");
    row("sum(a) by (job, le) > bool 3", "a");
    row("a offset 5m > 1e3 and on() b @ 1609746000 unless c", "a b c");
    row("a @ end() > Inf", "a");
    row("{__name__=\"node_load1\", job!=\"x\"} > 1", "node_load1");
    row("{__name__=~\"node_.*\"} > 1", "");
    row("{__name__!=\"up\"} > 1", "");
    row("ALERTS{alertstate=\"firing\"} == 1", "");
    row("job:requests:rate5m > 2 # by the recording rule of x", "job:requests:rate5m");
    row("label_replace(a, \"dst\", \"$1\", \"src\", \"(b)\") == 1", "a");
    row("max_over_time(a{l=\"}\"}[5m:30s]) > 0x1F", "a");
    row("topk(3, count_values by (v) (\"version\", build))", "build");
}

void TestBlindRules::namesTheMetricsThatAreNeeded()
{
    QFETCH(QString, names);
    QStringList found;
    for (const auto &name : needsOf(QTest::currentDataTag()).metrics)
        found << QString::fromStdString(name);
    QCOMPARE(found.join(QLatin1Char(' ')), names);
}

void TestBlindRules::knowsWhereOneIsEnough()
{
    QVERIFY(needsOf("pg_up == 0 or pg_exporter_up == 0").isOneEnough);
    QVERIFY(needsOf("a unless b").isOneEnough);
    QVERIFY(!needsOf("a and b").isOneEnough);
    QVERIFY(!needsOf("a{x=\"or\"} / orders").isOneEnough);
}

void TestBlindRules::endsOnBrokenExpressions()
{
    for (const auto *text : {"", "{", "a{b=\"", "a{b=\"\\", "by (", "absent((\"", "a[", "#", "'", "`", "a{__name__=\"", "((((((", "sum by"})
        (void)needsOf(text);
    QCOMPARE(needsOf(std::string(1 << 20, '(')).metrics.size(), std::size_t{0});
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "m" + std::to_string(i) + " + ";
    QCOMPARE(needsOf(many).metrics.size(), std::size_t{50});
}

void TestBlindRules::asksInBoundedPieces()
{
    std::set<std::string> none;
    QVERIFY(nameQueries(none, 1700000000).empty());
    std::set<std::string> two{"pg_up", "up"};
    QCOMPARE(nameQueries(two, 1700000000), (std::vector<std::string>{"/api/v1/label/__name__/values?start=1699913600&match%5B%5D=%7B__name__%3D~%22pg_up%7Cup%22%7D"}));
    std::set<std::string> many;
    for (int i = 0; i < 5000; ++i)
        many.insert("metric_with_a_name_" + std::to_string(i));
    const auto queries = nameQueries(many, 1700000000);
    QCOMPARE(queries.size(), std::size_t{8});
    std::size_t bytes = 0;
    for (const auto &query : queries) {
        QVERIFY(query.size() < 4096);
        bytes += query.size();
    }
    QVERIFY(bytes > 8 * 3500);
    QVERIFY(many.size() > 800 && many.size() < 1400); // those that were asked for
    QVERIFY(queries.back().find(*many.rbegin() + "%22") != std::string::npos);
}

void TestBlindRules::aBlindRuleCoversNothing()
{
    Rule rule;
    rule.type = "alerting";
    const auto isCovered = [&] {
        FactBatch batch;
        addCoverageFacts(batch, {rule}, Target{});
        for (const auto &fact : batch.facts) {
            if (fact.name == "prometheus.alert_covers_memory")
                return fact.value == Value(true);
        }
        return false;
    };
    rule.name = "RedisMemory";
    rule.query = "redis_memory_used > 1";
    QVERIFY(isCovered());
    rule.isBlind = true;
    QVERIFY(!isCovered());
}

QTEST_APPLESS_MAIN(TestBlindRules)
#include "tst_blindrules.moc"
