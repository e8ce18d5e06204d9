// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/metricssource.h"
#include "connectors/prometheus/prometheussource.h"
#include "tests/support/testservers.h"

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QStorageInfo>
#include <QtTest>

#include <cmath>
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
    void watchesTheWayToAlertmanager();
    void followsTheRoutesToReceivers();
    void weighsSilences();
    void tellsWhatIsFreeOnDeclaredFilesystems();
    void findsPathsThatNobodyDescribes();
    void burnsAgainstADeclaredObjectiveOnly();
    void namesRulesThatCanNeverFire();

private:
    std::unique_ptr<TestServers> m_servers;
    [[nodiscard]] Target target() const;
    /// A file of rules, taken up at once.
    void addRules(const QString &name, const QByteArray &yaml) const;
    void configureAlertmanager(const QByteArray &yaml);
    [[nodiscard]] bool isAmtoolGood(const QStringList &arguments);
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
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("prometheus"), QStringLiteral("alertmanager"), QStringLiteral("node-exporter")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    addRules(QStringLiteral("test"), "groups:\n- name: pipeline\n  rules:\n  - {alert: Watchdog, expr: vector(1), annotations: {summary: always}}\n"
                "  - {alert: DatabaseDown, expr: pg_up == 0}\n  - {record: 'broken:rule', expr: prometheus_http_requests_total + on(job) prometheus_http_requests_total}\n");
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

namespace {

/// A fact of the next round; Unknown when there is none.
Value factOf(PrometheusSource &source, std::string_view name)
{
    const auto batch = source.collect(Deadline::after(Millis{8000}), {});
    const auto *fact = batch ? find(*batch, name) : nullptr;
    return fact ? fact->value : Value(Unknown{batch ? "no such fact" : batch.error().detail, {}});
}

} // namespace

void TestPrometheusIntegration::addRules(const QString &name, const QByteArray &yaml) const
{
    QFile file(m_servers->text(u"prometheus", u"rules") % QLatin1Char('/') % name % QStringLiteral(".yml"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(yaml) == yaml.size());
    file.close();
    QCOMPARE(QProcess::execute(QStringLiteral("kill"), {QStringLiteral("-HUP"), QString::number(m_servers->pid(u"prometheus"))}), 0);
}

void TestPrometheusIntegration::configureAlertmanager(const QByteArray &yaml)
{
    QFile file(m_servers->directory() % QStringLiteral("/alertmanager/alertmanager.yml"));
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(yaml) == yaml.size());
    file.close();
    QCOMPARE(QProcess::execute(QStringLiteral("kill"), {QStringLiteral("-HUP"), QString::number(m_servers->pid(u"alertmanager"))}), 0);
}

bool TestPrometheusIntegration::isAmtoolGood(const QStringList &arguments)
{
    return QProcess::execute(QStringLiteral("amtool"), QStringList{QStringLiteral("--alertmanager.url=") % m_servers->text(u"alertmanager", u"url")} + arguments) == 0;
}

void TestPrometheusIntegration::watchesTheWayToAlertmanager()
{
    PrometheusSource source(target());
    QVERIFY(std::holds_alternative<Unknown>(factOf(source, "prometheus.notifications_dropped"))); // one sample makes no difference
    QVERIFY(factOf(source, "prometheus.notifications_dropped") == Value(0.0));
    QVERIFY(factOf(source, "prometheus.alertmanagers_discovered") == Value(1.0));
    QVERIFY(factOf(source, "prometheus.notifications_error_ratio") == Value(0.0));
    QVERIFY(factOf(source, "prometheus.rules_late") == Value(0.0));
    const auto margin = factOf(source, "prometheus.scrape_duration_ratio");
    QVERIFY(asNumber(margin) && *asNumber(margin) > 0);
    // Without an Alertmanager nobody knows where alerts go.
    auto other = target();
    other.alertmanagers.clear();
    PrometheusSource alone(other);
    QVERIFY(std::holds_alternative<Unknown>(factOf(alone, "prometheus.severities_unrouted")));
}

void TestPrometheusIntegration::followsTheRoutesToReceivers()
{
    addRules(QStringLiteral("severities"), "groups:\n- name: severities\n  rules:\n  - {alert: DiskFull, expr: 'prometheus_build_info{disk=\"full\"} == 1', labels: {severity: critical}}\n"
                "  - {alert: Slow, expr: 'histogram_quantile(0.9, prometheus_http_request_duration_seconds_bucket) > 1', labels: {severity: warning}}\n");
    PrometheusSource source(target());
    QTRY_VERIFY_WITH_TIMEOUT(factOf(source, "prometheus.alert_covers_disk") == Value(true), 20000);
    QVERIFY(factOf(source, "prometheus.alert_covers_latency") == Value(true));
    QVERIFY(factOf(source, "prometheus.alert_covers_backup") == Value(false));
    QVERIFY(factOf(source, "prometheus.severities_unrouted") == Value(0.0));

    const QByteArray receivers = "receivers:\n- name: 'null'\n- name: oncall\n  webhook_configs: [{url: 'http://127.0.0.1:9/'}]\n";
    configureAlertmanager("route:\n  receiver: oncall\n  routes:\n  - {receiver: 'null', matchers: ['severity=~\"warning|info\"']}\n" + receivers);
    QTRY_VERIFY_WITH_TIMEOUT(factOf(source, "prometheus.severities_unrouted") == Value(1.0), 20000);
    const auto worst = factOf(source, "prometheus.severity_worst");
    QVERIFY(asText(worst)->contains("Slow (severity warning)") && asText(worst)->contains("null"));
    QVERIFY(factOf(source, "prometheus.inhibitions_bad") == Value(0.0));

    configureAlertmanager("route: {receiver: oncall}\n" + receivers
                          + "inhibit_rules:\n- source_matchers: ['alertname=Watchdog']\n  target_matchers: ['severity=warning']\n"
                            "- source_matchers: ['severity=critical']\n  target_matchers: ['severity=warning']\n  equal: [instance]\n");
    QTRY_VERIFY_WITH_TIMEOUT(factOf(source, "prometheus.inhibitions_bad") == Value(1.0), 20000);
    QVERIFY(factOf(source, "prometheus.severities_unrouted") == Value(0.0));
}

/// Against this machine's own root, as statvfs has it.
void TestPrometheusIntegration::tellsWhatIsFreeOnDeclaredFilesystems()
{
    PrometheusSource undeclared(target());
    QVERIFY(std::holds_alternative<NotApplicable>(factOf(undeclared, "prometheus.filesystem_free_ratio")));

    auto wanted = target();
    const auto instance = "127.0.0.1:" + std::to_string(m_servers->port(u"node-exporter"));
    wanted.filesystems = {{instance, "/"}};
    PrometheusSource source(wanted);
    Value ratio;
    QTRY_VERIFY_WITH_TIMEOUT((ratio = factOf(source, "prometheus.filesystem_free_ratio"), asNumber(ratio)), 30000);
    const QStorageInfo root(QStringLiteral("/"));
    const double expected = static_cast<double>(root.bytesAvailable()) / static_cast<double>(root.bytesTotal());
    QVERIFY2(std::abs(*asNumber(ratio) - expected) < 0.02, qPrintable(QStringLiteral("%1, statvfs says %2").arg(*asNumber(ratio)).arg(expected)));
    QVERIFY(factOf(source, "prometheus.filesystems_seen") == Value(true));
    QVERIFY(asText(factOf(source, "prometheus.filesystem_tightest"))->starts_with("/ at " + instance));
    // Its samples are seconds old: either there is room, or nobody can say how long it lasts.
    QVERIFY(!asNumber(factOf(source, "prometheus.filesystem_time_to_full")));

    wanted.filesystems.push_back({instance, "/no \"such\" mount"});
    PrometheusSource partly(wanted);
    const auto seen = factOf(partly, "prometheus.filesystems_seen");
    QVERIFY(std::get<Unknown>(seen).reason.ends_with("/no \"such\" mount at " + instance));
    QVERIFY2(std::get<Unknown>(seen).hint.contains(instance), std::get<Unknown>(seen).hint.c_str());
    QVERIFY(asNumber(factOf(partly, "prometheus.filesystem_free_ratio")));
}

void TestPrometheusIntegration::weighsSilences()
{
    PrometheusSource source(target());
    QVERIFY(factOf(source, "prometheus.silences_over_everything") == Value(0.0));
    QVERIFY(factOf(source, "prometheus.silence_longest") == Value(0.0));
    const auto add = [&](const char *matcher, const char *time) {
        return isAmtoolGood({QStringLiteral("silence"), QStringLiteral("add"), QString::fromLatin1(matcher), QStringLiteral("--duration"), QString::fromLatin1(time),
                             QStringLiteral("--author"), QStringLiteral("kim"), QStringLiteral("--comment"), QStringLiteral("test")});
    };
    QVERIFY(add("instance=db1", "1h"));
    QTRY_VERIFY_WITH_TIMEOUT(factOf(source, "prometheus.silences_active") == Value(1.0), 20000);
    QVERIFY(factOf(source, "prometheus.silences_over_everything") == Value(0.0));
    const auto hour = factOf(source, "prometheus.silence_longest");
    QVERIFY(asNumber(hour) && *asNumber(hour) > 3000 && *asNumber(hour) <= 3602);
    QVERIFY(factOf(source, "prometheus.watchdog_firing") == Value(true));
    QVERIFY(add("alertname=~.+", "30d"));
    QTRY_VERIFY_WITH_TIMEOUT(factOf(source, "prometheus.silences_over_everything") == Value(1.0), 20000);
    const auto month = factOf(source, "prometheus.silence_longest");
    QVERIFY(asNumber(month) && *asNumber(month) > 29 * 86400);
    // Silenced with all others: the alert is there, and nobody hears of it.
    QTRY_VERIFY_WITH_TIMEOUT(factOf(source, "prometheus.watchdog_firing") == Value(false), 20000);
    const auto trouble = factOf(source, "prometheus.watchdog_trouble");
    QVERIFY(asText(trouble) && asText(trouble)->contains("silenced"));
}

/// Prometheus' own handlers stand for an API's paths.
void TestPrometheusIntegration::findsPathsThatNobodyDescribes()
{
    auto documented = std::make_shared<http::DocumentedPaths>();
    auto described = target();
    described.documented = {documented};
    PrometheusSource source(described);
    QVERIFY(std::holds_alternative<NotApplicable>(factOf(source, "prometheus.paths_undocumented"))); // no document was read yet
    documented->set({"/api/v1/{what}", "/metrics", "/-/ready"});
    // Asked again at once, as nothing could be said before; Prometheus must have scraped itself.
    Value missing;
    QTRY_VERIFY_WITH_TIMEOUT((missing = asNumber(missing) ? missing : factOf(source, "prometheus.paths_undocumented"), asNumber(missing)), 20000);
    QVERIFY(*asNumber(missing) >= 1); // "/api/v1/status/buildinfo" and "/-/reload" are deeper or others
    PrometheusSource all(described);
    documented->set({"/", "/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}", "/{a}/{b}/{c}/{d}/{e}"});
    QVERIFY(factOf(all, "prometheus.paths_undocumented") == Value(0.0));
}

void TestPrometheusIntegration::burnsAgainstADeclaredObjectiveOnly()
{
    PrometheusSource without(target());
    QVERIFY(std::holds_alternative<NotApplicable>(factOf(without, "prometheus.burn_page")));
    auto declared = target();
    declared.objective = 0.99;
    declared.slo = 0.1;
    PrometheusSource source(declared);
    QVERIFY(!std::holds_alternative<NotApplicable>(factOf(source, "prometheus.burn_page")));
    QVERIFY(factOf(source, "prometheus.latency_slo") == Value(0.1));
}

/// Their health is "ok" and their result is empty, as that of a rule that has nothing to say.
void TestPrometheusIntegration::namesRulesThatCanNeverFire()
{
    addRules(QStringLiteral("blind"), "groups:\n- name: blind\n  rules:\n  - {alert: MemoryFull, expr: process_resident_memroy_bytes > 1e9}\n"
                "  - {alert: Either, expr: prometheus_build_info == 0 or prometheus_gone == 0}\n  - {alert: Gone, expr: absent(prometheus_gone)}\n");
    PrometheusSource source(target());
    std::string raw;
    bool isSeen = false; // said once a minute: the round that had it is kept
    const auto areTwoBlind = [&] {
        if (isSeen)
            return true;
        const auto batch = source.collect(Deadline::after(Millis{8000}), {});
        const auto *blind = batch ? find(*batch, "prometheus.rules_blind") : nullptr;
        if (const auto *unknown = blind ? std::get_if<Unknown>(&blind->value) : nullptr)
            raw = unknown->reason;
        else
            raw = blind ? blind->raw : raw;
        isSeen = blind && blind->value == Value(2.0);
        return isSeen;
    };
    QTRY_VERIFY2_WITH_TIMEOUT(areTwoBlind(), raw.c_str(), 60000);
    QVERIFY2(raw.contains("blind/MemoryFull reads process_resident_memroy_bytes: ") && raw.contains("pipeline/DatabaseDown reads pg_up: "), raw.c_str());
    QVERIFY(factOf(source, "prometheus.alert_covers_memory") == Value(false));
    QVERIFY(factOf(source, "prometheus.rules_failing") == Value(1.0));
}

QTEST_GUILESS_MAIN(TestPrometheusIntegration)
#include "tst_prometheusintegration.moc"
