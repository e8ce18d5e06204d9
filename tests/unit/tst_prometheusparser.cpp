// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/delivery.h"
#include "connectors/prometheus/exposition.h"
#include "connectors/prometheus/promclient.h"
#include "connectors/prometheus/promfacts.h"
#include "connectors/prometheus/promparser.h"
#include "connectors/prometheus/samplelexer.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <cmath>

using namespace muster;
using namespace muster::prometheus;

namespace {

std::string fixture(const char *name)
{
    QFile file(QStringLiteral(MUSTER_TEST_DATA "/prometheus/") % QString::fromLatin1(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
}

const Value *valueOf(const FactBatch &batch, std::string_view name)
{
    for (const auto &fact : batch.facts) {
        if (fact.name == name)
            return &fact.value;
    }
    return nullptr;
}

void parseWithAll(std::string_view bytes)
{
    [[maybe_unused]] const auto a = parseBuildVersion(bytes);
    [[maybe_unused]] const auto b = parseRuntimeInfo(bytes);
    [[maybe_unused]] const auto c = parseTargets(bytes);
    [[maybe_unused]] const auto d = parseRules(bytes);
    [[maybe_unused]] const auto e = parseAlerts(bytes);
    [[maybe_unused]] const auto f = parseQuery(bytes);
    [[maybe_unused]] const auto g = parseRange(bytes);
    [[maybe_unused]] const auto h = parseAlertmanagerStatus(bytes);
    [[maybe_unused]] const auto i = parseAlertmanagerAlerts(bytes);
    [[maybe_unused]] const auto j = parseSilences(bytes);
    [[maybe_unused]] const auto k = parseRouting(bytes);
    [[maybe_unused]] const auto l = parseFailure(500, bytes);
}

} // namespace

class TestPrometheusParser : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsTheServersAnswers();
    void readsAlertmanagersAnswers();
    void readsQueries();
    void saysWhatWentWrong();
    void countsFailingRulesAndStaleTargets();
    void findsTheWatchdog();
    void survivesBrokenAnswers();
    void readsDurationsAndTimes();
    void keepsRangesUnderTheLimit();
    void readsTextFormat_data();
    void readsTextFormat();
    void choosesTheFormatByContentType();
    void leavesOutWhatDeviates();
    void lossesOfAReloadAreNone();
    void coverageAsksForWhatIsThere();
    void readsEachLineAsIfItStoodAlone();
    void readsValuesToTheLastBit();
    void boundsTheFamilies();
    void routesAsAlertmanagerDoes_data();
    void routesAsAlertmanagerDoes();
    void refusesABrokenConfiguration();
};

void TestPrometheusParser::readsTheServersAnswers()
{
    QCOMPARE(parseBuildVersion(fixture("buildinfo.json")).value(), "2.42.0+ds");
    const auto info = parseRuntimeInfo(fixture("runtimeinfo.json")).value();
    QVERIFY(info.isReloadGood);
    QVERIFY(info.startTime > 1.7e9);
    const auto targets = parseTargets(fixture("targets.json")).value();
    QVERIFY(!targets.empty());
    QCOMPARE(targets.front().health, "up");
    QCOMPARE(targets.front().interval, 1.0);
    QVERIFY(targets.front().lastScrape >= info.startTime);
    QVERIFY(targets.front().duration > 0 && targets.front().duration < 5);
    const auto rules = parseRules(fixture("rules.json")).value();
    QCOMPARE(rules.size(), std::size_t{4});
    QVERIFY(rules[0].isAlerting());
    QCOMPARE(rules[0].state, "firing");
    QCOMPARE(rules[3].health, "err");
    QVERIFY(!rules[3].error.empty());
    const auto alerts = parseAlerts(fixture("alerts.json")).value();
    QCOMPARE(alerts.size(), std::size_t{1});
    QCOMPARE(alerts[0].annotation("summary"), "Always fires <b>on purpose</b>"); // data, made inert where it is shown
}

void TestPrometheusParser::readsAlertmanagersAnswers()
{
    const auto status = parseAlertmanagerStatus(fixture("am-status.json")).value();
    QVERIFY(!status.version.empty());
    const auto routing = parseRouting(status.config);
    QVERIFY2(routing, routing ? "" : routing.error().detail.c_str());
    QVERIFY(routing->isReal("oncall"));
    const auto alerts = parseAlertmanagerAlerts(fixture("am-alerts.json")).value();
    QCOMPARE(alerts.at(0).label("alertname"), "Watchdog");
    QCOMPARE(alerts.at(0).receivers, std::vector<std::string>{"oncall"});
    const auto silences = parseSilences(fixture("am-silences.json")).value();
    QCOMPARE(silences.at(0).matchers, "alertname=\"DatabaseDown\", instance=~\"db.+\"");
    QCOMPARE(silences.at(0).state, "active");
    QVERIFY(silences.at(0).endsAt > 1.7e9);
}

void TestPrometheusParser::readsQueries()
{
    const auto buckets = parseQuery(fixture("query-vector.json")).value();
    QVERIFY(buckets.samples.size() > 3);
    QVERIFY(buckets.samples.front().labels.contains("le"));
    QVERIFY(std::isnan(parseQuery(fixture("query-scalar-nan.json")).value().samples.at(0).value));
    const auto range = parseRange(fixture("range.json")).value();
    QVERIFY(!range.series.empty());
    QCOMPARE(range.series.front().points.front().value, 1.0);
    const auto warned = parseQuery(R"({"status":"success","warnings":["w"],"infos":["i"],"data":{"resultType":"vector","result":[]}})").value();
    QCOMPARE(warned.warnings, (std::vector<std::string>{"w", "i"}));
}

void TestPrometheusParser::saysWhatWentWrong()
{
    const auto error = parseQuery(fixture("query-error.json")).error();
    QVERIFY(error.kind == FaultKind::Protocol);
    QVERIFY(error.detail.contains("bad_data"));
    QVERIFY(parseFailure(503, R"({"status":"error","errorType":"timeout","error":"query timed out"})").kind == FaultKind::Timeout);
    QVERIFY(parseFailure(401, "").kind == FaultKind::Auth);
    QVERIFY(parseFailure(403, "").kind == FaultKind::Denied);
    QVERIFY(parseFailure(503, "Service Unavailable").kind == FaultKind::Unavailable);
    QVERIFY(parseTargets("<html>").error().kind == FaultKind::Protocol);
    QVERIFY(parseQuery(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}})").error().kind == FaultKind::Protocol);
}

void TestPrometheusParser::countsFailingRulesAndStaleTargets()
{
    FactBatch batch;
    addRuleFacts(batch, parseRules(fixture("rules.json")).value(), 0, 0);
    QCOMPARE(*valueOf(batch, "prometheus.rules_alerting"), Value(2.0));
    QCOMPARE(*valueOf(batch, "prometheus.rules_failing"), Value(1.0));
    QCOMPARE(*valueOf(batch, "prometheus.database_alert_rules"), Value(1.0));
    const std::vector<ScrapeTarget> targets = {{"node", "a", "up", "", 1000, 15, 0.1, 10}, {"node", "b", "up", "", 960, 15, 4, 5}, {"node", "e", "down", "late", 990, 15, 5, 5},
                                                {"pg", "c", "down", "refused", 990, 15, 0.1, 10}, {"new", "d", "unknown", "", 0, 15, 0, 10}};
    addTargetFacts(batch, targets, 1000);
    QCOMPARE(*valueOf(batch, "prometheus.targets_up"), Value(2.0));
    QCOMPARE(*valueOf(batch, "prometheus.targets_down"), Value(2.0));
    QCOMPARE(*valueOf(batch, "prometheus.targets_stale"), Value(1.0));
    QCOMPARE(*valueOf(batch, "prometheus.target_worst"), Value(std::string("node e: late")));
    QCOMPARE(*valueOf(batch, "prometheus.jobs_down"), Value(1.0)); // of “node” and “new” something is known
    QCOMPARE(*valueOf(batch, "prometheus.job_worst"), Value(std::string("pg c: refused")));
    QCOMPARE(*valueOf(batch, "prometheus.scrape_duration_ratio"), Value(0.8)); // of its timeout: the interval is not what it has
}

void TestPrometheusParser::findsTheWatchdog()
{
    AlertmanagerView good{"http://am", {}, {"0.25", "ready", {}}, Routing(), {{{{"alertname", "Watchdog"}}, {}, "active", 0, {}}}, {}};
    AlertmanagerView muted = good;
    muted.alerts.front().state = "suppressed";
    AlertmanagerView dead{"http://am2", Fault{FaultKind::Refused, "tcp", "closed", {}}, {}, Routing(), {}, {}};
    const auto watchdog = [](const std::vector<AlertmanagerView> &views, const char *name) {
        FactBatch batch;
        addAlertmanagerFacts(batch, views, name, 0);
        return *valueOf(batch, "prometheus.watchdog_firing");
    };
    QCOMPARE(watchdog({good}, "Watchdog"), Value(true));
    QCOMPARE(watchdog({good, dead}, "Watchdog"), Value(true));
    QCOMPARE(watchdog({good}, "DeadMan"), Value(false));
    QCOMPARE(watchdog({muted}, "Watchdog"), Value(false)); // silenced: its receiver hears nothing
    QVERIFY(std::holds_alternative<Unknown>(watchdog({good, dead}, "DeadMan"))); // the dead one may have it
    QVERIFY(std::holds_alternative<Unknown>(watchdog({}, "Watchdog")));
}

void TestPrometheusParser::survivesBrokenAnswers()
{
    const QDir folder(QStringLiteral(MUSTER_TEST_DATA "/prometheus"));
    const auto names = folder.entryList({QStringLiteral("*.json")});
    QVERIFY(names.size() >= 12);
    for (const auto &name : names) {
        const auto bytes = fixture(qPrintable(name));
        for (std::size_t length = 0; length < bytes.size(); length += 23) {
            parseWithAll(std::string_view(bytes).substr(0, length));
            auto broken = bytes;
            broken[length] = static_cast<char>(broken[length] ^ 0x15);
            parseWithAll(broken);
        }
    }
    for (const char *odd : {"null", "[]", "{}", "[null]", "[1,\"a\",[]]", R"({"status":"success","data":null})", R"({"status":"success","data":{"groups":[1,{"rules":[2]}],"alerts":["x"],"activeTargets":[null]}})"})
        parseWithAll(odd);
    QVERIFY(!parseRules(std::string(200000, '[')));
}

void TestPrometheusParser::readsDurationsAndTimes()
{
    QCOMPARE(parseDuration("1m30s"), 90.0);
    QCOMPARE(parseDuration("500ms"), 0.5);
    QCOMPARE(parseDuration("1d"), 86400.0);
    for (const char *bad : {"", "s", "5", "5x", "-5s"})
        QCOMPARE(parseDuration(bad), 0.0);
    QCOMPARE(parseTime("2001-09-09T01:46:40Z"), 1e9);
    QCOMPARE(parseTime("2001-09-09T03:46:40.5+02:00"), 1e9 + 0.5);
    for (const char *bad : {"", "0001-01-01T00:00:00Z", "2001-09-09", "2001-13-09T01:46:40Z", "2001-09-09T01:46:40", "2001-09-09T01:46:40.Z"})
        QVERIFY2(parseTime(bad) == 0 || parseTime(bad) == 1e9, bad);
}

void TestPrometheusParser::keepsRangesUnderTheLimit()
{
    using namespace std::chrono_literals;
    const WallTime from{};
    QCOMPARE(raisedStep(from, from + 1h, 15000ms), 15000ms);
    QCOMPARE(raisedStep(from, from + 1h, 0ms), 1000ms);
    for (const std::chrono::seconds span : {10999s, 11000s, 11001s, 604800s, 31536000s}) {
        const auto step = raisedStep(from, from + span, 1000ms);
        QVERIFY(Millis(span) / step < 11000);
        QVERIFY(step % 1000 == 0ms);
    }
}

void TestPrometheusParser::readsTextFormat_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("series");
    QTest::addColumn<int>("line"); // of the first problem; 0 = none
    const auto row = [](const char *name, const char *text, int series, int line) { QTest::newRow(name) << QByteArray(text) << series << line; };
    row("empty", "", 0, 0);
    row("plain", "a 1\n", 1, 0);
    row("blanks and comments", "\n# hello\n  a{ x = \"1\" , } \t 2  1700000000000 \n\n", 1, 0);
    row("nothing before the value", "a{x=\"1\"}2\n", 1, 0);
    row("special values", "a NaN\nb +Inf\nc -Inf\n", 3, 0);
    row("quoted name", "{\"my.metric\",x=\"1\"} 1\n", 1, 0);
    row("escapes", "a{x=\"\\\"\\\\\\n\"} 1\n", 1, 0);
    row("typed", "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n", 3, 0);
    row("no end of line", "a 1", 1, 1);
    row("hex float", "a 0x1p3\n", 0, 1);
    row("underscore", "a 1_000\n", 0, 1);
    row("seconds for a timestamp", "a 1 1700000000.5\n", 0, 1);
    row("text behind", "a 1 1 1\n", 0, 1);
    row("second TYPE", "# TYPE a counter\na 1\n# TYPE a counter\n", 1, 3);
    row("second HELP", "# HELP a one\n# HELP a two\na 1\n", 1, 2);
    row("TYPE after samples", "a 1\n# TYPE a counter\n", 1, 2);
    row("HELP of any words", "# HELP a \"it's \\\\ {here}\na 1\n", 1, 0);
    row("unknown TYPE", "# TYPE a summ\na 1\n", 1, 1);
    row("label twice", "b 1\na{x=\"1\",x=\"2\"} 1\n", 1, 2);
    row("open quote", "a{x=\"1} 1\n", 0, 1);
    row("no UTF-8", "a{x=\"\xff\"} 1\n", 0, 1);
    row("page", "<html>\n</html>\n", 0, 1);
}

void TestPrometheusParser::readsTextFormat()
{
    QFETCH(QByteArray, text);
    QFETCH(int, series);
    QFETCH(int, line);
    const auto seen = parseExposition({text.constData(), static_cast<std::size_t>(text.size())}, Format::Text, Mode::Lenient);
    QCOMPARE(static_cast<int>(seen.series), series);
    QCOMPARE(seen.problems.empty() ? 0 : static_cast<int>(seen.problems.front().line), line);
}

void TestPrometheusParser::choosesTheFormatByContentType()
{
    QCOMPARE(formatOf("text/plain; version=0.0.4; charset=utf-8"), std::optional(Format::Text));
    QCOMPARE(formatOf("Application/OpenMetrics-Text; version=1.0.0"), std::optional(Format::OpenMetrics));
    for (const char *other : {"", "text/html", "application/vnd.google.protobuf", "application/json"})
        QVERIFY2(!formatOf(other), other);
    // The same bytes: a comment is allowed in one and not in the other.
    QVERIFY(parseExposition("# hi\na 1\n", Format::Text, Mode::Strict).isGood());
    QVERIFY(!parseExposition("# hi\na 1\n", Format::OpenMetrics, Mode::Strict).isGood());
}

void TestPrometheusParser::leavesOutWhatDeviates()
{
    const auto seen = parseExposition("# TYPE a counter\na_total 1\na_total{x=1} 2\na_total{x=\"2\"} 3\n# EOF\n", Format::OpenMetrics, Mode::Lenient);
    QCOMPARE(seen.series, std::size_t{2});
    QCOMPARE(seen.problems.size(), std::size_t{1});
    QCOMPARE(seen.problems.front().text(), "line 3, column 11: expected a quoted text");
    std::string hostile;
    for (int i = 0; i < 100000; ++i)
        hostile += "}{\n";
    QCOMPARE(parseExposition(hostile, Format::Text, Mode::Lenient).problems.size(), std::size_t{20});
}

namespace {

DeliveryCounters counters(double time, double dropped, double discovered, bool isSettling)
{
    DeliveryCounters now;
    now.time = time;
    now.sent = time;
    now.dropped = dropped;
    now.discovered = discovered;
    now.isSettling = isSettling;
    return now;
}

} // namespace

/// After a reload Prometheus knows no Alertmanager for some seconds, drops its alerts and sends them again.
void TestPrometheusParser::lossesOfAReloadAreNone()
{
    DeliveryWatch watch;
    const auto facts = [&] {
        FactBatch batch;
        watch.addFacts(batch);
        return batch;
    };
    watch.add(counters(0, 0, 1, false));
    watch.add(counters(5, 2, 0, true));
    watch.add(counters(10, 3, 1, true));
    QVERIFY(*valueOf(facts(), "prometheus.notifications_dropped") == Value(0.0));
    QVERIFY(*valueOf(facts(), "prometheus.alertmanagers_discovered") == Value(1.0));
    watch.add(counters(30, 4, 0, false)); // nobody reloaded
    QVERIFY(*valueOf(facts(), "prometheus.notifications_dropped") == Value(1.0));
    QVERIFY(*valueOf(facts(), "prometheus.alertmanagers_discovered") == Value(0.0));
}

void TestPrometheusParser::coverageAsksForWhatIsThere()
{
    Rule cache;
    cache.type = "alerting";
    cache.name = "RedisDown";
    cache.query = "redis_up == 0";
    Target target;
    target.hasCache = target.hasStandby = target.hasBackup = false;
    FactBatch none;
    addCoverageFacts(none, {}, target);
    for (const auto *name : {"prometheus.alert_covers_cache_down", "prometheus.alert_covers_replication", "prometheus.alert_covers_backup"})
        QVERIFY2(std::holds_alternative<NotApplicable>(*valueOf(none, name)), name);
    QVERIFY(*valueOf(none, "prometheus.alert_covers_disk") == Value(false));
    target.hasCache = true;
    FactBatch some;
    addCoverageFacts(some, {cache}, target);
    QVERIFY(*valueOf(some, "prometheus.alert_covers_cache_down") == Value(true));
    cache.health = "err";
    FactBatch broken;
    addCoverageFacts(broken, {cache}, target);
    QVERIFY(*valueOf(broken, "prometheus.alert_covers_cache_down") == Value(false));
}

namespace {

std::string described(SampleLexer &lexer, std::string_view line)
{
    if (!lexer.lex(line))
        return lexer.problem().text();
    const auto &sample = lexer.sample();
    std::string words(sample.name);
    for (const auto &label : sample.labels)
        words += "|" + std::string(label.name) + "=" + label.value();
    return words + " " + std::to_string(sample.value) + "@" + std::to_string(sample.timestamp.value_or(-1)) + (sample.hasExemplar ? "#" : "");
}

} // namespace

/// What a line shares with the one before is not read twice; that must never show.
void TestPrometheusParser::readsEachLineAsIfItStoodAlone()
{
    const std::vector<std::string> pieces = {"a", "ab", "{", "}", "x=\"1\"", "x=\"12\"", "y=\"\\\"\"", ",", " ", "1", "2.5", "\"", "\\", "le=\"+Inf\"", "} 1", "{x=\"1\",", " # {t=\"1\"} 1", "\"q\"", "\t"};
    unsigned seed = 1;
    const auto next = [&](std::size_t limit) { return (seed = seed * 1103515245U + 12345U) / 65536U % limit; };
    std::vector<std::string> lines = {"a{x=\"1\",le=\"+Inf\"} 1"};
    while (lines.size() < 60000) {
        auto line = lines.back();
        line.resize(next(line.size() + 1));
        for (auto left = next(6); left > 0; --left)
            line += pieces[next(pieces.size())];
        lines.push_back(next(5) == 0 ? "a{x=\"1\",y=\"2\",le=\"5\"} 1" : line);
    }
    int good = 0;
    for (const auto format : {Format::Text, Format::OpenMetrics}) {
        SampleLexer running(format);
        for (const auto &line : lines) {
            SampleLexer fresh(format);
            const auto alone = described(fresh, line);
            QCOMPARE(described(running, line), alone);
            good += alone.starts_with("line") ? 0 : 1;
        }
    }
    QVERIFY(good > 1000);
}

/// Short decimals are read by hand; the C library, an independent reader, must see the same bits.
void TestPrometheusParser::readsValuesToTheLastBit()
{
    unsigned seed = 7;
    const auto next = [&](unsigned limit) { return (seed = seed * 1103515245U + 12345U) / 65536U % limit; };
    std::string text;
    std::vector<double> expected;
    for (int i = 0; i < 50000; ++i) {
        std::string digits;
        for (auto left = 1 + next(18); left > 0; --left)
            digits += static_cast<char>('0' + next(10));
        if (next(4) > 0)
            digits.insert(1 + next(static_cast<unsigned>(digits.size())), digits.size() > 1 && next(9) == 0 ? "" : ".");
        if (digits.back() == '.')
            digits += '5';
        digits += next(8) == 0 ? "e-3" : "";
        text += "a{i=\"" + std::to_string(i) + "\"} " + digits + "\n";
        expected.push_back(std::strtod(digits.c_str(), nullptr));
    }
    std::size_t at = 0;
    const auto seen = parseExposition(text, Format::Text, Mode::Strict, [&](const SampleView &sample) {
        QVERIFY2(sample.value == expected[at], std::to_string(expected[at]).c_str());
        ++at;
    });
    QVERIFY2(seen.isGood(), seen.isGood() ? "" : seen.problems.front().text().c_str());
    QCOMPARE(at, expected.size());
    for (const auto *bad : {"a 1..2\n", "a .\n", "a 1.2.3\n", "a 12x\n", "a 1_0\n", "a 0x1p3\n"})
        QVERIFY2(!parseExposition(bad, Format::Text, Mode::Strict).isGood(), bad);
    double last = 0;
    for (const auto &[good, value] : {std::pair{"a 1.\n", 1.0}, std::pair{"a .5\n", 0.5}, std::pair{"a 007.50\n", 7.5}, std::pair{"a 1 5\n", 1.0}}) {
        QVERIFY2(parseExposition(good, Format::Text, Mode::Strict, [&](const SampleView &sample) { last = sample.value; }).isGood(), good);
        QCOMPARE(last, value);
    }
}

void TestPrometheusParser::boundsTheFamilies()
{
    std::string many;
    for (int i = 0; i < 150000; ++i)
        many += "a" + std::to_string(i) + " 1\n";
    const auto seen = parseExposition(many, Format::Text, Mode::Lenient);
    QCOMPARE(seen.families.size(), std::size_t{100000});
    QVERIFY(seen.problems.front().words.contains("100000"));
}

void TestPrometheusParser::routesAsAlertmanagerDoes_data()
{
    QTest::addColumn<QByteArray>("severity");
    QTest::addColumn<QByteArray>("team");
    QTest::addColumn<QByteArray>("receivers");
    const auto row = [](const char *severity, const char *team, const char *receivers) {
        QTest::newRow((std::string(severity) + "/" + team).c_str()) << QByteArray(severity) << QByteArray(team) << QByteArray(receivers);
    };
    row("", "", "default");
    row("critical", "", "pager,log");  // continue: the sibling behind it hears it as well
    row("critical", "db", "dba,log");
    row("warning", "", "log");
    row("warningly", "", "default");   // expressions are anchored
    row("", "web", "chat");            // a label that is not there differs from every value
}

void TestPrometheusParser::routesAsAlertmanagerDoes()
{
    QFETCH(QByteArray, severity);
    QFETCH(QByteArray, team);
    QFETCH(QByteArray, receivers);
    const auto routing = parseRouting("route:\n  receiver: default\n  routes:\n"
                                      "  - match: {severity: critical}\n    receiver: pager\n    continue: true\n    routes: [{receiver: dba, matchers: ['team=\"db\"']}]\n"
                                      "  - receiver: log\n    match_re: {severity: 'critical|warning'}\n"
                                      "  - receiver: chat\n    matchers: ['{team!=\"db\", team!=\"\"}']\n"
                                      "receivers: [{name: default}, {name: pager, webhook_configs: [{}]}, {name: log, email_configs: []}]\n");
    QVERIFY2(routing, routing ? "" : routing.error().detail.c_str());
    Labels labels{{"alertname", "A"}};
    if (!severity.isEmpty())
        labels["severity"] = severity.toStdString();
    if (!team.isEmpty())
        labels["team"] = team.toStdString();
    std::string names;
    for (const auto &name : routing->receiversOf(labels))
        names += (names.empty() ? "" : ",") + name;
    QCOMPARE(QByteArray::fromStdString(names), receivers);
    QVERIFY(routing->isReal("pager") && !routing->isReal("default") && !routing->isReal("log") && !routing->isReal("nowhere"));
}

void TestPrometheusParser::refusesABrokenConfiguration()
{
    for (const char *text : {"", "[]", "route: 3", "route: {receiver: [", "a: &a [*a]"})
        QVERIFY2(!parseRouting(text), text);
    std::string deep = "route: {receiver: a";
    for (int i = 0; i < 5000; ++i)
        deep += ", routes: [{receiver: a";
    QVERIFY(!parseRouting(deep));
    const Matcher slow{"a", Matcher::Test::Matches, "(x+x+)+y"};
    QVERIFY(!slow.accepts({{"a", std::string(1024, 'x')}})); // ends, at the library's limit of steps
    QVERIFY(!(Matcher{"a", Matcher::Test::Matches, "("}).accepts({{"a", "("}}));
}

QTEST_APPLESS_MAIN(TestPrometheusParser)
#include "tst_prometheusparser.moc"
