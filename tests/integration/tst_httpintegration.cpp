// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/httpsource.h"
#include "connectors/prometheus/metricssource.h"
#include "tests/support/testservers.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTimeZone>
#include <QtTest>

#include <memory>

using namespace muster;
using namespace muster::http;
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

QByteArray output(const QString &program, const QStringList &arguments, const QByteArray &input = {})
{
    QProcess process;
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    return process.waitForFinished(20000) ? process.readAllStandardOutput() : QByteArray();
}

} // namespace

/// Against a real nginx; the numbers are compared with curl's and openssl's.
class TestHttpIntegration : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void reachesAndVerifies();
    void agreesWithCurl();
    void agreesWithOpenssl();
    void seesWhatIsMissing();
    void seesWhatWasRepaired();
    void measuresThoughTheCertificateIsUntrusted();
    void diagnosesStageByStage();
    void readsMetricsPagesUpToTheirLimit();

private:
    std::unique_ptr<TestServers> m_servers;
    [[nodiscard]] Target target() const;
    [[nodiscard]] std::string url() const { return m_servers->text(u"nginx", u"url").toStdString(); }
    void writeConfig(const char *name, const QByteArray &text) const;
    void reload() const;
};

Target TestHttpIntegration::target() const
{
    Target target;
    target.id = "http/api";
    target.url = url();
    target.plain = m_servers->text(u"nginx", u"plainUrl").toStdString() + "/items";
    target.tls.isOn = true;
    target.tls.caFile = m_servers->ca().toStdString();
    target.health = "/health";
    target.api = {"/items"};
    target.assets = {"/app.js"};
    target.openapi = "/openapi.json";
    return target;
}

void TestHttpIntegration::writeConfig(const char *name, const QByteArray &text) const
{
    QFile file(m_servers->text(u"nginx", u"folder") % u'/' % QString::fromLatin1(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

void TestHttpIntegration::reload() const
{
    QCOMPARE(QProcess::execute(QStringLiteral("kill"), {QStringLiteral("-HUP"), QString::number(m_servers->pid(u"nginx"))}), 0);
}

void TestHttpIntegration::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("nginx")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    QFile script(m_servers->text(u"nginx", u"www") % QStringLiteral("/app.js"));
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("let shop = 1;\n");
}

void TestHttpIntegration::reachesAndVerifies()
{
    HttpSource source(target());
    const auto batch = source.collect(Deadline::after(Millis{10000}), {});
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QCOMPARE(batch->source, "http/api");
    for (const auto *name : {"http.reachable", "http.api_ok", "http.content_type_ok", "http.health_ok", "tls.verified", "tls.name_ok", "tls.key_ok", "http.addresses_agree",
                             "http.cookies_ok", "http.cors_ok", "http.security_headers_ok", "http.health_uncached", "http.instances_alike", "http.input_ok"}) {
        const auto *fact = find(*batch, name);
        QVERIFY2(fact && fact->value == Value(true), name);
    }
    QVERIFY(find(*batch, "tls.legacy_offered")->value != Value(true));
    QVERIFY(*asNumber(find(*batch, "http.response_time")->value) > 0);
    QVERIFY(*asNumber(find(*batch, "http.tls_time")->value) > 0);
    QCOMPARE(*asNumber(find(*batch, "http.clock_skew")->value), 0.0);
    for (const auto &fact : batch->facts)
        QVERIFY2(fact.budget.count() > 0 && fact.raw.size() <= Fact::kRawLimit + 64, fact.name.c_str());
}

void TestHttpIntegration::agreesWithCurl()
{
    const auto seen = output(QStringLiteral("curl"), {QStringLiteral("-s"), QStringLiteral("--noproxy"), QStringLiteral("*"), QStringLiteral("--cacert"), m_servers->ca(), QStringLiteral("-o"), QStringLiteral("/dev/null"),
                                                     QStringLiteral("-w"), QStringLiteral("%{http_code} %{http_version} %{size_download} %{content_type}"), QString::fromStdString(url() + "/items")});
    net::Interrupter interrupter;
    HttpClient client({target().tls, {}, {}}, interrupter);
    Request request;
    request.url = *Url::parse(url() + "/items");
    const auto answer = client.send(request, Deadline::after(Millis{5000}));
    QVERIFY(answer);
    const auto mine = std::to_string(answer->status) + " " + answer->httpVersion + " " + std::to_string(answer->wireSize) + " " + answer->headers.first("Content-Type");
    QCOMPARE(QByteArray::fromStdString(mine), seen);
    QVERIFY(answer->isVerified);
}

void TestHttpIntegration::agreesWithOpenssl()
{
    HttpSource source(target());
    const auto batch = source.collect(Deadline::after(Millis{10000}), {});
    QVERIFY(batch);
    const auto text = output(QStringLiteral("openssl"), {QStringLiteral("x509"), QStringLiteral("-noout"), QStringLiteral("-dateopt"), QStringLiteral("iso_8601"), QStringLiteral("-enddate"), QStringLiteral("-in"), m_servers->text(u"nginx", u"certificate")});
    const auto end = QDateTime::fromString(QString::fromLatin1(text.trimmed().mid(9)), QStringLiteral("yyyy-MM-dd HH:mm:ssZ"));
    QVERIFY2(end.isValid(), text.constData());
    QDateTime utc = end;
    utc.setTimeZone(QTimeZone::utc());
    QCOMPARE(*asNumber(find(*batch, "tls.not_after")->value), static_cast<double>(utc.toSecsSinceEpoch()));
}

void TestHttpIntegration::seesWhatIsMissing()
{
    auto declared = target();
    declared.isCdnDeclared = true;
    HttpSource source(declared);
    const auto batch = source.collect(Deadline::after(Millis{10000}), {});
    QVERIFY(batch);
    for (const auto *name : {"http.https_enforced", "http.compression_ok", "http.caching_ok", "http.cdn_seen", "http.rate_limit_seen", "http.openapi_ok"}) {
        const auto *fact = find(*batch, name);
        QVERIFY2(fact && fact->value == Value(false), name);
    }
    QVERIFY(asText(find(*batch, "http.redirect_chain")->value)->ends_with("/items 200"));
}

void TestHttpIntegration::seesWhatWasRepaired()
{
    QFile document(m_servers->text(u"nginx", u"www") % QStringLiteral("/openapi.json"));
    QVERIFY(document.open(QIODevice::WriteOnly));
    document.write(R"({"openapi":"3.0.3","info":{"title":"Shop","version":"1"},"paths":{"/items":{"get":{"summary":"All","responses":{"200":{"description":"ok"}}}}}})");
    document.close();
    writeConfig("extra-http-gzip.conf", "gzip on; gzip_vary on; gzip_min_length 1000; gzip_types application/json;\n");
    writeConfig("extra-server-repaired.conf",
                "if ($scheme = http) { return 308 https://127.0.0.1:" + QByteArray::number(m_servers->port(u"nginx")) + "$request_uri; }\n"
                "add_header Strict-Transport-Security 'max-age=31536000' always;\nadd_header Cache-Control 'public, max-age=60' always;\n"
                "add_header RateLimit-Policy '\"default\";q=100;w=60' always;\nadd_header RateLimit '\"default\";r=99;t=60' always;\n");
    reload();
    std::expected<FactBatch, Fault> batch;
    std::string bad;
    const auto isRepaired = [&] {
        batch = HttpSource(target()).collect(Deadline::after(Millis{10000}), {});
        bad.clear();
        for (const auto *name : {"http.rate_limit_seen", "http.https_enforced", "http.compression_ok", "http.caching_ok", "http.static_ok", "http.openapi_ok"}) {
            const auto *fact = batch ? find(*batch, name) : nullptr;
            if (!fact || fact->value != Value(true))
                bad += std::string(name) + ": " + (fact ? fact->raw : "absent") + "\n";
        }
        return bad.empty();
    };
    // Until nginx has reloaded, old and new workers answer side by side: one round must see them all new.
    QVERIFY2(QTest::qWaitFor(isRepaired, 20000), bad.c_str());
    QCOMPARE(*asNumber(find(*batch, "http.hsts_max_age")->value), 31536000.0);
    QCOMPARE(*asText(find(*batch, "http.compression_encoding")->value), "gzip");
    QCOMPARE(*asNumber(find(*batch, "http.openapi_described_ratio")->value), 1.0);
    QVERIFY(asText(find(*batch, "http.redirect_chain")->value)->contains(" 308 → https://"));
}

void TestHttpIntegration::measuresThoughTheCertificateIsUntrusted()
{
    auto stranger = target();
    stranger.tls.caFile.clear();
    bool isAsked = false;
    stranger.bearer = [&]() -> std::expected<Secret, Fault> {
        isAsked = true;
        return Secret("CANARY-TLS");
    };
    HttpSource source(stranger);
    const auto batch = source.collect(Deadline::after(Millis{10000}), {});
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QVERIFY(find(*batch, "tls.verified")->value == Value(false));
    QVERIFY(!asText(find(*batch, "tls.verify_error")->value)->empty());
    QVERIFY(find(*batch, "http.health_ok")->value == Value(true));
    QVERIFY(find(*batch, "http.health_ok")->raw.contains("without verifying"));
    QVERIFY(isAsked); // the first, verifying request was to carry it; the handshake failed before

    auto wrongName = target();
    wrongName.tls.verifyName = "other.example";
    HttpSource named(wrongName);
    const auto second = named.collect(Deadline::after(Millis{10000}), {});
    QVERIFY(second);
    QVERIFY(find(*second, "tls.verified")->value == Value(false));
    QVERIFY(find(*second, "tls.name_ok")->value == Value(false));
}

void TestHttpIntegration::diagnosesStageByStage()
{
    HttpSource source(target());
    const auto stages = source.diagnose(Deadline::after(Millis{10000}), {});
    QStringList names;
    for (const auto &stage : stages) {
        names << QString::fromStdString(stage.name);
        QVERIFY2(stage.isGood, stage.detail.c_str());
    }
    QCOMPARE(names, (QStringList{QStringLiteral("dns"), QStringLiteral("tcp"), QStringLiteral("tls"), QStringLiteral("protocol"), QStringLiteral("protocol")}));
}

/// 50 MB over TLS, as it is and compressed on the way; 70 MB that arrive as some hundred kilobytes.
void TestHttpIntegration::readsMetricsPagesUpToTheirLimit()
{
    const QByteArray series = QByteArray("# TYPE shop_jobs gauge\nshop_jobs{queue=\"mail\",worker=\"a-worker-with-a-name\"} 12345\n");
    const auto www = m_servers->text(u"nginx", u"www");
    const auto write = [&](const char *name, qsizetype bytes) {
        const QByteArray line = series.mid(series.indexOf('\n') + 1);
        QFile file(www % u'/' % QString::fromLatin1(name));
        return file.open(QIODevice::WriteOnly) && file.write(series.first(series.indexOf('\n') + 1) + line.repeated(bytes / line.size())) > 0;
    };
    QVERIFY(write("metrics.txt", 50'000'000) && write("more.txt", 70'000'000));
    writeConfig("extra-http-gzip.conf", "gzip on; gzip_min_length 1000; gzip_types text/plain;\n");
    reload();
    const auto collect = [&](const char *path) {
        prometheus::MetricsSource source({"metrics/shop", url() + path, {}, target().tls, {}});
        return source.collect(Deadline::after(Millis{60000}), {});
    };
    const auto isRead = [&](const std::expected<FactBatch, Fault> &batch) {
        const auto *count = batch ? find(*batch, "metrics.series") : nullptr;
        const auto *problem = batch ? find(*batch, "metrics.problem") : nullptr;
        return count && *asNumber(count->value) > 700'000 && problem && asText(problem->value)->empty();
    };
    const auto large = collect("/metrics.txt");
    QVERIFY2(isRead(large), large ? "it was not read as a whole" : large.error().detail.c_str());
    std::string words;
    const auto isRefusedCompressed = [&] { // nginx takes its new configuration in when it likes
        const auto refused = collect("/more.txt");
        words = refused ? "it was read" : refused.error().detail;
        return !refused && refused.error().kind == FaultKind::TooLarge && words.contains("decoded from ") && words.contains("is over the limit of 64 MiB");
    };
    QTRY_VERIFY2_WITH_TIMEOUT(isRefusedCompressed(), words.c_str(), 60000);
    QFile::remove(www % QStringLiteral("/metrics.txt"));
    QFile::remove(www % QStringLiteral("/more.txt"));
}

QTEST_GUILESS_MAIN(TestHttpIntegration)
#include "tst_httpintegration.moc"
