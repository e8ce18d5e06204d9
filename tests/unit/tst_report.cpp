// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/report.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <limits>

using namespace muster;

namespace {

const std::string kHostile = "a|b\nc\"d\\|<b>x</b>\x1b[31m\xE2\x80\xAE`e`\xff";

WallTime noon() { return WallTime(Millis(1769860800000)); } // 2026-01-31T12:00:00Z

Observed observed(const std::string &source, const std::string &name, Value value, const std::string &unit, Millis age = Millis{200})
{
    return {Fact{name, std::move(value), unit, Millis{30000}, {}}, source, noon() - age, age};
}

/// One environment with a gate, a check over two instances, a fault and facts of every kind.
struct World {
    EnvironmentInfo environment;
    Snapshot snapshot;
    Assessment assessment;

    World()
    {
        environment.name = "shop";
        environment.kind = "production";
        snapshot.at = noon();
        snapshot.sources = {{"redis/cache", "redis", std::nullopt, Stamp{noon(), {}}, std::nullopt, Millis{200}},
                            {"postgres/primary", "postgres", Fault{FaultKind::TooLarge, "query", kHostile, "do this"}, std::nullopt, Stamp{noon(), {}}, Millis{0}}};
        fact("redis.hit_ratio", 0.931, "ratio");
        fact("redis.run_id", std::string("abc"), "");
        fact("redis.tls_in_use", true, "");
        fact("redis.nan", std::numeric_limits<double>::quiet_NaN(), "count");
        fact("redis.infinite", std::numeric_limits<double>::infinity(), "s");
        fact("redis.limiter_keys", Unknown{"no permission", "ACL SETUSER x +scan"}, "count");
        fact("redis.lag", NotApplicable{"it is a primary"}, "B");
        fact("redis.slowlog", Table{{{"command", ""}, {"took", "s"}}, {{std::string(kHostile), 0.5}, {std::monostate{}, std::nan("")}}, 2, true}, "");
        snapshot.facts["redis/cache"].emplace("redis.old", observed("redis/cache", "redis.old", 5.0, "count", Millis{31000}));
        fillAssessment();
    }

    void fact(const std::string &name, Value value, const std::string &unit)
    {
        snapshot.facts["redis/cache"].emplace(name, observed("redis/cache", name, std::move(value), unit));
    }

    void fillAssessment()
    {
        assessment.at = noon();
        assessment.verdict = Verdict::NotReady;
        assessment.score = {76.04, 91};
        assessment.measured = 0.85;
        assessment.gates = {{"no-usable-backup", "Backup", CheckStatus::Fail, "newest usable backup is 31 h old", "backups"},
                            {"writes", "Writes", CheckStatus::Pass, "", "cache"}};
        assessment.components = {{"environment", "Environment", 0.2, 95, 85, {85, 90}, 0.9}};
        CheckResult check;
        check.id = "environment/redis-service";
        check.component = "environment";
        check.title = "Redis | service";
        check.priority = "high";
        check.tier = "must";
        check.group = "named";
        check.remedy = "set maxmemory";
        check.points = 4;
        check.status = CheckStatus::Fail;
        check.earned = {0, 0};
        check.findings = {{"redis/cache", CheckStatus::Fail, {0, 0}, kHostile, "hint", "", {"redis.policy"}, Millis{400}},
                          {"redis/store", CheckStatus::Warn, {0.5, 0.5}, "fine", "", "", {"redis.policy"}, Millis{100}}};
        assessment.checks = {check};
        assessment.criteria = {{"backups-operational", "Backups", CheckStatus::Fail, {"database/automated-backups"}, "no backup"}};
    }

    [[nodiscard]] report::Input input() const { return {environment, snapshot, assessment}; }
    [[nodiscard]] QJsonObject json() const { return QJsonDocument::fromJson(QByteArray::fromStdString(report::toJson(input()))).object(); }
    [[nodiscard]] QJsonObject factNamed(const QString &name) const
    {
        for (const auto &value : json()[u"facts"].toArray()) {
            if (value.toObject()[u"name"].toString() == name)
                return value.toObject();
        }
        return {};
    }
};

QStringList linesOf(const std::string &text)
{
    return QString::fromStdString(text).split(u'\n');
}

} // namespace

class TestReport : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void jsonHasTheContractsHead()
    {
        const auto json = World().json();
        QCOMPARE(json[u"schema"].toInt(), 1);
        QVERIFY(json[u"program"].toString().startsWith(u"muster "));
        QCOMPARE(json[u"environment"].toString(), QStringLiteral("shop"));
        QCOMPARE(json[u"kind"].toString(), QStringLiteral("production"));
        QCOMPARE(json[u"at"].toString(), QStringLiteral("2026-01-31T12:00:00.000Z"));
        QCOMPARE(json[u"verdict"].toString(), QStringLiteral("not-ready"));
        QCOMPARE(json[u"score"].toObject(), (QJsonObject{{QStringLiteral("low"), 76.04}, {QStringLiteral("high"), 91}, {QStringLiteral("measured"), 0.85}}));
    }

    void jsonNamesOnlyGatesThatHoldItBack()
    {
        const auto gates = World().json()[u"gates"].toArray();
        QCOMPARE(gates.size(), 1);
        QCOMPARE(gates[0].toObject()[u"id"].toString(), QStringLiteral("no-usable-backup"));
        QCOMPARE(gates[0].toObject()[u"reason"].toString(), QStringLiteral("newest usable backup is 31 h old"));
    }

    void jsonHasOneRowAnInstanceWorstFirst()
    {
        const auto checks = World().json()[u"checks"].toArray();
        QCOMPARE(checks.size(), 2);
        const auto worst = checks[0].toObject();
        for (const auto *key : {"id", "component", "title", "points", "status", "earned", "evidence", "remedy", "priority", "tier", "instance", "facts", "age"})
            QVERIFY2(worst.contains(QLatin1String(key)), key);
        QCOMPARE(worst[u"instance"].toString(), QStringLiteral("cache"));
        QCOMPARE(worst[u"status"].toString(), QStringLiteral("fail"));
        QCOMPARE(worst[u"age"].toDouble(), 0.4);
        QCOMPARE(worst[u"facts"].toArray(), QJsonArray{QStringLiteral("redis.policy")});
        const auto other = checks[1].toObject();
        QCOMPARE(other[u"id"].toString(), worst[u"id"].toString());
        QCOMPARE(other[u"instance"].toString(), QStringLiteral("store"));
        QCOMPARE(other[u"status"].toString(), QStringLiteral("warn"));
        QCOMPARE(other[u"earned"].toObject()[u"low"].toDouble(), 2.0);
    }

    void jsonComponentsAndCriteria()
    {
        const auto json = World().json();
        const auto component = json[u"components"].toArray()[0].toObject();
        QCOMPARE(component[u"id"].toString(), QStringLiteral("environment"));
        QCOMPARE(component[u"weight"].toDouble(), 0.2);
        QCOMPARE(component[u"target"].toDouble(), 95.0);
        QCOMPARE(component[u"score"].toObject(), (QJsonObject{{QStringLiteral("low"), 85}, {QStringLiteral("high"), 90}}));
        const auto criterion = json[u"criteria"].toArray()[0].toObject();
        QCOMPARE(criterion[u"id"].toString(), QStringLiteral("backups-operational"));
        QCOMPARE(criterion[u"status"].toString(), QStringLiteral("fail"));
        QCOMPARE(criterion[u"checks"].toArray(), QJsonArray{QStringLiteral("database/automated-backups")});
    }

    void jsonListsAreThereWhenTheyAreEmpty()
    {
        World world;
        world.assessment = {};
        world.snapshot = {};
        for (const auto *key : {"gates", "components", "checks", "criteria", "facts", "faults"})
            QVERIFY2(world.json()[QLatin1String(key)].isArray(), key);
    }

    void jsonFactsCarryValueUnitAndAge()
    {
        const World world;
        const auto fact = world.factNamed(QStringLiteral("redis.hit_ratio"));
        QCOMPARE(fact[u"source"].toString(), QStringLiteral("redis/cache"));
        QCOMPARE(fact[u"value"].toDouble(), 0.931);
        QCOMPARE(fact[u"unit"].toString(), QStringLiteral("ratio"));
        QCOMPARE(fact[u"age"].toDouble(), 0.2);
        QCOMPARE(fact[u"budget"].toDouble(), 30.0);
        QCOMPARE(fact[u"at"].toString(), QStringLiteral("2026-01-31T11:59:59.800Z"));
        QVERIFY(world.factNamed(QStringLiteral("redis.tls_in_use"))[u"value"].toBool());
    }

    void jsonNeverShowsAsNumberWhatIsNone_data()
    {
        QTest::addColumn<QString>("state");
        QTest::newRow("redis.nan") << QStringLiteral("not-a-number");
        QTest::newRow("redis.infinite") << QStringLiteral("infinite");
        QTest::newRow("redis.old") << QStringLiteral("stale");
        QTest::newRow("redis.limiter_keys") << QStringLiteral("unknown");
        QTest::newRow("redis.lag") << QStringLiteral("not-applicable");
    }
    void jsonNeverShowsAsNumberWhatIsNone()
    {
        QFETCH(QString, state);
        const auto fact = World().factNamed(QString::fromUtf8(QTest::currentDataTag()));
        QVERIFY(fact.contains(u"value"));
        QVERIFY(fact[u"value"].isNull());
        QCOMPARE(fact[u"state"].toString(), state);
    }

    void jsonTablesSayColumnsAndCut()
    {
        const auto table = World().factNamed(QStringLiteral("redis.slowlog"))[u"value"].toObject();
        QCOMPARE(table[u"columns"].toArray()[1].toObject()[u"unit"].toString(), QStringLiteral("s"));
        QCOMPARE(table[u"rows"].toArray()[0].toArray()[1].toDouble(), 0.5);
        QVERIFY(table[u"rows"].toArray()[1].toArray()[0].isNull());
        QVERIFY(table[u"rows"].toArray()[1].toArray()[1].isNull());
        QVERIFY(table[u"truncated"].toBool());
    }

    void jsonFaultsUseTheContractsWords()
    {
        const auto fault = World().json()[u"faults"].toArray()[0].toObject();
        QCOMPARE(fault[u"source"].toString(), QStringLiteral("postgres/primary"));
        QCOMPARE(fault[u"kind"].toString(), QStringLiteral("too-large"));
        QCOMPARE(fault[u"stage"].toString(), QStringLiteral("query"));
        QCOMPARE(fault[u"hint"].toString(), QStringLiteral("do this"));
    }

    void jsonSurvivesBrokenUtf8()
    {
        QVERIFY(QString::fromUtf8(QByteArray::fromStdString(report::toJson(World().input()))).isValidUtf16());
        QVERIFY(!World().json().isEmpty());
    }

    void factsAreFilteredByPrefix()
    {
        const auto text = report::factsToJson(World().snapshot, {"redis.hit", "redis.run"});
        const auto facts = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object()[u"facts"].toArray();
        QCOMPARE(facts.size(), 2);
        QVERIFY(!report::factsToTable(World().snapshot, {"redis.hit"}).contains("run_id"));
    }

    void nagiosHasOneStatusLineWithPerformanceData()
    {
        const auto lines = linesOf(report::toNagios(World().input()));
        QVERIFY2(lines[0].startsWith(u"MUSTER CRITICAL - shop NOT READY 76.0–91.0"), qPrintable(lines[0]));
        QCOMPARE(lines[0].count(u'|'), 1);
        const auto data = lines[0].section(u'|', 1).trimmed().split(u' ');
        QCOMPARE(data, (QStringList{QStringLiteral("score=76.04;95;80;0;100"), QStringLiteral("measured=85%"), QStringLiteral("environment=85;95;;0;100")}));
        for (const auto &line : lines.mid(1))
            QVERIFY2(!line.contains(u'|'), qPrintable(line));
        QCOMPARE(lines.size(), 3); // status, one finding, the end
    }

    void nagiosKeepsHostileReasonsOnItsLine()
    {
        World world;
        world.assessment.gates[0].reason = "x | fake=1\nOK";
        const auto lines = linesOf(report::toNagios(world.input()));
        QCOMPARE(lines[0].count(u'|'), 1);
        QVERIFY(lines[0].contains(u"x / fake=1"));
    }

    void verdictsHaveTheirNagiosWord_data()
    {
        QTest::addColumn<int>("verdict");
        QTest::newRow("MUSTER OK") << static_cast<int>(Verdict::Ready);
        QTest::newRow("MUSTER WARNING") << static_cast<int>(Verdict::AtRisk);
        QTest::newRow("MUSTER CRITICAL") << static_cast<int>(Verdict::NotReady);
    }
    void verdictsHaveTheirNagiosWord()
    {
        QFETCH(int, verdict);
        World world;
        world.assessment.verdict = static_cast<Verdict>(verdict);
        QVERIFY(report::toNagios(world.input()).starts_with(QTest::currentDataTag()));
    }

    void markdownTablesCannotBeBroken()
    {
        const auto text = report::toMarkdown(World().input());
        QVERIFY(!text.contains(" <b>"));
        for (const auto &line : linesOf(text)) {
            if (!line.startsWith(u"| fail"))
                continue;
            // Unescaped bars only: five cells have six.
            int bars = 0;
            for (qsizetype i = 0; i < line.size(); ++i) {
                if (line[i] == u'\\')
                    ++i;
                else if (line[i] == u'|')
                    ++bars;
            }
            QCOMPARE(bars, 6);
            QVERIFY2(line.contains(u"\\<b\\>x\\</b\\>"), qPrintable(line));
            return;
        }
        QFAIL("no row of the failing check");
    }

    void tableIsPlainWithoutColour()
    {
        const auto plain = report::toTable(World().input(), false);
        QVERIFY(!plain.contains('\x1b'));
        QVERIFY(!plain.contains("\xE2\x80\xAE"));
        const auto coloured = report::toTable(World().input(), true);
        QVERIFY(coloured.contains("\x1b[31m"));
        QVERIFY(!coloured.contains("</b>\x1b[31m")); // the server's own escape stays inert
    }

    void prometheusEscapesLabels()
    {
        World world;
        world.snapshot.sources[0].id = "redis/a\"b\\c\nd";
        const auto text = report::toPrometheus(world.input());
        QVERIFY(text.contains("source=\"redis/a\\\"b\\\\c\\nd\"} 1"));
        QVERIFY(text.contains("muster_score{environment=\"shop\",bound=\"low\"} 76.04\n"));
        QVERIFY(text.contains("muster_verdict{environment=\"shop\"} 2\n"));
        QVERIFY(text.contains("source=\"postgres/primary\"} 0\n"));
        QVERIFY(text.contains("muster_check_passed{environment=\"shop\",check=\"environment/redis-service\"} 0\n"));
    }

    void prometheusCarriesFreshNumbers()
    {
        World world;
        auto &facts = world.snapshot.facts["redis/cache"];
        facts["shop.jobs"] = {{"shop.jobs", 123456789.25, "count", Millis{1000}, {}}, "redis/cache", {}, Millis{10}};
        facts["shop.old"] = {{"shop.old", 1.0, "", Millis{1000}, {}}, "redis/cache", {}, Millis{2000}};
        facts["shop.text"] = {{"shop.text", std::string("no number"), "", Millis{1000}, {}}, "redis/cache", {}, Millis{10}};
        const auto text = report::toPrometheus(world.input());
        QVERIFY(text.contains("muster_fact{environment=\"shop\",source=\"redis/cache\",fact=\"shop.jobs\",unit=\"count\"} 123456789.25\n"));
        QVERIFY(!text.contains("shop.old") && !text.contains("shop.text"));
    }

    void prometheusLeavesUnknownOut()
    {
        World world;
        world.assessment.checks[0].status = CheckStatus::Unknown;
        QVERIFY(!report::toPrometheus(world.input()).contains("muster_check_passed{"));
    }

    void everyFormatHasItsWord()
    {
        for (const auto *word : {"table", "json", "markdown", "prometheus", "nagios"}) {
            const auto format = report::formatFrom(word);
            QVERIFY2(format, word);
            QVERIFY(report::render(*format, World().input()).ends_with('\n'));
        }
        QVERIFY(!report::formatFrom("pdf"));
    }
};

QTEST_GUILESS_MAIN(TestReport)
#include "tst_report.moc"
