// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/readinesskit.h"

#include "resources/readiness/defaultprofile.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace muster;

/// What is wrong with a profile is said with its place and what was expected there.
class TestProfile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSmallProfileIsRead();
    void keysOfOthersAreIgnored();
    void errorsNameThePlaceAndTheExpectation_data();
    void errorsNameThePlaceAndTheExpectation();
    void conditionErrorsNameThePlace_data();
    void conditionErrorsNameThePlace();
    void truncatedFilesAreRefusedWithLineAndColumn();
    void anyKeyOfTheShippedProfileMayBeMissingWithoutACrash();
};

namespace {

QByteArray profileJson()
{
    return R"({
 "name": "small", "readyAt": 95, "notReadyBelow": 80,
 "components": [ {"id": "cache", "title": "Cache", "weight": 1, "target": 95, "review": 80} ],
 "checks": [
  {"id": "cache/up", "title": "Up", "group": "foundation", "points": 60, "effort": "low", "page": "cache", "over": "redis", "remedy": "start it",
   "rule": [ {"fact": "redis.reachable", "is": true, "onFault": "fail"} ]},
  {"id": "cache/hits", "title": "Hits", "group": "named", "points": 40, "priority": "high", "tier": "must", "effort": "low", "page": "cache", "over": "redis", "remedy": "warm it",
   "rule": [ {"fact": "redis.hit_ratio", "atLeast": 0.8, "failBelow": 0.6} ]} ],
 "gates": [ {"id": "writes", "title": "Writes", "over": "redis", "page": "cache", "clearedBy": ["cache/hits"], "rule": [ {"fact": "redis.writes_refused", "is": false} ]} ],
 "criteria": [ {"id": "musts", "title": "Musts", "checks": ["tier:must", "component:cache", "cache/up"]} ]
})";
}

QByteArray replaced(const char *from, const char *to)
{
    auto json = profileJson();
    const auto at = json.indexOf(from);
    if (at < 0)
        qFatal("the test replaces what is not there: %s", from);
    return json.replace(at, static_cast<qsizetype>(qstrlen(from)), to);
}

QString errorOf(const QByteArray &json)
{
    const auto profile = Profile::parse(json);
    return profile ? QString() : QString::fromStdString(profile.error());
}

} // namespace

void TestProfile::aSmallProfileIsRead()
{
    const auto profile = Profile::parse(profileJson());
    QVERIFY2(profile, profile ? "" : profile.error().c_str());
    QCOMPARE(profile->name, std::string("small"));
    QCOMPARE(profile->checks.size(), std::size_t{ 2 });
    const auto &check = profile->checks[1];
    QCOMPARE(check.component, std::string("cache"));
    QCOMPARE(check.tier, std::string("must"));
    const auto &condition = check.rule.conditions.front();
    QVERIFY(condition.test == Condition::Test::AtLeast);
    QCOMPARE(condition.limit.number, 0.8);
    QCOMPARE(*condition.failBeyond, 0.6);
    QVERIFY(profile->checks[0].rule.conditions.front().onFault == Condition::OnFault::Fail);
}

void TestProfile::keysOfOthersAreIgnored()
{
    QCOMPARE(errorOf(replaced("\"name\": \"small\"", "\"name\": \"small\", \"x-note\": 1")), QString());
}

void TestProfile::errorsNameThePlaceAndTheExpectation_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *name, const char *from, const char *to, const char *error) {
        QTest::newRow(name) << replaced(from, to) << QString::fromUtf8(error);
    };
    row("unknown key", "\"readyAt\"", "\"readyat\"", "$.readyat: this key is not known here; did you mean \"readyAt\"?");
    row("number as text", "\"readyAt\": 95", "\"readyAt\": \"95\"", "$.readyAt: expected a number from 0 to 100, found text");
    row("number out of range", "\"readyAt\": 95", "\"readyAt\": 950", "$.readyAt: expected a number from 0 to 100, found 950");
    row("missing name", "\"name\": \"small\",", "", "$.name: expected text, found nothing");
    row("empty title", "\"title\": \"Cache\"", "\"title\": \"\"", "$.components[0].title: expected text, found an empty one");
    row("negative weight", "\"weight\": 1", "\"weight\": -1", "$.components[0].weight: expected a number from 0");
    row("negative points", "\"points\": 60", "\"points\": -60", "$.checks[0].points: expected a number from 0");
    row("weights", "\"weight\": 1", "\"weight\": 0.9", "$.components: expected weights that add up to 1, found 0.9");
    row("points", "\"points\": 40", "\"points\": 41", "$.checks: expected points of component \"cache\" that add up to 100, found 101");
    row("component of a check", "\"cache/hits\"", "\"cahce/hits\"",
        "$.checks[1].id: expected a component that is declared, found \"cahce\"; did you mean \"cache\"?");
    row("id without component", "\"cache/hits\"", "\"hits\"", "$.checks[1].id: expected \"component/name\", found \"hits\"");
    row("id twice", "\"cache/hits\"", "\"cache/up\"", "$.checks[1].id: expected an id of its own, found \"cache/up\" a second time");
    row("word of a list", "\"tier\": \"must\"", "\"tier\": \"most\"",
        "$.checks[1].tier: expected one of \"must\", \"should\", \"nice\", \"\", found \"most\"");
    row("group missing", "\"group\": \"named\", ", "",
        "$.checks[1].group: expected one of \"foundation\", \"named\", \"rest\", found nothing");
    row("checks no list", "\"gates\": [", "\"gates\": 1, \"x-gates\": [", "$.gates: expected a list, found a number");
    row("check no object", "\"checks\": [\n", "\"checks\": [ 1,\n", "$.checks[0]: expected an object, found a number");
    row("gate's check", "[\"cache/hits\"]", "[\"cache/hit\"]",
        "$.gates[0].clearedBy[0]: expected a check's id, \"tier:...\" or \"component:...\", found \"cache/hit\"; did you mean "
        "\"cache/hits\"?");
    row("criterion's component", "\"component:cache\"", "\"component:cach\"",
        "$.criteria[0].checks[1]: expected a check's id, \"tier:...\" or \"component:...\", found \"component:cach\"");
    row("no rule", "[ {\"fact\": \"redis.reachable\", \"is\": true, \"onFault\": \"fail\"} ]", "[]",
        "$.checks[0].rule: expected a list of at least one condition, found an empty one");
}

void TestProfile::errorsNameThePlaceAndTheExpectation()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, error);
    const auto found = errorOf(json);
    QVERIFY2(found.startsWith(error), qPrintable(found));
}

void TestProfile::conditionErrorsNameThePlace_data()
{
    QTest::addColumn<QByteArray>("condition");
    QTest::addColumn<QString>("error");
    const auto row = [](const char *condition, const char *error) {
        QTest::newRow(condition) << QByteArray(condition) << QString::fromUtf8(error);
    };
    row(R"({"is": true})", ".fact: expected text, found nothing");
    row(R"({"fact": "reachable", "is": true})", ".fact: expected a fact's name such as \"redis.hit_ratio\", found \"reachable\"");
    row(R"({"fact": "redis.x"})", ": expected one of is, in, atMost, atLeast, anyOf");
    row(R"({"fact": "redis.x", "is": true, "atMost": 1})",
        ".atMost: expected exactly one of is, in, atMost, atLeast, anyOf, found a second one");
    row(R"({"fact": "redis.x", "is": 1})", ".is: expected true, false or text, found a number");
    row(R"({"fact": "redis.x", "in": []})", ".in: expected at least one value");
    row(R"({"fact": "redis.x", "in": ["a", 1]})", ".in[1]: expected true, false or text, found a number");
    row(R"({"fact": "redis.x", "atmost": 1})", ".atmost: this key is not known here; did you mean \"atMost\"?");
    row(R"({"fact": "redis.x", "atMost": "1"})", ".atMost: expected a number or {\"fact\": NAME, \"times\": K}, found text");
    row(R"({"fact": "redis.x", "atMost": {"fact": "redis.y", "time": 2}})",
        ".atMost.time: this key is not known here; did you mean \"times\"?");
    row(R"({"fact": "redis.x", "atMost": {"fact": "redis.x", "times": 2}})", ".atMost.fact: expected another fact than the one that is judged, found \"redis.x\"");
    row(R"({"fact": "redis.x", "atLeast": -1})", ".atLeast: expected a number from 0 to under 1e+18, found -1");
    row(R"({"fact": "backup.usable_age", "atMost": 1e12})", ".atMost: expected a number from 0 to under 1e+11, found 1e+12");
    row(R"({"fact": "shop.temperature", "atLeast": -1e300})", ".atLeast: expected a number from -1e+18 to under 1e+18, found -1e+300");
    row(R"({"fact": "redis.x", "atMost": 1, "failAbove": 1e20})", ".failAbove: expected a number from 0 to under 1e+18, found 1e+20");
    row(R"({"fact": "redis.x", "is": true, "when": {"fact": "redis.x", "is": true, "when": {"fact": "redis.x", "is": true, "when": {"fact": "redis.x", "is": true, "when": {"fact": "redis.x", "is": true}}}}})",
        ".when.when.when.when: expected at most four levels of conditions");
    row(R"({"fact": "redis.x", "atMost": 1, "failAbove": 1})", ".failAbove: expected a number above atMost");
    row(R"({"fact": "redis.x", "atLeast": 1, "failBelow": 2})", ".failBelow: expected a number below atLeast");
    row(R"({"fact": "redis.x", "atLeast": 1, "failAbove": 2})", ".failAbove: expected only beside atMost");
    row(R"({"fact": "redis.x", "atMost": {"fact": "redis.y"}, "failAbove": 2})", ".failAbove: expected none where the limit is a fact");
    row(R"({"fact": "redis.x", "atMost": 1, "linear": true})", ".linear: expected failAbove or failBelow beside it");
    row(R"({"fact": "redis.x", "atMost": 1, "failAbove": 2, "warn": true})", ".warn: expected no failAbove");
    row(R"({"fact": "redis.x", "is": true, "warn": "yes"})", ".warn: expected true or false, found text");
    row(R"({"fact": "redis.x", "is": true, "onFault": "warn"})", ".onFault: expected one of \"fail\", \"failIfAnswered\", \"unknown\", found \"warn\"");
    row(R"({"fact": "redis.x", "is": true, "fail": "only {valu} left"})",
        ".fail: expected {value}, {limit}, {object} or {fact:NAME}, found \"{valu\"");
    row(R"({"fact": "redis.x", "is": true, "pass": "only {value"})", ".pass: expected {value}");
    row(R"({"fact": "redis.x", "atMost": 1, "pass": "{value?one}"})", ".pass: expected {value?WORDS FOR ONE|WORDS FOR MORE}, found \"{value?one\"");
    row(R"({"fact": "redis.x", "atMost": 1, "pass": "{what?one|two}"})", ".pass: expected {value}");
    row(R"({"anyOf": [{"fact": "redis.x", "is": true}]})", ".anyOf: expected at least two conditions");
    row(R"({"anyOf": [{"fact": "redis.x", "is": true}, {"fact": "redis.y"}]})", ".anyOf[1]: expected one of is, in");
    row(R"({"fact": "redis.x", "is": true, "when": {"fact": "redis.y", "is": true, "onFault": "fail"}})",
        ".when.onFault: expected none in a guard");
}

void TestProfile::conditionErrorsNameThePlace()
{
    QFETCH(QByteArray, condition);
    QFETCH(QString, error);
    const auto found = errorOf(replaced(R"({"fact": "redis.hit_ratio", "atLeast": 0.8, "failBelow": 0.6})", condition.constData()));
    QVERIFY2(found.startsWith(QStringLiteral("$.checks[1].rule[0]") + error), qPrintable(found));
}

void TestProfile::truncatedFilesAreRefusedWithLineAndColumn()
{
    QVERIFY(errorOf("{\n \"name\": \"x\",\n \"readyAt\": }").startsWith(QStringLiteral("line 3, column 1")));
    QCOMPARE(errorOf("[]"), QStringLiteral("$: expected an object"));
    QVERIFY(errorOf({}).startsWith(QStringLiteral("line 1, column 1: expected JSON, found: ")));
    QVERIFY(errorOf(QByteArray(5 * 1024 * 1024, ' ')).startsWith(QStringLiteral("expected a profile of at most 4 MiB")));
    const auto json = defaultProfileJson();
    for (qsizetype size = 0; size < json.size() - 3; size += 997)
        QVERIFY(!errorOf(json.left(size)).isEmpty());
}

void TestProfile::anyKeyOfTheShippedProfileMayBeMissingWithoutACrash()
{
    const auto whole = QJsonDocument::fromJson(defaultProfileJson()).object();
    QVERIFY(!whole.isEmpty());
    const auto checks = whole.value(QStringLiteral("checks")).toArray();
    for (qsizetype i = 0; i < checks.size(); ++i) {
        auto fewer = checks;
        fewer.removeAt(i);
        auto json = whole;
        json.insert(QStringLiteral("checks"), fewer);
        QVERIFY(errorOf(QJsonDocument(json).toJson()).startsWith(QStringLiteral("$.checks: expected points of component")));
    }
}

QTEST_GUILESS_MAIN(TestProfile)
#include "tst_profile.moc"
