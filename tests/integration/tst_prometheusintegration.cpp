// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/metricssource.h"
#include "connectors/prometheus/prometheussource.h"
#include "tests/support/testservers.h"

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QtTest>

#include <memory>

using namespace muster;
using namespace muster::prometheus;
using muster::test::TestServers;

namespace {

const Fact *find(const FactBatch &batch, std::string_view name)
{
    for (const auto &fact : batch.facts) {
        if (fact.name == name)
            return &fact;
    }
    return nullptr;
}

} // namespace

/// Against a real Prometheus and Alertmanager; numbers are compared with promtool's.
class TestPrometheusIntegration : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void watchesRulesAlertsAndTheWatchdog();
    void agreesWithPromtool();
    void draws();
    void scrapesDirectly();
    void saysWhenAnAlertmanagerIsGone();

private:
    std::unique_ptr<TestServers> m_servers;
    [[nodiscard]] Target target() const;
};

Target TestPrometheusIntegration::target() const
{
    Target target;
    target.id = "prometheus/main";
    target.url = m_servers->text(u"prometheus", u"url").toStdString();
    target.alertmanagers = {m_servers->text(u"alertmanager", u"url").toStdString()};
    target.histogram = "prometheus_http_request_duration_seconds";
    return target;
}

void TestPrometheusIntegration::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("prometheus"), QStringLiteral("alertmanager")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    QFile rules(m_servers->text(u"prometheus", u"rules") % QStringLiteral("/test.yml"));
    QVERIFY(rules.open(QIODevice::WriteOnly));
    rules.write("groups:\n- name: pipeline\n  rules:\n  - {alert: Watchdog, expr: vector(1), annotations: {summary: always}}\n"
                "  - {alert: DatabaseDown, expr: pg_up == 0}\n  - {record: 'broken:rule', expr: prometheus_http_requests_total + on(job) prometheus_http_requests_total}\n");
    rules.close();
    QCOMPARE(QProcess::execute(QStringLiteral("kill"), {QStringLiteral("-HUP"), QString::number(m_servers->pid(u"prometheus"))}), 0);
}

void TestPrometheusIntegration::watchesRulesAlertsAndTheWatchdog()
{
    PrometheusSource source(target());
    std::expected<FactBatch, Fault> batch;
    const auto is = [&](const char *name, const Value &value) {
        batch = source.collect(Deadline::after(Millis{8000}), {});
        return batch && find(*batch, name) && find(*batch, name)->value == value;
    };
    QTRY_VERIFY_WITH_TIMEOUT(is("prometheus.watchdog_firing", true), 30000);
    QTRY_VERIFY_WITH_TIMEOUT(is("prometheus.rules_failing", 1.0), 30000);
    QTRY_VERIFY_WITH_TIMEOUT(is("prometheus.latency_histogram_seen", true) && asNumber(find(*batch, "prometheus.latency_p95")->value), 30000);
    for (const auto *name : {"prometheus.reachable", "prometheus.ready", "prometheus.config_reload_ok", "prometheus.alert_receivers_ok"})
        QVERIFY2(find(*batch, name)->value == Value(true), name);
    QVERIFY(find(*batch, "prometheus.rules_alerting")->value == Value(2.0));
    QVERIFY(find(*batch, "prometheus.database_alert_rules")->value == Value(1.0));
    QVERIFY(find(*batch, "prometheus.alerts_firing")->value == Value(1.0));
    QVERIFY(find(*batch, "prometheus.targets_down")->value == Value(0.0));
    QVERIFY(find(*batch, "prometheus.database_exporter_up")->value == Value(false));
    QVERIFY(asText(find(*batch, "prometheus.rule_worst")->value)->contains("broken:rule"));
    QVERIFY(find(*batch, "prometheus.latency_p95")->raw.contains("le=+Inf"));
    const double p95 = *asNumber(find(*batch, "prometheus.latency_p95")->value);
    const double p99 = *asNumber(find(*batch, "prometheus.latency_p99")->value);
    QVERIFY(p95 > 0 && p95 <= p99);
    QVERIFY(*asNumber(find(*batch, "prometheus.request_rate")->value) > 0);
}

void TestPrometheusIntegration::agreesWithPromtool()
{
    net::Interrupter interrupter;
    const auto all = target();
    PromClient client(all, interrupter);
    const auto mine = client.query("sum(up) + 0.5", Deadline::after(Millis{5000}));
    QVERIFY2(mine, mine ? "" : mine.error().detail.c_str());
    QProcess promtool;
    promtool.start(QStringLiteral("promtool"), {QStringLiteral("query"), QStringLiteral("instant"), QString::fromStdString(all.url), QStringLiteral("sum(up) + 0.5")});
    QVERIFY(promtool.waitForFinished(10000));
    // {} => 2.5 @[1700000000.123]
    const auto text = QString::fromUtf8(promtool.readAllStandardOutput());
    const auto match = QRegularExpression(QStringLiteral("=> ([0-9.]+) @")).match(text);
    QVERIFY2(match.hasMatch(), qPrintable(text));
    QCOMPARE(mine->samples.at(0).value, match.captured(1).toDouble());
    const auto wrong = client.query("up{", Deadline::after(Millis{5000}));
    QVERIFY(!wrong && wrong.error().detail.contains("bad_data"));
}

void TestPrometheusIntegration::draws()
{
    net::Interrupter interrupter;
    const auto all = target();
    PromClient client(all, interrupter);
    const auto now = Stamp::now().wall;
    for (const auto span : {Millis{60000}, Millis{11000 * 1000}, Millis{30LL * 86400 * 1000}}) {
        const auto range = client.queryRange("vector(1)", now - span, now, Millis{1000}, Deadline::after(Millis{5000}));
        QVERIFY2(range, range ? "" : range.error().detail.c_str());
        QVERIFY(range->series.at(0).points.size() <= 11000);
        QVERIFY(range->series.at(0).points.size() > 50);
    }
}

void TestPrometheusIntegration::scrapesDirectly()
{
    MetricsSource source({"metrics/prometheus", target().url + "/metrics", {}, {}, "prometheus_http_request_duration_seconds"});
    const auto batch = source.collect(Deadline::after(Millis{5000}), {});
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QVERIFY(find(*batch, "metrics.format")->value == Value(std::string("text 0.0.4")));
    QVERIFY2(asText(find(*batch, "metrics.problem")->value)->empty(), asText(find(*batch, "metrics.problem")->value)->c_str());
    QVERIFY(*asNumber(find(*batch, "metrics.series")->value) > 200);
    QVERIFY(find(*batch, "metrics.latency_histogram_seen")->value == Value(true));
}

void TestPrometheusIntegration::saysWhenAnAlertmanagerIsGone()
{
    auto two = target();
    two.alertmanagers.push_back("http://127.0.0.1:1");
    two.watchdog = "NeverThere";
    PrometheusSource source(two);
    const auto batch = source.collect(Deadline::after(Millis{8000}), {});
    QVERIFY(batch);
    QVERIFY(find(*batch, "prometheus.alertmanagers_declared")->value == Value(2.0));
    QVERIFY(find(*batch, "prometheus.alertmanagers_up")->value == Value(1.0));
    QVERIFY(std::holds_alternative<Unknown>(find(*batch, "prometheus.watchdog_firing")->value));
}

QTEST_GUILESS_MAIN(TestPrometheusIntegration)
#include "tst_prometheusintegration.moc"
