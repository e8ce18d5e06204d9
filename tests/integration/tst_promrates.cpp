// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/burnrate.h"
#include "connectors/prometheus/promclient.h"
#include "connectors/prometheus/promfacts.h"
#include "connectors/prometheus/rates.h"
#include "tests/support/testservers.h"

#include <QFile>
#include <QProcess>
#include <QSaveFile>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

using namespace muster;
using namespace muster::prometheus;
using muster::test::TestServers;

/// A real Prometheus scrapes what this test writes; its rate(), increase() and histogram_quantile() are compared with ours on its own raw samples.
class TestPromRates : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void growsAsPrometheusSays_data();
    void growsAsPrometheusSays();
    void findsTheSameQuantiles_data();
    void findsTheSameQuantiles();
    void namesTheBucket();
    void saysHowFastTheErrorBudgetGoes();

private:
    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<PromClient> m_client;
    net::Interrupter m_interrupter;
    double m_at = 0; ///< all queries are of this moment, epoch seconds

    void expose(int step);
    [[nodiscard]] std::string asked(const std::string &promql);
    [[nodiscard]] std::vector<Series> raw(const std::string &selector);
    [[nodiscard]] std::vector<Sample> now(const std::string &promql);
};

namespace {

constexpr double kWindow = 10; // seconds
constexpr int kSteps = 14;

bool isClose(double mine, double theirs)
{
    return mine == theirs || (std::isnan(mine) && std::isnan(theirs)) || std::abs(mine - theirs) <= 1e-12 * std::max(std::abs(mine), std::abs(theirs));
}

std::string without(const Labels &labels, const char *name)
{
    std::string text;
    for (const auto &[key, value] : labels) {
        if (key != "__name__" && key != name)
            text += key + "=" + value + ",";
    }
    return text;
}

} // namespace

void TestPromRates::expose(int step)
{
    // steady: a line; restarts: drops to near 0 twice; late: born half-way with 0; idle: never moves.
    QByteArray text = "# TYPE steady_total counter\nsteady_total " + QByteArray::number(1000 + step * 7.25) + "\n# TYPE restarts_total counter\nrestarts_total "
        + QByteArray::number((step % 5) * 11 + 3) + "\n# TYPE idle_total counter\nidle_total 42\n";
    if (step > kSteps / 2)
        text += "# TYPE late_total counter\nlate_total " + QByteArray::number((step - kSteps / 2 - 1) * 5) + "\n";
    text += "# TYPE took_seconds histogram\n";
    for (int pod = 1; pod <= 2; ++pod) {
        const QByteArray label = "pod=\"" + QByteArray::number(pod) + "\",code=\"" + (pod == 1 ? "200" : "500") + "\"";
        const auto line = [&](const char *bound, int count) {
            text += "took_seconds_bucket{" + label + ",le=\"" + bound + "\"} " + QByteArray::number(count) + "\n";
        };
        const int turn = pod == 2 ? step % 6 : step; // the second pod restarts
        line("0.1", turn * 5 * pod);
        line("0.25", turn * 9 * pod);
        line("0.5", turn * 10 * pod);
        line("+Inf", turn * 11 * pod);
        text += "took_seconds_sum{" + label + "} " + QByteArray::number(turn * 2.5) + "\ntook_seconds_count{" + label + "} " + QByteArray::number(turn * 11 * pod) + "\n";
    }
    QSaveFile file(m_servers->text(u"nginx", u"www") % QStringLiteral("/metrics.txt"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.setPermissions(QFile::ReadOwner | QFile::ReadGroup | QFile::ReadOther | QFile::WriteOwner);
    QVERIFY(file.write(text) == text.size() && file.commit());
}

std::string TestPromRates::asked(const std::string &promql)
{
    const auto encoded = QByteArray::fromStdString(promql).toPercentEncoding().toStdString();
    const auto body = m_client->get("/api/v1/query?query=" + encoded + "&time=" + QByteArray::number(m_at, 'f', 3).toStdString(), Deadline::after(Millis{5000}));
    return body.value_or("");
}

std::vector<Series> TestPromRates::raw(const std::string &selector)
{
    return parseRange(asked(selector + "[" + std::to_string(static_cast<int>(kWindow)) + "s]")).value_or(RangeResult{}).series;
}

std::vector<Sample> TestPromRates::now(const std::string &promql)
{
    return parseQuery(asked(promql)).value_or(QueryResult{}).samples;
}

void TestPromRates::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("nginx"), QStringLiteral("prometheus")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    expose(0);
    QFile config(m_servers->directory() % QStringLiteral("/prometheus/prometheus.yml"));
    QVERIFY(config.open(QIODevice::Append));
    config.write("  - job_name: scripted\n    metrics_path: /metrics.txt\n    static_configs: [{targets: ['127.0.0.1:"
                 + QByteArray::number(m_servers->port(u"nginx", u"httpPort")) + "']}]\n");
    config.close();
    QCOMPARE(QProcess::execute(QStringLiteral("kill"), {QStringLiteral("-HUP"), QString::number(m_servers->pid(u"prometheus"))}), 0);
    Target target;
    target.url = m_servers->text(u"prometheus", u"url").toStdString();
    m_client = std::make_unique<PromClient>(target, m_interrupter);
    // The next step is written when the one before has been scraped.
    double scraped = 0;
    for (int step = 1; step <= kSteps; ++step) {
        const auto newest = [&] {
            const auto seen = m_client->query("timestamp(steady_total)", Deadline::after(Millis{5000}));
            return seen && !seen->samples.empty() ? seen->samples.front().value : 0;
        };
        QTRY_VERIFY_WITH_TIMEOUT(newest() > scraped, 20000);
        scraped = newest();
        expose(step);
    }
    m_at = scraped + 0.25; // so that both edges of the window are extrapolated to
    QVERIFY(raw("steady_total").size() == 1 && raw("steady_total").front().points.size() >= 3);
}

void TestPromRates::growsAsPrometheusSays_data()
{
    QTest::addColumn<QString>("selector");
    for (const char *selector : {"steady_total", "restarts_total", "late_total", "idle_total", "took_seconds_bucket", "took_seconds_sum"})
        QTest::newRow(selector) << QString::fromLatin1(selector);
}

void TestPromRates::growsAsPrometheusSays()
{
    QFETCH(QString, selector);
    const auto text = selector.toStdString();
    const auto series = raw(text);
    QVERIFY(!series.empty());
    const auto compare = [&](const char *function, auto mine) {
        std::map<std::string, double> theirs;
        for (const auto &sample : now(std::string(function) + "(" + text + "[10s])"))
            theirs[without(sample.labels, "")] = sample.value;
        QCOMPARE(theirs.size(), series.size());
        for (const auto &each : series) {
            const auto value = mine(each.points, m_at - kWindow, m_at);
            QVERIFY(value);
            const auto words = without(each.labels, "") + " " + function + ": ours " + std::to_string(*value) + ", Prometheus " + std::to_string(theirs[without(each.labels, "")]);
            QVERIFY2(isClose(*value, theirs[without(each.labels, "")]), words.c_str());
        }
    };
    compare("increase", [](const auto &points, double from, double to) { return increase(points, from, to); });
    compare("rate", [](const auto &points, double from, double to) { return rate(points, from, to); });
}

void TestPromRates::findsTheSameQuantiles_data()
{
    QTest::addColumn<double>("q");
    for (const double q : {-1.0, 0.0, 0.05, 0.5, 0.9, 0.95, 0.99, 1.0, 2.0})
        QTest::newRow(QByteArray::number(q).constData()) << q;
}

void TestPromRates::findsTheSameQuantiles()
{
    QFETCH(double, q);
    std::vector<Bucket> buckets;
    for (const auto &each : raw("took_seconds_bucket")) {
        const auto &bound = each.labels.at("le");
        buckets.push_back({bound == "+Inf" ? INFINITY : std::strtod(bound.c_str(), nullptr), rate(each.points, m_at - kWindow, m_at).value_or(0)});
    }
    QCOMPARE(buckets.size(), std::size_t{8});
    const auto text = QByteArray::number(q, 'g', 17).toStdString();
    const auto theirs = now("histogram_quantile(" + text + ", sum by (le) (rate(took_seconds_bucket[10s])))");
    QCOMPARE(theirs.size(), std::size_t{1});
    const auto mine = histogramQuantile(q, buckets).value;
    QVERIFY2(isClose(mine, theirs.front().value), (std::to_string(mine) + " against " + std::to_string(theirs.front().value)).c_str());
}

void TestPromRates::namesTheBucket()
{
    const std::vector<Bucket> buckets = {{0.1, 5}, {0.25, 9}, {0.5, 10}, {INFINITY, 11}};
    const auto middle = histogramQuantile(0.85, buckets);
    QVERIFY(middle.lower == 0.25 && middle.upper == 0.5 && middle.value > 0.25 && middle.value <= 0.5);
    const auto beyond = histogramQuantile(0.99, buckets);
    QVERIFY(beyond.value == 0.5 && beyond.lower == 0.5 && std::isinf(beyond.upper));
    for (const auto &none : {std::vector<Bucket>{}, {{INFINITY, 3}}, {{0.1, 1}, {0.2, 2}}, {{0.1, 0}, {INFINITY, 0}}})
        QVERIFY(std::isnan(histogramQuantile(0.5, none).value));
    QCOMPARE(histogramQuantile(0.5, {{INFINITY, 4}, {-1, 3}, {-1, 1}}).value, -1.0);
    QCOMPARE(histogramQuantile(0.75, {{1, 8}, {2, 6}, {INFINITY, 8}}).value, 0.75);
}

/// Half of the answers are 500: far above any budget.
void TestPromRates::saysHowFastTheErrorBudgetGoes()
{
    Target target;
    target.histogram = "took_seconds";
    target.slo = 0.25;
    target.objective = 0.999;
    const auto deadline = Deadline::after(Millis{10000});
    FactBatch batch;
    const auto label = addLatencyFacts(batch, *m_client, target, 300, deadline);
    QCOMPARE(label, std::string("code"));
    addBurnFacts(batch, *m_client, target, label, deadline);
    const auto value = [&](const char *name) {
        const auto it = std::ranges::find(batch.facts, name, &Fact::name);
        return it == batch.facts.end() ? Value(Unknown{"no such fact", {}}) : it->value;
    };
    QVERIFY(value("prometheus.errors_measurable") == Value(true));
    QVERIFY(value("prometheus.latency_p99_bounds") == Value(std::string("above 0.5 s, the last bound")));
    QVERIFY(std::abs(*asNumber(value("prometheus.latency_within_slo")) - 9.0 / 11) < 1e-9);
    QVERIFY(*asNumber(value("prometheus.error_ratio")) > 0.1);
    QVERIFY(value("prometheus.burn_page") == Value(true));
    QVERIFY(asText(value("prometheus.burn_worst"))->contains("over 1h and 5m"));
    QCOMPARE(asTable(value("prometheus.burn_rates"))->rows.size(), std::size_t{5});

    // A promise that half of the answers may break is not broken.
    target.objective = 0.05;
    batch.facts.clear();
    addBurnFacts(batch, *m_client, target, label, deadline);
    QVERIFY(value("prometheus.burn_page") == Value(false));
    batch.facts.clear();
    addBurnFacts(batch, *m_client, target, "", deadline);
    QVERIFY(std::holds_alternative<Unknown>(value("prometheus.burn_page")));
}

QTEST_GUILESS_MAIN(TestPromRates)
#include "tst_promrates.moc"
