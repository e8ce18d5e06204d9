// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/httpsource.h"
#include "tests/support/scriptedserver.h"
#include "tests/support/testservers.h"

#include <QFile>
#include <QProcess>
#include <QtTest>

#include <memory>

using namespace muster;
using namespace muster::http;
using muster::test::ScriptedServer;
using muster::test::TestServers;
using S = ScriptedServer;

namespace {

const Value *find(const FactBatch &batch, std::string_view name)
{
    for (const auto &fact : batch.facts) {
        if (fact.name == name)
            return &fact.value;
    }
    return nullptr;
}

Value valueIn(const FactBatch &batch, std::string_view name)
{
    const auto *value = find(batch, name);
    return value ? *value : Value(std::string("absent"));
}

std::string textOf(const FactBatch &batch, std::string_view name)
{
    const auto *value = find(batch, name);
    const auto *text = value ? asText(*value) : nullptr;
    return text ? *text : std::string();
}

const QByteArray kDocument =
    "openapi: 3.1.0\n"
    "info: {title: Shop, version: '1'}\n"
    "paths:\n"
    "  /items:\n"
    "    get:\n"
    "      summary: All items\n"
    "      responses:\n"
    "        '200': {description: ok, content: {application/json: {example: []}}}\n"
    "        '400': {description: no}\n"
    "    head:\n"
    "      responses: {'200': {description: ok}}\n";

// `map` gives an empty name where zstd was refused; try_files then finds the plain file.
const QByteArray kCodings =
    "map $http_accept_encoding $coding { default ''; '~zstd(?!;q=0)' zstd; }\n"
    "map $http_accept_encoding $suffix { default ''; '~zstd(?!;q=0)' .zst; }\n"
    "map $http_accept_encoding $stubborncoding { default ''; ~zstd zstd; }\n"
    "map $http_accept_encoding $stubbornsuffix { default ''; ~zstd .zst; }\n"
    "gzip on; gzip_types application/json; gzip_min_length 1000;\n";

const QByteArray kLocations =
    "location = /marker { return 200 checks; }\n"
    "location = /coded { add_header Content-Encoding $coding always; add_header Vary Accept-Encoding always; try_files /items$suffix =404; }\n"
    "location = /stubborn { add_header Content-Encoding $stubborncoding always; add_header Vary Accept-Encoding always; try_files /items$stubbornsuffix =404; }\n"
    "location = /sick { return 200 '{\"status\":\"fail\"}'; }\n"
    "location = /ill { return 503 '{\"status\":\"fail\"}'; }\n"
    "location = /mirror { add_header Access-Control-Allow-Origin $http_origin always; add_header Access-Control-Allow-Credentials true always; return 200 '[]'; }\n"
    "location = /cookie { add_header Set-Cookie 'sid=1; Path=/' always; return 200 '[]'; }\n"
    "location = /limited { add_header X-RateLimit-Limit 100 always; add_header X-RateLimit-Remaining 7 always; return 200 '[]'; }\n"
    "location = /leaky { add_header Strict-Transport-Security '' always; if ($scheme = http) { return 301 https://127.0.0.1:$tlsport/detour; } return 200 '[]'; }\n"
    "location = /detour { return 302 /strict; }\n"
    "location = /strict { add_header Strict-Transport-Security 'max-age=31536000' always; if ($scheme = http) { return 301 https://127.0.0.1:$tlsport/strict; } return 200 '[]'; }\n";

} // namespace

/// One check after the other on a real nginx: right, wrong, and what cannot be known.
class TestHttpChecks : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void zstdIsAskedForAndRefused();
    void healthIsHonestOrNot();
    void everyHopNeedsHsts();
    void corsAndCookiesAreSeen();
    void rateLimitsAreRead();
    void yamlDocumentIsJudged();
    void documentThatCannotBeHadIsUnknown();
    void malformedRequestsMustBeRefused();
    void addressesHaveTheirCertificates();
    void redirectToAnotherOriginTakesNoCredentials();
    void endlessBodiesAreAFinding();

private:
    std::unique_ptr<TestServers> m_servers;
    [[nodiscard]] Target target(const std::string &path) const;
    [[nodiscard]] FactBatch looked(const Target &target) const;
    void write(const QString &folder, const QString &name, const QByteArray &text) const;
    [[nodiscard]] bool isAnswering() const;
};

Target TestHttpChecks::target(const std::string &path) const
{
    Target target;
    target.id = "http/api";
    target.url = m_servers->text(u"nginx", u"url").toStdString();
    target.plain = m_servers->text(u"nginx", u"plainUrl").toStdString() + path;
    target.tls.isOn = true;
    target.tls.caFile = m_servers->ca().toStdString();
    target.api = {path};
    return target;
}

FactBatch TestHttpChecks::looked(const Target &target) const
{
    HttpSource source(target);
    auto batch = source.collect(Deadline::after(Millis{20000}), {});
    return batch ? *batch : FactBatch{};
}

void TestHttpChecks::write(const QString &folder, const QString &name, const QByteArray &text) const
{
    QFile file(m_servers->text(u"nginx", folder) % u'/' % name);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

bool TestHttpChecks::isAnswering() const
{
    QProcess curl;
    curl.start(QStringLiteral("curl"), {QStringLiteral("-s"), m_servers->text(u"nginx", u"plainUrl") % QStringLiteral("/marker")});
    return curl.waitForFinished(20000) && curl.readAllStandardOutput() == "checks";
}

void TestHttpChecks::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("nginx")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    const auto www = m_servers->text(u"nginx", u"www");
    QCOMPARE(QProcess::execute(QStringLiteral("zstd"), {QStringLiteral("-q"), www % QStringLiteral("/items"), QStringLiteral("-o"), www % QStringLiteral("/items.zst")}), 0);
    write(QStringLiteral("www"), QStringLiteral("openapi.yaml"), kDocument);
    write(QStringLiteral("folder"), QStringLiteral("extra-http-checks.conf"), kCodings);
    auto locations = kLocations;
    write(QStringLiteral("folder"), QStringLiteral("extra-server-checks.conf"), locations.replace("$tlsport", QByteArray::number(m_servers->port(u"nginx"))));
    QCOMPARE(QProcess::execute(QStringLiteral("kill"), {QStringLiteral("-HUP"), QString::number(m_servers->pid(u"nginx"))}), 0);
    int inARow = 0; // while it reloads, old and new workers answer in turns
    QTRY_VERIFY_WITH_TIMEOUT(inARow >= 5 || (inARow = isAnswering() ? inARow + 1 : 0) >= 5, 20000);
}

void TestHttpChecks::zstdIsAskedForAndRefused()
{
    const auto good = looked(target("/coded"));
    QVERIFY2(*find(good, "http.compression_ok") == Value(true), textOf(good, "http.compression_why").c_str());
    QCOMPARE(textOf(good, "http.compression_encoding"), std::string("gzip, zstd"));
    const auto bad = looked(target("/stubborn"));
    QVERIFY(*find(bad, "http.compression_ok") == Value(false));
    QVERIFY2(textOf(bad, "http.compression_why").contains("q=0 is not honoured: answered with zstd"), textOf(bad, "http.compression_why").c_str());
    const auto small = looked(target("/sick"));
    QVERIFY(std::holds_alternative<Unknown>(*find(small, "http.compression_ok")));
}

void TestHttpChecks::healthIsHonestOrNot()
{
    auto declared = target("/items");
    declared.health = "/sick";
    const auto lying = looked(declared);
    QVERIFY(*find(lying, "http.health_ok") == Value(false));
    QVERIFY(*find(lying, "http.health_honest") == Value(false));
    declared.health = "/ill";
    const auto honest = looked(declared);
    QVERIFY(*find(honest, "http.health_ok") == Value(false));
    QVERIFY(*find(honest, "http.health_honest") == Value(true));
    declared.health.clear();
    QVERIFY(std::holds_alternative<Unknown>(valueIn(looked(declared), "http.health_honest")));
}

void TestHttpChecks::everyHopNeedsHsts()
{
    const auto strict = looked(target("/strict"));
    QVERIFY2(*find(strict, "http.https_enforced") == Value(true), textOf(strict, "http.https_why").c_str());
    QVERIFY2(textOf(strict, "http.https_why").contains("max-age is 31536000 s (≥ 15552000 s) (at 127.0.0.1)"), textOf(strict, "http.https_why").c_str());
    auto leaky = target("/strict");
    leaky.plain = m_servers->text(u"nginx", u"plainUrl").toStdString() + "/leaky";
    const auto batch = looked(leaky);
    QVERIFY(*find(batch, "http.https_enforced") == Value(false));
    QVERIFY2(textOf(batch, "http.https_why").contains("no Strict-Transport-Security at https://127.0.0.1:"), textOf(batch, "http.https_why").c_str());
    ScriptedServer silent(S::Script{S::ReadLine{}, S::Send{"HTTP/1.1 "}, S::Close{}});
    leaky.plain = "http://127.0.0.1:" + std::to_string(silent.port()) + "/";
    QVERIFY(std::holds_alternative<Unknown>(valueIn(looked(leaky), "http.https_enforced")));
}

void TestHttpChecks::corsAndCookiesAreSeen()
{
    QVERIFY(valueIn(looked(target("/mirror")), "http.cors_ok") == Value(false));
    QVERIFY(valueIn(looked(target("/items")), "http.cors_ok") == Value(true));
    const auto cookie = looked(target("/cookie"));
    QVERIFY(*find(cookie, "http.cookies_ok") == Value(false));
    QCOMPARE(textOf(cookie, "http.cookies_bad"), std::string("sid: no Secure"));
}

void TestHttpChecks::rateLimitsAreRead()
{
    const auto batch = looked(target("/limited"));
    QVERIFY(*find(batch, "http.rate_limit_seen") == Value(true));
    QCOMPARE(textOf(batch, "http.rate_limit_dialect"), std::string("X-RateLimit-*"));
    QVERIFY(valueIn(looked(target("/items")), "http.rate_limit_seen") == Value(false));
}

void TestHttpChecks::yamlDocumentIsJudged()
{
    auto declared = target("/items");
    declared.openapi = "/openapi.yaml";
    const auto batch = looked(declared);
    QVERIFY2(*find(batch, "http.openapi_ok") == Value(true), textOf(batch, "http.openapi_why").c_str());
    QCOMPARE(textOf(batch, "http.openapi_version"), std::string("3.1.0"));
    QVERIFY(*find(batch, "http.openapi_operations") == Value(2.0));
    for (const auto *name : {"http.openapi_described_ratio", "http.openapi_examples_ratio", "http.openapi_errors_ratio"})
        QVERIFY2(*find(batch, name) == Value(0.5), name);
    declared.openapi = "/none.yaml";
    QVERIFY(valueIn(looked(declared), "http.openapi_ok") == Value(false));
}

void TestHttpChecks::documentThatCannotBeHadIsUnknown()
{
    // The first three answers are the api's own; whoever asks for the document gets none.
    const std::string good = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]";
    std::vector<S::Script> scripts(1, S::Script{S::ReadLine{}, S::Send{good}});
    scripts.push_back(S::Script{S::ReadLine{}, S::Close{}});
    ScriptedServer server(scripts);
    Target declared;
    declared.id = "http/api";
    declared.url = "http://127.0.0.1:" + std::to_string(server.port());
    declared.openapi = "/openapi.json";
    const auto batch = looked(declared);
    const auto *value = find(batch, "http.openapi_ok");
    QVERIFY(value && std::holds_alternative<Unknown>(*value));
}

void TestHttpChecks::malformedRequestsMustBeRefused()
{
    const auto good = looked(target("/items"));
    QVERIFY2(*find(good, "http.input_ok") == Value(true), textOf(good, "http.input_why").c_str());
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]";
    ScriptedServer lenient(S::Script{S::ReadLine{}, S::Send{answer}});
    Target declared;
    declared.id = "http/api";
    declared.url = "http://127.0.0.1:" + std::to_string(lenient.port());
    const auto batch = looked(declared);
    QVERIFY(*find(batch, "http.input_ok") == Value(false));
    QVERIFY2(textOf(batch, "http.input_why").contains("a NUL byte in the path is answered with 200 instead of 4xx"), textOf(batch, "http.input_why").c_str());
    const auto requests = lenient.received();
    QVERIFY(!requests.contains("POST ") && !requests.contains("PUT ") && !requests.contains("DELETE "));
    const auto broken = looked(target("/ill"));
    QVERIFY(std::holds_alternative<Unknown>(*find(broken, "http.input_ok")));
}

void TestHttpChecks::addressesHaveTheirCertificates()
{
    const auto batch = looked(target("/items"));
    const auto *value = find(batch, "tls.addresses");
    const auto *table = value ? asTable(*value) : nullptr;
    QVERIFY(table);
    QCOMPARE(table->rows.size(), std::size_t{1});
    QCOMPARE(table->text(0, "address"), std::string("127.0.0.1"));
    QVERIFY(table->truth(0, "verified"));
    QVERIFY(table->number(0, "life_left").value_or(0) > 0.9);
    QCOMPARE(table->text(0, "version"), std::string("TLSv1.3"));
    QCOMPARE(textOf(batch, "tls.worst_address"), std::string("127.0.0.1"));
}

void TestHttpChecks::redirectToAnotherOriginTakesNoCredentials()
{
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]";
    const S::Script wholeRequest{S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::ReadLine{}};
    auto otherScript = wholeRequest;
    otherScript.push_back(S::Send{answer});
    ScriptedServer other(otherScript);
    auto ownScript = S::Script{S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::ReadLine{}, S::ReadLine{}};
    ownScript.push_back(S::Send{"HTTP/1.1 302 Found\r\nLocation: http://localhost:" + std::to_string(other.port()) + "/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"});
    ScriptedServer own(ownScript);
    Target declared;
    declared.id = "http/api";
    declared.url = "http://127.0.0.1:" + std::to_string(own.port());
    declared.plain = declared.url + "/";
    declared.bearer = [] { return std::expected<Secret, Fault>(Secret("CANARY-3b1d")); };
    HttpSource source(declared);
    [[maybe_unused]] const auto batch = source.collect(Deadline::after(Millis{5000}), {});
    QVERIFY(own.received().contains("CANARY-3b1d"));
    QVERIFY(!other.received().contains("CANARY-3b1d"));
}

void TestHttpChecks::endlessBodiesAreAFinding()
{
    ScriptedServer server(S::Script{S::ReadLine{}, S::Send{"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 52428800\r\n\r\n"}, S::Flood{std::string(65536, ' '), 800}});
    Target declared;
    declared.id = "http/api";
    declared.url = "http://127.0.0.1:" + std::to_string(server.port());
    HttpSource source(declared);
    QElapsedTimer timer;
    timer.start();
    const auto batch = source.collect(Deadline::after(Millis{20000}), {});
    QVERIFY(timer.elapsed() < 20000);
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::TooLarge);
    QVERIFY2(batch.error().detail.contains("the body of 50 MiB is over the limit of 1 MiB"), batch.error().detail.c_str());
}

QTEST_GUILESS_MAIN(TestHttpChecks)
#include "tst_httpchecks.moc"
