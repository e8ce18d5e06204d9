// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/openapi.h"

#include <QElapsedTimer>
#include <QtTest>

#include <algorithm>

using namespace muster::http;

namespace {

/// A valid document with room for more: `operation` of GET /items, `components`.
std::string document(const std::string &operation, const std::string &components = "{}", const std::string &version = "3.1.0")
{
    return "{\"openapi\":\"" + version + "\",\"info\":{\"title\":\"Shop\",\"version\":\"1\"},\"paths\":{\"/items\":{\"get\":" + operation + "}},\"components\":" + components + "}";
}

const std::string kPlain = "{\"summary\":\"All\",\"responses\":{\"200\":{\"description\":\"ok\"}}}";

const std::string kYaml =
    "openapi: 3.0.3\n"
    "info: {title: Shop, version: '1'}\n"
    "servers: [{url: https://shop.example/api/}]\n"
    "paths:\n"
    "  /items/{id}:\n"
    "    parameters:\n"
    "      - {name: id, in: path, required: true, schema: {type: integer}, example: 7}\n"
    "    get:\n"
    "      summary: One item\n"
    "      responses:\n"
    "        200: {description: ok}\n"
    "        4XX: {description: no such item}\n"
    "    delete:\n"
    "      responses:\n"
    "        '204': {description: gone}\n";

bool isSaid(const OpenApiReport &report, const std::string &words)
{
    return std::ranges::any_of(report.problems, [&](const std::string &problem) { return problem.contains(words); });
}

} // namespace

class TestOpenApi : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsYaml();
    void countsWhatIsDocumented();
    void namesWhatIsNotOfTheForm_data();
    void namesWhatIsNotOfTheForm();
    void allowsSchemasThatContainThemselves();
    void endsCirclesOfReferences();
    void endsLongChainsOfReferences();
    void fetchesNoRemoteReference();
    void boundsHugeDocuments();
    void boundsAliasBombs();
    void refusesDeepNesting();
    void findsUndocumentedPaths();
};

void TestOpenApi::readsYaml()
{
    const auto report = inspectOpenApi(kYaml);
    QVERIFY2(report.isGood, report.why.c_str());
    QCOMPARE(report.version, std::string("3.0.3"));
    QCOMPARE(report.paths, std::vector<std::string>{"/api/items/{id}"});
    const auto swagger = inspectOpenApi("swagger: 2.0\ninfo: {title: a, version: '1'}\npaths:\n  /a:\n    get: {summary: b, responses: {200: {description: c}}}\n");
    QVERIFY2(swagger.isGood, swagger.why.c_str());
    QCOMPARE(swagger.version, std::string("2.0"));
}

void TestOpenApi::countsWhatIsDocumented()
{
    const auto report = inspectOpenApi(kYaml);
    QCOMPARE(report.operations, std::size_t{2});
    QCOMPARE(report.described, std::size_t{1});
    QCOMPARE(report.withErrors, std::size_t{1});
    QCOMPARE(report.exemplified, std::size_t{2}); // by the parameter that both share
    const auto bySchema = inspectOpenApi(document("{\"responses\":{\"200\":{\"description\":\"ok\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Item\"}}}}}}",
                                                  "{\"schemas\":{\"Item\":{\"properties\":{\"name\":{\"type\":\"string\",\"examples\":[\"tea\"]}}}}}"));
    QVERIFY2(bySchema.isGood, bySchema.why.c_str());
    QCOMPARE(bySchema.exemplified, std::size_t{1});
    QCOMPARE(inspectOpenApi(document(kPlain)).exemplified, std::size_t{0});
}

void TestOpenApi::namesWhatIsNotOfTheForm_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("words");
    const auto row = [](const char *name, const std::string &text, const char *words) { QTest::newRow(name) << QByteArray::fromStdString(text) << QByteArray(words); };
    row("unknown field", document("{\"summry\":\"a\",\"responses\":{\"200\":{\"description\":\"ok\"}}}"), "paths./items.get: summry is not a field");
    row("wrong kind", document("{\"summary\":1}"), "paths./items.get.summary: is not of the kind string");
    row("no responses in 3.0", document("{\"summary\":\"a\"}", "{}", "3.0.3"), "responses is missing");
    row("status code", document("{\"responses\":{\"20\":{\"description\":\"ok\"}}}"), "20 is no status code");
    row("no description of an answer", document("{\"responses\":{\"200\":{}}}"), "description is missing");
    row("parameter without a schema", document("{\"parameters\":[{\"name\":\"a\",\"in\":\"query\"}]}"), "neither schema nor content");
    row("parameter in the body", document("{\"parameters\":[{\"name\":\"a\",\"in\":\"body\",\"schema\":{}}]}"), "in is body");
    row("path parameter not required", document("{\"parameters\":[{\"name\":\"a\",\"in\":\"path\",\"schema\":{}}]}"), "must be required");
    row("component's name", document(kPlain, "{\"schemas\":{\"a b\":{}}}"), "the name a b");
    row("scheme without flows", document(kPlain, "{\"securitySchemes\":{\"s\":{\"type\":\"oauth2\"}}}"), "oauth2 needs flows");
    row("webhooks in 3.0", "{\"openapi\":\"3.0.0\",\"info\":{\"title\":\"a\",\"version\":\"1\"},\"paths\":{},\"webhooks\":{}}", "webhooks is not a field");
    row("3.2's query in 3.1", "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"a\",\"version\":\"1\"},\"paths\":{\"/a\":{\"query\":{}}}}", "query is not a field");
    row("body without a schema in 2.0", "{\"swagger\":\"2.0\",\"info\":{\"title\":\"a\",\"version\":\"1\"},\"paths\":{\"/a\":{\"post\":{\"parameters\":[{\"name\":\"b\",\"in\":\"body\"}],"
        "\"responses\":{\"200\":{\"description\":\"ok\"}}}}}}", "body parameter needs a schema");
    row("3.x in 2.0", "{\"swagger\":\"2.0\",\"info\":{\"title\":\"a\",\"version\":\"1\"},\"paths\":{},\"components\":{}}", "components is not a field");
}

void TestOpenApi::namesWhatIsNotOfTheForm()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, words);
    const auto report = inspectOpenApi(text.toStdString());
    QVERIFY(!report.isValid && !report.isGood);
    QVERIFY2(isSaid(report, words.toStdString()), report.why.c_str());
}

void TestOpenApi::allowsSchemasThatContainThemselves()
{
    const auto report = inspectOpenApi(document(kPlain, "{\"schemas\":{\"Tree\":{\"properties\":{\"left\":{\"$ref\":\"#/components/schemas/Tree\"}}}}}"));
    QVERIFY2(report.isGood, report.why.c_str());
}

void TestOpenApi::endsCirclesOfReferences()
{
    const auto report = inspectOpenApi(document(kPlain, "{\"schemas\":{\"A\":{\"$ref\":\"#/components/schemas/B\"},\"B\":{\"$ref\":\"#/components/schemas/A\"}}}"));
    QVERIFY(report.isValid && !report.isGood);
    QVERIFY2(report.why.contains("leads in a circle"), report.why.c_str());
}

void TestOpenApi::endsLongChainsOfReferences()
{
    std::string schemas = "{";
    for (int i = 0; i < 20000; ++i)
        schemas += "\"S" + std::to_string(i) + "\":{\"$ref\":\"#/components/schemas/S" + std::to_string(i + 1) + "\"},";
    schemas += "\"S20000\":{\"type\":\"string\"}}";
    const auto report = inspectOpenApi(document("{\"responses\":{\"200\":{\"description\":\"ok\",\"content\":{\"a/b\":{\"schema\":{\"$ref\":\"#/components/schemas/S0\"}}}}}}", "{\"schemas\":" + schemas + "}"));
    QVERIFY(!report.isGood);
    QVERIFY2(report.why.contains("over more than 16"), report.why.c_str());
    QCOMPARE(report.problems.size(), std::size_t{20});
}

void TestOpenApi::fetchesNoRemoteReference()
{
    const auto report = inspectOpenApi(document("{\"parameters\":[{\"$ref\":\"http://169.254.169.254/x.json#/a\"}],\"responses\":{\"200\":{\"$ref\":\"other.yaml#/b\"}}}"));
    QVERIFY2(report.isGood, report.why.c_str());
    QCOMPARE(report.remoteReferences, std::size_t{2});
}

void TestOpenApi::boundsHugeDocuments()
{
    // 10 MB with half a million references, each to the next schema and back.
    std::string schemas = "{";
    for (int i = 0; schemas.size() < 10'000'000; ++i)
        schemas += "\"S" + std::to_string(i) + "\":{\"properties\":{\"a\":{\"$ref\":\"#/components/schemas/S0\"},\"b\":{\"$ref\":\"#/components/schemas/S" + std::to_string(i) + "\"}}},";
    schemas += "\"Last\":{}}";
    QElapsedTimer timer;
    timer.start();
    const auto report = inspectOpenApi(document(kPlain, "{\"schemas\":" + schemas + "}"));
    QVERIFY2(report.isGood || report.why.contains("rest was not looked at"), report.why.c_str());
    QVERIFY2(timer.elapsed() < 30000, qPrintable(QString::number(timer.elapsed())));
    const auto tooLong = inspectOpenApi(std::string(kOpenApiLimit + 1, ' '));
    QVERIFY2(tooLong.why.contains("over 12 MiB"), tooLong.why.c_str());
}

void TestOpenApi::boundsAliasBombs()
{
    std::string bomb = "openapi: 3.1.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int k = 0; k < 10; ++k)
            bomb += (k == 0 ? "*a" : ", *a") + std::to_string(i - 1);
        bomb += "]\n";
    }
    const auto report = inspectOpenApi(bomb);
    QVERIFY(!report.isGood);
    QVERIFY2(report.why.starts_with("the document is no YAML that can be read: line "), report.why.c_str());
}

void TestOpenApi::refusesDeepNesting()
{
    std::string deep;
    for (int i = 0; i < 100000; ++i)
        deep += "{\"properties\":{\"a\":";
    QVERIFY(inspectOpenApi(deep).why.contains("nested deeper than 200"));
    QVERIFY(!inspectOpenApi(std::string(100000, '[')).isGood);
    QVERIFY(!inspectOpenApi("a: " + std::string(100000, '[')).isGood);
}

void TestOpenApi::findsUndocumentedPaths()
{
    const std::vector<std::string> documented{"/items", "/items/{id}", "/v1/{kind}/list"};
    QVERIFY(undocumentedPaths({"/items", "/items/", "/items/7", "/items/:id", "/items?limit=1", "/v1/a/list"}, documented).empty());
    QCOMPARE(undocumentedPaths({"/admin", "/admin", "/items/7/parts", "metrics"}, documented), (std::vector<std::string>{"/admin", "/items/7/parts"}));
}

QTEST_APPLESS_MAIN(TestOpenApi)
#include "tst_openapi.moc"
