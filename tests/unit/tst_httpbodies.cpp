// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/caching.h"
#include "connectors/http/compression.h"
#include "connectors/http/health.h"
#include "connectors/http/inputcheck.h"
#include "connectors/http/json.h"
#include "connectors/http/openapi.h"
#include "connectors/http/signon.h"

#include <QtTest>

#include <cmath>

using namespace muster;
using namespace muster::http;

namespace {

Response answer(int status, Headers headers, std::string body = {})
{
    Response response;
    response.status = status;
    response.headers = std::move(headers);
    response.wireSize = body.size();
    response.body = std::move(body);
    return response;
}

int rank(const Verdict &verdict)
{
    return verdict.isGood ? (*verdict.isGood ? 1 : 0) : -1;
}

const std::string kDocument = R"({"openapi":"3.1.0","info":{"title":"Shop","version":"1"},"paths":{
    "/items":{"get":{"operationId":"list","summary":"All items","responses":{"200":{"$ref":"#/components/responses/Ok"}}}},
    "/items/{id}":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"get":{"operationId":"one","responses":{"200":{"description":"ok"}}}}},
    "components":{"responses":{"Ok":{"description":"ok"}}}})";

const std::string kSwagger = R"({"swagger":"2.0","info":{"title":"Shop","version":"1"},"paths":{
    "/items":{"get":{"operationId":"list","summary":"All items","responses":{"200":{"$ref":"#/responses/Ok"}}}},
    "/items/{id}":{"parameters":[{"name":"id","in":"path","required":true,"type":"string"}],"get":{"operationId":"one","responses":{"200":{"description":"ok"}}}}},
    "responses":{"Ok":{"description":"ok"}}})";

// A certificate for "signs log-ins".
const std::string kSigner =
    "MIIBhTCCASugAwIBAgIUDDl8uuP5KkGXZ1uU4bgSl/G5hMswCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNc2lnbnMgbG9nLWluczAeFw0yNjExMjUxNTM5MjZa"
    "Fw0zNjExMjIxNTM5MjZaMBgxFjAUBgNVBAMMDXNpZ25zIGxvZy1pbnMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATgGXkJqr8N/MfrEpWazSYHszXNs9Iu"
    "F+xkn0uwSNpGt7mgrpvtv51b2GKDFUiAZmj2m/MpZhz8alzjmTlIONsOo1MwUTAdBgNVHQ4EFgQUP15bpwR2HuGJqCy2yAUILrVDdNIwHwYDVR0jBBgwFoAU"
    "P15bpwR2HuGJqCy2yAUILrVDdNIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA228Xl/MjBPrAoQ9YOJ4R7brj9SHMTe32RljuZyRqBEgC"
    "IHtpckbQ+J1yLZILEjNLWn4VLXdvCJLsZ8kICvmxH9yq";

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    const auto at = text.find(from);
    return at == std::string::npos ? std::string() : text.replace(at, from.size(), to);
}

} // namespace

/// Analysers that compare whole answers.
class TestHttpBodies : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void judgesCompression_data();
    void judgesCompression();
    void judgesCaching_data();
    void judgesCaching();
    void cookieThatEverybodyGetsIsABadCache();
    void findsCertificatesOfASignOnService();
    void judgesStaticFiles();
    void readsHealth_data();
    void readsHealth();
    void checksContentTypes();
    void judgesMalformedInput();
    void inspectsOpenApi_data();
    void inspectsOpenApi();
    void survivesCutDocuments();
    void capsDepth();
    void readsNumbers();
};

void TestHttpBodies::judgesCompression_data()
{
    QTest::addColumn<int>("change");
    QTest::addColumn<int>("good");
    QTest::newRow("right") << 0 << 1;
    QTest::newRow("not compressed") << 1 << 0;
    QTest::newRow("other bytes") << 2 << -1;
    QTest::newRow("no Vary on gzip") << 3 << 0;
    QTest::newRow("no Vary on identity") << 4 << 0;
    QTest::newRow("same strong tag") << 5 << 0;
    QTest::newRow("weak tag") << 6 << 1;
    QTest::newRow("q=0 ignored") << 7 << 0;
    QTest::newRow("small") << 8 << -1;
    QTest::newRow("bigger than plain") << 9 << 0;
    QTest::newRow("compressed unasked") << 10 << 0;
    QTest::newRow("br without Vary") << 11 << 0;
    QTest::newRow("zstd as well") << 12 << 1;
    QTest::newRow("zstd though only gzip was accepted") << 13 << 0;
}

void TestHttpBodies::judgesCompression()
{
    QFETCH(int, change);
    QFETCH(int, good);
    const std::string body(change == 8 ? 1000 : 5000, 'x');
    const Header vary{"Vary", "Origin, accept-encoding"};
    const Header gzip{"Content-Encoding", "gzip"};
    const Header tag{"ETag", change == 6 ? "W/\"1\"" : "\"1\""};
    CompressionProbe probe;
    probe.identity = answer(200, change == 4 ? Headers{tag} : change == 10 ? Headers{vary, gzip} : Headers{vary, tag}, body);
    probe.gzip = answer(200, change == 1 ? Headers{vary} : change == 3 ? Headers{gzip} : change == 5 || change == 6 ? Headers{gzip, vary, tag} : Headers{gzip, vary}, body);
    probe.gzip.wireSize = change == 9 ? 6000 : 100;
    if (change == 2)
        probe.gzip.body += "y";
    probe.refused = answer(200, change == 7 ? Headers{gzip} : Headers{}, body);
    if (change >= 11) {
        probe.others.push_back(answer(200, change == 11 ? Headers{{"Content-Encoding", "br"}} : Headers{{"Content-Encoding", "zstd"}, vary}, body));
        probe.others.back().wireSize = 50;
        probe.preferring = answer(200, change == 13 ? Headers{{"Content-Encoding", "zstd"}, vary} : Headers{gzip, vary}, body);
    }
    const auto verdict = judgeCompression(probe);
    QVERIFY2(rank(verdict) == good, verdict.why.c_str());
}

void TestHttpBodies::judgesCaching_data()
{
    QTest::addColumn<QByteArray>("control");
    QTest::addColumn<int>("conditional"); // status of the conditional request; 0 = no validator
    QTest::addColumn<int>("second");      // Age of the second answer; -1 = none
    QTest::addColumn<int>("good");
    QTest::newRow("max-age and 304") << QByteArray("public, max-age=60") << 304 << -1 << 1;
    QTest::newRow("no-cache and 304") << QByteArray("no-cache") << 304 << -1 << 1;
    QTest::newRow("validator ignored") << QByteArray("max-age=60") << 200 << -1 << 0;
    QTest::newRow("no validator") << QByteArray("max-age=60") << 0 << -1 << 0;
    QTest::newRow("no validator but a hit") << QByteArray("s-maxage=60") << 0 << 5 << 1;
    QTest::newRow("no-store") << QByteArray("no-store, max-age=60") << 304 << -1 << 0;
    QTest::newRow("no lifetime") << QByteArray("public") << 304 << -1 << 0;
    QTest::newRow("max-age of nonsense") << QByteArray("max-age=soon") << 304 << -1 << 0;
    QTest::newRow("none") << QByteArray() << 304 << -1 << 0;
}

void TestHttpBodies::judgesCaching()
{
    QFETCH(QByteArray, control);
    QFETCH(int, conditional);
    QFETCH(int, second);
    QFETCH(int, good);
    Headers headers{{"ETag", "\"1\""}, {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
    if (!control.isEmpty())
        headers.add("Cache-Control", control.toStdString());
    CachingProbe probe{answer(200, headers, "{}"), std::nullopt, std::nullopt};
    if (conditional != 0)
        probe.conditional = answer(conditional, headers);
    if (second >= 0)
        probe.second = answer(200, {{"Age", std::to_string(second)}}, "{}");
    const auto verdict = judgeCaching(probe);
    QVERIFY2(rank(verdict) == good, verdict.why.c_str());
    if (good == 1 && conditional == 304) {
        probe.conditional = answer(304, {{"ETag", "\"1\""}, {"Date", "x"}});
        QCOMPARE(rank(judgeCaching(probe)), 0); // Cache-Control is missing on the 304
        probe.conditional = answer(304, {{"ETag", "\"2\""}, {"Date", "x"}, {"Cache-Control", "max-age=60"}});
        QCOMPARE(rank(judgeCaching(probe)), 0); // another tag
    }
}

void TestHttpBodies::cookieThatEverybodyGetsIsABadCache()
{
    const auto given = [](const std::string &first, const std::string &second, const std::string &age) {
        Headers headers{{"Cache-Control", "max-age=60"}, {"Set-Cookie", first}, {"ETag", "\"1\""}, {"Date", "x"}};
        Headers later{{"Set-Cookie", second}};
        if (!age.empty())
            later.add("Age", age);
        return judgeCaching({answer(200, headers, "{}"), answer(304, {{"ETag", "\"1\""}, {"Date", "x"}, {"Cache-Control", "max-age=60"}}), answer(200, later, "{}")});
    };
    const std::string one = "sid=5f0c9d1e7a3b4c2d; Path=/";
    QVERIFY2(given(one, one, "7").why.contains("sid to every caller (Age: 7)"), given(one, one, "7").why.c_str());
    QVERIFY(given(one, one, "").why.contains("sid to every caller")); // a cache that does not say what it is
    QCOMPARE(rank(given(one, "sid=0000000000000001; Path=/", "")), 1);
    QCOMPARE(rank(given("lang=de", "lang=de", "")), 1); // a setting, the same for all
    QCOMPARE(rank(given("lang=de", "lang=de", "7")), 0);
}

void TestHttpBodies::findsCertificatesOfASignOnService()
{
    auto broken = kSigner;
    broken.insert(80, "\n          ");
    const auto saml = "<?xml version=\"1.0\"?><EntityDescriptor><KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n" + broken
        + "\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor><X509Certificate>no certificate</X509Certificate></EntityDescriptor>";
    const auto fromXml = signOnCertificates(saml);
    QCOMPARE(fromXml.size(), std::size_t{1});
    QCOMPARE(fromXml.front().subject, std::string("CN=signs log-ins"));
    const auto fromKeys = signOnCertificates(R"({"keys":[{"kty":"EC","kid":"1"},{"kty":"EC","x5c":[")" + kSigner + R"("]},{"x5c":[7]},{"x5c":"no list"}]})");
    QCOMPARE(fromKeys.size(), std::size_t{1});
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "<X509Certificate>" + kSigner + "</X509Certificate>";
    QCOMPARE(signOnCertificates(many).size(), std::size_t{32});
    for (const auto *rubbish : {"", "<X509Certificate>", "{}", "[]", "{\"keys\":7}", "<X509Certificate>AAAA</X509Certificate>"})
        QVERIFY(signOnCertificates(rubbish).empty());
}

void TestHttpBodies::judgesStaticFiles()
{
    QVERIFY(isFingerprinted("/static/app.3f9ac1b2.js"));
    QVERIFY(isFingerprinted("/assets/index-DZ8sXk2P.css"));
    QVERIFY(!isFingerprinted("/static/app.js"));
    QVERIFY(!isFingerprinted("/static/deadbeef.js")); // a word in hex letters only
    const Headers forEver{{"Cache-Control", "max-age=31536000, immutable"}};
    CachingProbe probe{answer(200, forEver, "x"), std::nullopt, std::nullopt};
    QCOMPARE(rank(judgeStatic("/static/app.3f9ac1b2.js", probe)), 1);
    QCOMPARE(rank(judgeStatic("/static/app.js", probe)), 0);
    probe.first.status = 404;
    QCOMPARE(rank(judgeStatic("/static/app.3f9ac1b2.js", probe)), 0);
}

void TestHttpBodies::readsHealth_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<bool>("isGood");
    QTest::addColumn<QByteArray>("word");
    QTest::newRow("pass") << 200 << QByteArray(R"({"status":"pass"})") << true << QByteArray("pass");
    QTest::newRow("warn") << 200 << QByteArray(R"({"status":"warn"})") << true << QByteArray("warn");
    QTest::newRow("alias") << 200 << QByteArray(R"({"status":"UP"})") << true << QByteArray("pass");
    QTest::newRow("200 with fail") << 200 << QByteArray(R"({"status":"down"})") << false << QByteArray("fail");
    QTest::newRow("503 with pass") << 503 << QByteArray(R"({"status":"pass"})") << false << QByteArray("pass");
    QTest::newRow("plain OK") << 200 << QByteArray("OK\n") << true << QByteArray("pass");
    QTest::newRow("empty 204") << 204 << QByteArray() << true << QByteArray("HTTP 204");
    QTest::newRow("status is a number") << 200 << QByteArray(R"({"status":1})") << true << QByteArray("HTTP 200");
    QTest::newRow("page") << 200 << QByteArray("<html>fail</html>") << true << QByteArray("HTTP 200");
}

void TestHttpBodies::readsHealth()
{
    QFETCH(int, status);
    QFETCH(QByteArray, body);
    QFETCH(bool, isGood);
    QFETCH(QByteArray, word);
    auto health = parseHealth(answer(status, {{"Cache-Control", "no-store"}}, body.toStdString()));
    QCOMPARE(health.isGood, isGood);
    QCOMPARE(QByteArray::fromStdString(health.status), word);
    QVERIFY(health.isUncached);
    QVERIFY(!parseHealth(answer(status, {{"Cache-Control", "max-age=5"}}, body.toStdString())).isUncached);
    QVERIFY(!parseHealth(answer(status, {{"Age", "5"}}, body.toStdString())).isUncached);
    QCOMPARE(health.isHonest, QTest::currentDataTag() != QByteArray("200 with fail"));
    QVERIFY(!parseHealth(answer(200, {}, "{\"status\":\"ok\",\"checks\":{\"db\":[{\"status\":\"fail\"}]}}")).isHonest);
    QVERIFY(!parseHealth(answer(200, {}, "{\"error\":\"no database\"}")).isHonest);
    QVERIFY(parseHealth(answer(503, {}, "{\"error\":\"no database\"}")).isHonest);
}

void TestHttpBodies::checksContentTypes()
{
    QVERIFY(hasFittingContent(answer(200, {{"Content-Type", "application/json; charset=utf-8"}}, "{}")));
    QVERIFY(hasFittingContent(answer(200, {{"Content-Type", "application/problem+json"}}, "[]")));
    QVERIFY(hasFittingContent(answer(200, {{"Content-Type", "text/plain"}}, "hä")));
    QVERIFY(!hasFittingContent(answer(200, {{"Content-Type", "application/json"}}, "<html>")));
    QVERIFY(!hasFittingContent(answer(200, {{"Content-Type", "text/html"}}, "\xff\xfe")));
    QVERIFY(!hasFittingContent(answer(200, {{"Content-Type", "application/octet-stream"}}, "{}")));
    QVERIFY(!hasFittingContent(answer(200, {}, "{}")));
}

void TestHttpBodies::judgesMalformedInput()
{
    std::vector<InputAnswer> answers;
    for (const auto &input : inputCases("/items"))
        answers.push_back({input, answer(400, {{"Content-Type", "text/html"}}, "no")});
    QVERIFY(answers.size() >= 5);
    QCOMPARE(rank(judgeInputs(answers)), 1);
    auto changed = answers;
    changed[1].answer = answer(500, {}, "trace");
    QCOMPARE(rank(judgeInputs(changed)), 0);
    changed = answers;
    changed[0].answer = answer(200, {{"Content-Type", "application/json"}}, "[]"); // may have no such parameter
    QCOMPARE(rank(judgeInputs(changed)), 1);
    const auto broken = std::ranges::find(changed, true, [](const InputAnswer &one) { return one.input.isMalformed; });
    QVERIFY(broken != changed.end());
    broken->answer = answer(200, {{"Content-Type", "application/json"}}, "[]"); // nobody can read this one
    QCOMPARE(rank(judgeInputs(changed)), 0);
    QVERIFY(judgeInputs(changed).why.contains("is answered with 200 instead of 4xx"));
    changed = answers;
    changed[5].answer = answer(200, {{"Content-Type", "text/html"}}, "you asked <muster-probe>");
    QCOMPARE(rank(judgeInputs(changed)), 0);
    changed[5].answer = answer(200, {{"Content-Type", "application/json"}}, R"({"q":"<muster-probe>"})");
    QCOMPARE(rank(judgeInputs(changed)), 1);
    changed[5].answer = answer(200, {{"Content-Type", "text/html"}}, "&lt;muster-probe&gt;");
    QCOMPARE(rank(judgeInputs(changed)), 1);
    changed[0].answer = std::unexpected(Fault{FaultKind::Unavailable, "protocol", "closed", {}});
    QCOMPARE(rank(judgeInputs(changed)), 0);
    changed[0].answer = std::unexpected(Fault{FaultKind::Timeout, "protocol", "late", {}});
    QCOMPARE(rank(judgeInputs(changed)), -1);
}

void TestHttpBodies::inspectsOpenApi_data()
{
    QTest::addColumn<QByteArray>("document");
    QTest::addColumn<bool>("isGood");
    const auto row = [](const char *name, const std::string &document, bool isGood) { QTest::newRow(name) << QByteArray::fromStdString(document) << isGood; };
    row("3.1", kDocument, true);
    row("3.0", replaced(kDocument, "3.1.0", "3.0.3"), true);
    row("3.2", replaced(kDocument, "3.1.0", "3.2.0"), true);
    row("2.0", kSwagger, true);
    row("4.0", replaced(kDocument, "3.1.0", "4.0.0"), false);
    row("no version", replaced(kDocument, "\"openapi\":\"3.1.0\",", ""), false);
    row("no title", replaced(kDocument, "\"title\":\"Shop\",", ""), false);
    row("no paths", R"({"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{}})", false);
    row("operationId twice", replaced(kDocument, "\"one\"", "\"list\""), false);
    row("reference to nowhere", replaced(kDocument, "responses/Ok", "responses/No"), false);
    row("undeclared path parameter", replaced(kDocument, "\"name\":\"id\"", "\"name\":\"key\""), false);
    row("path without slash", replaced(kDocument, "\"/items\"", "\"items\""), false);
    row("reference in a circle", replaced(kDocument, R"("Ok":{"description":"ok"})", R"("Ok":{"$ref":"#/components/responses/Ok"})"), false);
    row("example that looks like a reference", replaced(kDocument, R"("description":"ok"}}}})", R"("description":"ok","content":{"a/b":{"example":{"$ref":"#/no"}}}}}}})"), true);
    row("YAML", "openapi: 3.1.0\n", false);
    row("page", "<html></html>", false);
    row("array", "[]", false);
    row("nothing", "", false);
}

void TestHttpBodies::inspectsOpenApi()
{
    QFETCH(QByteArray, document);
    QFETCH(bool, isGood);
    const auto report = inspectOpenApi({document.constData(), static_cast<std::size_t>(document.size())});
    QVERIFY2(report.isGood == isGood, report.why.c_str());
    QVERIFY(!report.why.empty());
    if (isGood) {
        QCOMPARE(report.operations, std::size_t{2});
        QCOMPARE(report.described, std::size_t{1});
    }
}

void TestHttpBodies::survivesCutDocuments()
{
    for (std::size_t length = 0; length < kDocument.size(); ++length) {
        QVERIFY(!inspectOpenApi(std::string_view(kDocument).substr(0, length)).isGood);
        auto broken = kDocument;
        broken[length] = '\0';
        [[maybe_unused]] const auto report = inspectOpenApi(broken);
    }
}

void TestHttpBodies::capsDepth()
{
    const std::string deep = std::string(100000, '[') + std::string(100000, ']');
    QVERIFY(!parseJson(deep));
    QVERIFY(parseJson("[\"" + std::string(1000, '[') + "\"]")); // brackets in a text nest nothing
    QVERIFY(!parseJson("{\"a\":1"));
}

void TestHttpBodies::readsNumbers()
{
    QCOMPARE(parseNumber("1.5e3"), std::optional(1500.0));
    QVERIFY(std::isnan(*parseNumber("NaN")));
    QVERIFY(std::isinf(*parseNumber("+Inf")));
    for (const char *bad : {"", " 1", "1 ", "+-1", "0x1p3", "1_000", "nan", "1e999", "one"})
        QVERIFY2(!parseNumber(bad), bad);
}

QTEST_APPLESS_MAIN(TestHttpBodies)
#include "tst_httpbodies.moc"
