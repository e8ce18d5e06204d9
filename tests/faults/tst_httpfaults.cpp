// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/httpclient.h"
#include "connectors/http/httpsource.h"
#include "connectors/prometheus/metricssource.h"
#include "connectors/prometheus/prometheussource.h"
#include "tests/support/scriptedserver.h"

#include <QFile>
#include <QtTest>

#include <chrono>
#include <thread>

using namespace muster;
using namespace muster::http;
using muster::test::ScriptedServer;
using S = ScriptedServer;

Q_DECLARE_METATYPE(S::Script)
Q_DECLARE_METATYPE(muster::FaultKind)

namespace {

constexpr Millis kDeadline{700};

std::string urlOf(const ScriptedServer &server, const char *path = "/", const char *scheme = "http")
{
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(server.port()) + path;
}

Request requestFor(const std::string &url)
{
    Request request;
    request.url = *Url::parse(url);
    return request;
}

std::string answerOf(const std::string &body, const std::string &fields = "Content-Type: text/plain\r\n", const std::string &status = "200 OK")
{
    return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

/// A request head is over at its empty line; the scripts only need its first lines to have come.
S::Script afterRequest(S::Script rest)
{
    S::Script script{S::ReadLine{}};
    script.insert(script.end(), rest.begin(), rest.end());
    return script;
}

const Fact *find(const FactBatch &batch, std::string_view name)
{
    for (const auto &fact : batch.facts) {
        if (fact.name == name)
            return &fact;
    }
    return nullptr;
}

/// How far the process's memory went above what it is now, in bytes. VmHWM: 12345 kB
class PeakWatch {
public:
    PeakWatch() : m_begin(reset()) {}
    [[nodiscard]] long long grown() const { return read("VmHWM:") - m_begin; }

private:
    static long long reset()
    {
        QFile file(QStringLiteral("/proc/self/clear_refs"));
        if (!file.open(QIODevice::WriteOnly) || file.write("5") != 1)
            return 0; // then the peak of before counts, and the test fails
        file.close();
        return read("VmRSS:");
    }
    static long long read(const char *name)
    {
        QFile status(QStringLiteral("/proc/self/status"));
        const auto text = status.open(QIODevice::ReadOnly) ? status.readAll() : QByteArray();
        return text.mid(text.indexOf(name) + 6, 30).simplified().split(' ').first().toLongLong() * 1024;
    }
    long long m_begin;
};

/// gzip: its header, then what zlib has between its own two-byte header and its checksum.
std::string gzipOf(const QByteArray &bytes)
{
    const auto zlib = qCompress(bytes, 9).mid(4);
    return std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10) + zlib.mid(2, zlib.size() - 6).toStdString();
}

SecretProvider token(const char *value)
{
    return [value]() -> std::expected<Secret, Fault> { return Secret(value); };
}

} // namespace

class TestHttpFaults : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void namesKindAndStage_data();
    void namesKindAndStage();
    void endsByTheDeadline_data();
    void endsByTheDeadline();
    void saysThatNobodyListens();
    void saysThatTheNameDoesNotResolve();
    void capsADecodedBomb();
    void endsAtOnceWhenInterrupted();
    void keepsTheBearerAtItsOrigin();
    void keepsSecretsOutOfFaults();
    void stopsARedirectLoop();
    void doesNotRetryRefusedCredentials();
    void readsAMetricsPageThatIsNone();
    void readsAMetricsPageOf50Megabytes();
    void refusesALargerMetricsPageWithItsSize();
    void refusesAZipBombOfMetrics();
    void refusesAZipBombOfAPrometheus();
    void carriesNoBearerAlongARedirect();
};

void TestHttpFaults::namesKindAndStage_data()
{
    QTest::addColumn<S::Script>("script");
    QTest::addColumn<QByteArray>("scheme");
    QTest::addColumn<FaultKind>("kind");
    QTest::addColumn<QByteArray>("stage");
    const auto row = [](const char *name, S::Script script, const char *scheme, FaultKind kind, const char *stage) {
        QTest::newRow(name) << std::move(script) << QByteArray(scheme) << kind << QByteArray(stage);
    };
    row("closes without an answer", afterRequest({S::Close{}}), "http", FaultKind::Unavailable, "protocol");
    row("resets", afterRequest({S::Reset{}}), "http", FaultKind::Unavailable, "protocol");
    row("not HTTP", afterRequest({S::Send{"SSH-2.0-OpenSSH_9.2\r\n"}, S::Close{}}), "http", FaultKind::Protocol, "protocol");
    row("body is cut off", afterRequest({S::Send{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"}, S::Close{}}), "http", FaultKind::Unavailable, "protocol");
    row("endless header", afterRequest({S::Send{"HTTP/1.1 200 OK\r\n"}, S::Flood{"X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 100000}}), "http", FaultKind::TooLarge, "protocol");
    row("endless header line", afterRequest({S::Send{"HTTP/1.1 200 OK\r\nX-More: "}, S::Flood{std::string(1000, 'a'), 100000}}), "http", FaultKind::TooLarge, "protocol");
    row("endless interim answers", afterRequest({S::Flood{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 100000}}), "http", FaultKind::TooLarge, "protocol");
    row("endless body", afterRequest({S::Send{"HTTP/1.1 200 OK\r\n\r\n"}, S::Flood{std::string(10000, 'b'), 100000}}), "http", FaultKind::TooLarge, "protocol");
    row("endless chunk", afterRequest({S::Send{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"}, S::Flood{std::string(10000, 'b'), 100000}}), "http", FaultKind::TooLarge, "protocol");
    row("no TLS", S::Script{S::ReadBytes{1}, S::Send{"HTTP/1.1 400 Bad Request\r\n\r\n"}, S::Close{}}, "https", FaultKind::Tls, "tls");
    row("closes in the handshake", S::Script{S::ReadBytes{1}, S::Close{}}, "https", FaultKind::Tls, "tls");
}

void TestHttpFaults::namesKindAndStage()
{
    QFETCH(S::Script, script);
    QFETCH(QByteArray, scheme);
    QFETCH(FaultKind, kind);
    QFETCH(QByteArray, stage);
    ScriptedServer server(script);
    net::Interrupter interrupter;
    HttpClient client({}, interrupter);
    const auto answer = client.send(requestFor(urlOf(server, "/", scheme.constData())), Deadline::after(Millis{5000}));
    QVERIFY(!answer);
    QVERIFY2(answer.error().kind == kind, (std::string(toString(answer.error().kind)) + ": " + answer.error().detail).c_str());
    QCOMPARE(QByteArray::fromStdString(answer.error().stage), stage);
    QVERIFY(!answer.error().detail.empty() && !answer.error().hint.empty());
}

void TestHttpFaults::endsByTheDeadline_data()
{
    QTest::addColumn<S::Script>("script");
    QTest::addColumn<QByteArray>("scheme");
    QTest::addColumn<QByteArray>("stage");
    QTest::newRow("silent") << S::Script{S::Hang{}} << QByteArray("http") << QByteArray("protocol");
    QTest::newRow("silent in the handshake") << S::Script{S::Hang{}} << QByteArray("https") << QByteArray("tls");
    QTest::newRow("drips its header") << afterRequest({S::Send{"HTTP/1.1 200 OK\r\n"}, S::Drip{std::string(10000, 'a'), Millis{50}}}) << QByteArray("http") << QByteArray("protocol");
    QTest::newRow("drips its body") << afterRequest({S::Send{"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"}, S::Drip{std::string(10000, 'a'), Millis{50}}}) << QByteArray("http") << QByteArray("protocol");
}

void TestHttpFaults::endsByTheDeadline()
{
    QFETCH(S::Script, script);
    QFETCH(QByteArray, scheme);
    QFETCH(QByteArray, stage);
    ScriptedServer server(script);
    net::Interrupter interrupter;
    HttpClient client({}, interrupter);
    const auto begun = BootClock::now();
    const auto answer = client.send(requestFor(urlOf(server, "/", scheme.constData())), Deadline::after(kDeadline));
    QVERIFY(!answer);
    QVERIFY(answer.error().kind == FaultKind::Timeout);
    QCOMPARE(QByteArray::fromStdString(answer.error().stage), stage);
    QVERIFY(BootClock::now() - begun < kDeadline + Millis{500});
    QTRY_COMPARE(server.openCount(), 0); // no socket is left behind
}

void TestHttpFaults::saysThatNobodyListens()
{
    std::uint16_t port = 0;
    {
        const ScriptedServer gone(S::Script{});
        port = gone.port();
    }
    HttpSource source({"http/api", "http://127.0.0.1:" + std::to_string(port), {}, {}, {}, {}, {}, {}, {}, {}, false});
    const auto batch = source.collect(Deadline::after(Millis{3000}), {});
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Refused);
    QCOMPARE(batch.error().stage, "tcp");
    const auto stages = source.diagnose(Deadline::after(Millis{3000}), {});
    QVERIFY(!stages.empty() && !stages.back().isGood);
    QCOMPARE(stages.back().name, "tcp");
}

void TestHttpFaults::saysThatTheNameDoesNotResolve()
{
    HttpSource source({"http/api", "http://does-not-exist.invalid", {}, {}, {}, {}, {}, {}, {}, {}, false});
    const auto batch = source.collect(Deadline::after(Millis{5000}), {});
    QVERIFY(!batch);
    QCOMPARE(batch.error().stage, "dns");
}

void TestHttpFaults::capsADecodedBomb()
{
    const auto bomb = qCompress(QByteArray(64 * 1024 * 1024, '\0'), 9).mid(4).toStdString(); // zlib: HTTP's "deflate"
    QVERIFY(bomb.size() < 100000);
    const std::vector<S::Script> scripts(2, afterRequest({S::Send{answerOf(bomb, "Content-Encoding: deflate\r\n")}}));
    ScriptedServer server(scripts);
    net::Interrupter interrupter;
    HttpClient client({}, interrupter);
    auto request = requestFor(urlOf(server));
    request.decodes = true;
    request.encoding = "deflate";
    const auto answer = client.send(request, Deadline::after(Millis{5000}));
    QVERIFY(!answer);
    QVERIFY(answer.error().kind == FaultKind::TooLarge);
    request.decodes = false; // left as it is, it is small
    const auto raw = client.send(request, Deadline::after(Millis{5000}));
    QVERIFY(raw);
    QCOMPARE(raw->body.size(), bomb.size());
}

void TestHttpFaults::endsAtOnceWhenInterrupted()
{
    ScriptedServer server(S::Script{S::Hang{}});
    HttpSource source({"http/api", urlOf(server), {}, {}, {}, {}, {}, {}, {}, {}, false});
    std::atomic<bool> isOver = false;
    std::expected<FactBatch, Fault> result;
    std::jthread worker([&] {
        result = source.collect(Deadline::after(Millis{20000}), {});
        isOver = true;
    });
    QTRY_COMPARE(server.connectionCount(), 1);
    const auto begun = BootClock::now();
    source.interrupt();
    QTRY_VERIFY(isOver);
    QVERIFY(BootClock::now() - begun < Millis{500});
    worker.join();
    QVERIFY(!result);
    QVERIFY(result.error().kind == FaultKind::Cancelled);
}

void TestHttpFaults::keepsTheBearerAtItsOrigin()
{
    ScriptedServer own(afterRequest({S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::Send{answerOf("ok")}}));
    ScriptedServer other(afterRequest({S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::Send{answerOf("ok")}}));
    net::Interrupter interrupter;
    HttpClient client({{}, token("CANARY-7f3a"), Url::parse(urlOf(own))->origin()}, interrupter);
    QVERIFY(client.send(requestFor(urlOf(own)), Deadline::after(Millis{3000})));
    QVERIFY(client.send(requestFor(urlOf(other)), Deadline::after(Millis{3000})));
    QVERIFY(own.received().contains("CANARY-7f3a"));
    QVERIFY(!other.received().empty());
    QVERIFY(!other.received().contains("CANARY-7f3a"));
}

void TestHttpFaults::keepsSecretsOutOfFaults()
{
    net::Interrupter interrupter;
    ScriptedServer server(afterRequest({S::Close{}}));
    HttpClient split({{}, token("CANARY\r\nX-Injected: 1"), Url::parse(urlOf(server))->origin()}, interrupter);
    const auto refused = split.send(requestFor(urlOf(server)), Deadline::after(Millis{3000}));
    QVERIFY(!refused);
    QVERIFY(refused.error().kind == FaultKind::Config);
    QVERIFY(!refused.error().detail.contains("CANARY"));
    QCOMPARE(server.connectionCount(), 0);
    HttpClient client({{}, token("CANARY-1"), Url::parse(urlOf(server))->origin()}, interrupter);
    const auto closed = client.send(requestFor(urlOf(server)), Deadline::after(Millis{3000}));
    QVERIFY(!closed && !closed.error().detail.contains("CANARY"));
}

void TestHttpFaults::stopsARedirectLoop()
{
    ScriptedServer server(afterRequest({S::Send{answerOf("", "Location: /again\r\n", "302 Found")}}));
    HttpSource source({"http/api", urlOf(server), urlOf(server), {}, {}, {}, {}, {}, {}, {}, false});
    const auto batch = source.collect(Deadline::after(Millis{8000}), {});
    QVERIFY(batch);
    QVERIFY(find(*batch, "http.https_enforced")->value == Value(false));
    QVERIFY(find(*batch, "http.api_ok")->value == Value(false));
    QVERIFY(server.connectionCount() < 60);
}

void TestHttpFaults::doesNotRetryRefusedCredentials()
{
    ScriptedServer server(afterRequest({S::Send{answerOf("no", "WWW-Authenticate: Bearer\r\n", "401 Unauthorized")}}));
    prometheus::PrometheusSource source({"prometheus/main", urlOf(server), token("wrong"), {}, {}, "Watchdog", {}, 0});
    for (int round = 0; round < 3; ++round) {
        const auto batch = source.collect(Deadline::after(Millis{3000}), {});
        QVERIFY(!batch);
        QVERIFY(batch.error().kind == FaultKind::Auth);
    }
    QCOMPARE(server.connectionCount(), 1);
}

void TestHttpFaults::readsAMetricsPageThatIsNone()
{
    const std::vector<S::Script> scripts = {afterRequest({S::Send{answerOf("<html></html>", "Content-Type: text/html\r\n")}}),
                                            afterRequest({S::Send{answerOf("a 1\nb{x=1} 2\n")}})};
    ScriptedServer server(scripts);
    prometheus::MetricsSource source({"metrics/api", urlOf(server), {}, {}, {}});
    const auto page = source.collect(Deadline::after(Millis{3000}), {});
    QVERIFY(page);
    QVERIFY(std::holds_alternative<Unknown>(find(*page, "metrics.series")->value));
    const auto text = source.collect(Deadline::after(Millis{3000}), {});
    QVERIFY(text);
    QVERIFY(find(*text, "metrics.series")->value == Value(1.0));
    QVERIFY(asText(find(*text, "metrics.problem")->value)->starts_with("line 2, column 5"));
}

void TestHttpFaults::readsAMetricsPageOf50Megabytes()
{
    const std::string line = "http_requests_total{handler=\"/api/v1/items\",code=\"200\"} 12345\n";
    const auto lines = 50'000'000 / line.size();
    ScriptedServer server(afterRequest({S::Send{"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n\r\n"},
                                        S::Flood{line, lines}, S::Close{}}));
    prometheus::MetricsSource source({"metrics/api", urlOf(server), {}, {}, {}});
    const PeakWatch peak;
    const auto batch = source.collect(Deadline::after(Millis{60000}), {});
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QVERIFY(find(*batch, "metrics.series")->value == Value(static_cast<double>(lines)));
    QVERIFY(find(*batch, "metrics.families")->value == Value(1.0));
    QVERIFY2(peak.grown() < 120'000'000, std::to_string(peak.grown()).c_str()); // the page once, and once more in part while the buffer grows
}

void TestHttpFaults::refusesALargerMetricsPageWithItsSize()
{
    const std::string line(1000, '#');
    const auto bytes = (line.size() + 1) * 90'000;
    ScriptedServer server(afterRequest({S::Send{"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n"},
                                        S::Flood{line + '\n', 90'000}, S::Close{}}));
    prometheus::MetricsSource source({"metrics/api", urlOf(server), {}, {}, {}});
    const PeakWatch peak;
    const auto batch = source.collect(Deadline::after(Millis{60000}), {});
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::TooLarge);
    QVERIFY2(batch.error().detail.contains("the body of 85.9 MiB is over the limit of 64 MiB"), batch.error().detail.c_str());
    QVERIFY2(peak.grown() < 140'000'000, std::to_string(peak.grown()).c_str());
}

void TestHttpFaults::refusesAZipBombOfMetrics()
{
    const auto bomb = gzipOf(QByteArray(256 * 1024 * 1024, '\n'));
    QVERIFY(bomb.size() < 400000);
    ScriptedServer server(afterRequest({S::Send{answerOf(bomb, "Content-Type: text/plain; version=0.0.4\r\nContent-Encoding: gzip\r\n")}}));
    prometheus::MetricsSource source({"metrics/api", urlOf(server), {}, {}, {}});
    const PeakWatch peak;
    const auto batch = source.collect(Deadline::after(Millis{60000}), {});
    QVERIFY(!batch);
    QVERIFY2(batch.error().kind == FaultKind::TooLarge, batch.error().detail.c_str());
    QVERIFY2(batch.error().detail.contains("the body, decoded from 2") && batch.error().detail.contains(" KiB, is over the limit of 64 MiB"), batch.error().detail.c_str());
    QVERIFY2(peak.grown() < 140'000'000, std::to_string(peak.grown()).c_str());
}

void TestHttpFaults::refusesAZipBombOfAPrometheus()
{
    const auto bomb = gzipOf(QByteArray(256 * 1024 * 1024, ' '));
    QVERIFY(bomb.size() < 400000);
    ScriptedServer server(afterRequest({S::Send{answerOf(bomb, "Content-Type: application/json\r\nContent-Encoding: gzip\r\n")}}));
    net::Interrupter interrupter;
    prometheus::PromClient client({"prometheus/main", urlOf(server), {}, {}, {}, "Watchdog", {}, 0}, interrupter);
    const PeakWatch peak;
    const auto answer = client.query("up", Deadline::after(Millis{20000}));
    QVERIFY(!answer);
    QVERIFY2(answer.error().kind == FaultKind::TooLarge, answer.error().detail.c_str());
    QVERIFY2(peak.grown() < 64'000'000, std::to_string(peak.grown()).c_str());
}

/// Each hop is asked for by hand: what belongs to one origin is never sent to the next one.
void TestHttpFaults::carriesNoBearerAlongARedirect()
{
    ScriptedServer other(afterRequest({S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::Send{answerOf("{}", "Content-Type: application/json\r\n")}}));
    ScriptedServer own(afterRequest({S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::Send{answerOf("", "Location: " + urlOf(other, "/taken") + "\r\n", "302 Found")}}));
    HttpSource source({"http/api", urlOf(own), urlOf(own), {}, token("CANARY-9b1c"), {}, {}, {}, {}, {}, false});
    const auto batch = source.collect(Deadline::after(Millis{8000}), {});
    QVERIFY(batch);
    QVERIFY(own.received().contains("CANARY-9b1c"));
    QVERIFY(!other.received().contains("CANARY-9b1c"));
    QVERIFY(!other.received().contains("Authorization"));
    QVERIFY(find(*batch, "http.api_ok")->value == Value(true)); // for a while elsewhere, and answered there
}

QTEST_GUILESS_MAIN(TestHttpFaults)
#include "tst_httpfaults.moc"
