// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/appauditsource.h"
#include "connectors/samples/loadreport.h"
#include "connectors/samples/loadtestsource.h"
#include "connectors/samples/logsource.h"
#include "connectors/samples/siblingsource.h"

#include <QDateTime>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

#include <sys/stat.h>

using namespace muster;
using namespace muster::samples;

namespace {

std::string fixture(const char *name)
{
    QFile file(QStringLiteral(MUSTER_TEST_DATA "/samples/") + QLatin1String(name));
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

double numberOf(const FactBatch &batch, std::string_view name)
{
    const auto *value = valueOf(batch, name);
    const auto *number = value ? asNumber(*value) : nullptr;
    return number ? *number : -1;
}

bool isUnknown(const FactBatch &batch, std::string_view name)
{
    const auto *value = valueOf(batch, name);
    return value && std::holds_alternative<Unknown>(*value);
}

std::expected<FactBatch, Fault> collected(Source &source)
{
    return source.collect(Deadline::after(Millis{2000}), {});
}

std::string jsonLine(const QDateTime &at, const char *more = "")
{
    return R"({"time":")" + at.toUTC().toString(Qt::ISODateWithMs).toStdString() + R"(","level":"info","message":"GET /")" + more + "}\n";
}

} // namespace

class TestSamples : public QObject
{
    Q_OBJECT
    QTemporaryDir m_folder;

    std::string write(const char *name, const std::string &bytes)
    {
        QFile file(m_folder.filePath(QLatin1String(name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), static_cast<qint64>(bytes.size())) < 0)
            qFatal("cannot write the fixture");
        return file.fileName().toStdString();
    }

private Q_SLOTS:
    void lineIsStructuredOrSaysWhatIsMissing_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<bool>("isLogfmt");
        QTest::addColumn<QString>("problem");
        const auto json = [](const char *line, const char *problem) { QTest::newRow(line) << QByteArray(line) << false << QString::fromUtf8(problem); };
        const auto logfmt = [](const char *line, const char *problem) { QTest::newRow(line) << QByteArray(line) << true << QString::fromUtf8(problem); };
        json(R"({"time":"2026-01-31T12:00:00.123Z","level":"info","message":"x"})", "");
        json(R"({"@timestamp":"2026-01-31T12:00:00+01:00","log":{"level":"warn"},"message":"x"})", "");
        json(R"({"ts":"2026-01-31T12:00:00Z","severity":"INFO","msg":"x","nested":{"a":[1,2]}})", "");
        json(R"({"timestamp":"2026-01-31T12:00:00Z","level":30,"msg":"x"})", "");
        json(R"({"time":1769860800123,"level":30,"msg":"x"})", "not RFC 3339");
        json(R"({"time":"2026-01-31 12:00:00","level":"info","msg":"x"})", "not RFC 3339");
        json(R"({"time":"2026-01-31T12:00:00","level":"info","msg":"x"})", "not RFC 3339");
        json(R"({"level":"info","msg":"x"})", "no time");
        json(R"({"time":"2026-01-31T12:00:00Z","msg":"x"})", "no level");
        json(R"({"time":"2026-01-31T12:00:00Z","level":"info"})", "no message");
        json(R"(GET /items 200 took 3 ms)", "no JSON object");
        json(R"(["a"])", "no JSON object");
        json(R"({"time":"2026-01-31T12:00:00Z","level":"info","message":"x")", "no JSON object");
        logfmt("time=2026-01-31T12:00:00Z level=info msg=\"GET /items \\\"x\\\" 200\" took=3ms", "");
        logfmt(R"(time=2026-01-31T12:00:00Z level=info msg=)", "no message");
        logfmt(R"(GET /items 200)", "key=value");
        logfmt("time=2026-01-31T12:00:00Z level=info msg=\"open", "key=value");
        logfmt(R"(level=info msg=x)", "no time");
    }
    void lineIsStructuredOrSaysWhatIsMissing()
    {
        QFETCH(QByteArray, line);
        QFETCH(bool, isLogfmt);
        QFETCH(QString, problem);
        const auto sample = parseLog(line.toStdString() + '\n', isLogfmt ? LogFormat::Logfmt : LogFormat::Json, false);
        QCOMPARE(sample.lines, std::size_t{1});
        QCOMPARE(sample.structured, std::size_t{problem.isEmpty() ? 1U : 0U});
        QVERIFY2(problem.isEmpty() ? sample.firstProblem.empty() : QString::fromStdString(sample.firstProblem).contains(problem), sample.firstProblem.c_str());
    }

    void secretIsSeenAndNamedWithoutBeingShown_data()
    {
        QTest::addColumn<QString>("what");
        const auto row = [](const char *line, const char *what) { QTest::newRow(line) << QString::fromUtf8(what); };
        row(R"({"message":"login","password":"hunter2!"})", "a password");
        row("{\"message\":\"{\\\"user\\\":\\\"a\\\",\\\"passwd\\\":\\\"hunter2!\\\"}\"}", "a password");
        row("GET /login?user=a&password=hunter2 200", "a password");
        row("db_password=hunter2 started", "a password");
        row(R"({"api_key":"abcd1234"})", "an API key");
        row(R"({"client_secret":"abcd1234"})", "a secret");
        row(R"({"access_token":"abcd1234"})", "a token");
        row("Authorization: Bearer abcdefghijklmnop1234", "a bearer token");
        row("authorization: Basic dXNlcjpwYXNzd29yZA==", "basic credentials");
        row("-----BEGIN RSA PRIVATE KEY-----", "a private key");
        row("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk", "a JSON Web Token");
        row("key AKIAIOSFODNN7EXAMPLE used", "a cloud access key");
        row("connecting to postgresql://shop:hunter2@db1/shop", "a password in an address");
        row(R"({"password":"***"})", "");
        row(R"({"password":"[redacted]"})", "");
        row(R"({"password":"xxxxxxxx"})", "");
        row(R"({"password":""})", "");
        row(R"({"password":null})", "");
        row(R"({"message":"wrong password: try again"})", "");
        row("{\"message\":\"password reset mail sent\",\"url\":\"https://shop.example:443/a@b\"}", "");
        row("connecting to postgresql://shop:***@db1/shop", "");
        row(R"({"message":"token expired","request_id":"deadbeef"})", "");
    }
    void secretIsSeenAndNamedWithoutBeingShown()
    {
        QFETCH(QString, what);
        QCOMPARE(QString::fromStdString(secretIn(QTest::currentDataTag())), what);
    }

    void cutAndUnfinishedLinesDoNotCount()
    {
        const auto whole = jsonLine(QDateTime::currentDateTimeUtc());
        auto sample = parseLog("il\",\"x\":1}\n" + whole + whole + "{\"time\":\"20", LogFormat::Json, true);
        QCOMPARE(sample.lines, std::size_t{2});
        QCOMPARE(sample.structuredRatio(), 1.0);
        sample = parseLog("no line feed at all", LogFormat::Json, true);
        QCOMPARE(sample.lines, std::size_t{0});
    }

    void hostileLogsCostLittle()
    {
        QCOMPARE(parseLog(std::string(65536, '{') + "\n", LogFormat::Json, false).structured, std::size_t{0});
        QCOMPARE(parseLog(std::string(65536, '[') + "\n", LogFormat::Json, false).structured, std::size_t{0});
        QCOMPARE(parseLog(std::string(65536, 'a') + "\n" + std::string(65536, '=') + "\n", LogFormat::Logfmt, false).structured, std::size_t{0});
        QCOMPARE(parseLog("\"password\":\"\xff\xfe\x01\x02\x03\"\n", LogFormat::Json, false).lines, std::size_t{1});
    }

    void logSourceReadsTheLast64KiB()
    {
        const auto now = QDateTime::currentDateTimeUtc();
        std::string log = "password=leaked1 at the far beginning\n";
        while (log.size() < 100000)
            log += jsonLine(now.addSecs(-90));
        log += jsonLine(now.addSecs(-30)) + "not structured\n";
        LogSource source({"log/api", write("api.jsonl", log), LogFormat::Json});
        const auto batch = collected(source);
        QVERIFY(batch);
        const auto ratio = numberOf(*batch, "log.structured_ratio");
        QVERIFY2(ratio > 0.99 && ratio < 1, std::to_string(ratio).c_str());
        QVERIFY(valueOf(*batch, "log.secret_seen") && !*asTruth(*valueOf(*batch, "log.secret_seen")));
        const auto age = numberOf(*batch, "log.age");
        QVERIFY2(age >= 29.9 && age < 40, std::to_string(age).c_str());
    }

    void lineOfAMegabyteIsAFinding()
    {
        const std::string line = jsonLine(QDateTime::currentDateTimeUtc());
        LogSource source({"log/api", write("long.jsonl", line + "{\"message\":\"" + std::string(1 << 20, 'a') + " password=hunter2! \"}"), LogFormat::Json});
        auto batch = collected(source);
        QVERIFY(batch);
        QCOMPARE(numberOf(*batch, "log.structured_ratio"), 0.0);
        QVERIFY(std::ranges::any_of(batch->facts, [](const Fact &f) { return f.raw.contains("a line is longer than 65536 bytes"); }));
        QVERIFY(*asTruth(*valueOf(*batch, "log.secret_seen")));
        for (const auto &fact : batch->facts)
            QVERIFY(!fact.raw.contains("hunter2"));
        // Ended, and with good ones after it: only the good ones are whole.
        LogSource after({"log/api", write("after.jsonl", std::string(1 << 20, 'a') + "\n" + line + line), LogFormat::Json});
        batch = collected(after);
        QVERIFY(batch);
        QCOMPARE(numberOf(*batch, "log.structured_ratio"), 1.0);
    }

    void reportWithMissingFieldsSaysWhich()
    {
        LoadTestSource source({"loadtest/a", write("thin.json", "{\"latencies\":{\"mean\":1},\"rate\":\"fast\"}"), Millis{0}, Millis{500}, 50});
        const auto batch = collected(source);
        QVERIFY(batch);
        QCOMPARE(*asText(*valueOf(*batch, "loadtest.missing")), std::string("share of successes, 95th percentile, rate"));
        for (const auto *name : {"loadtest.success_ratio", "loadtest.p95", "loadtest.achieved_ratio", "loadtest.requests"})
            QVERIFY2(isUnknown(*batch, name), name);
        LoadTestSource closed({"loadtest/a", write("wrk.txt", fixture("wrk.txt")), Millis{0}, Millis{500}, 50});
        const auto loop = collected(closed);
        QVERIFY(loop && *valueOf(*loop, "loadtest.open_model") == Value(false));
        LoadTestSource open({"loadtest/a", write("vegeta.json", fixture("vegeta.json")), Millis{0}, Millis{500}, 50});
        const auto arrivals = collected(open);
        QVERIFY(arrivals && *valueOf(*arrivals, "loadtest.open_model") == Value(true));
    }

    void logFactsNeverCarryTheSecret()
    {
        LogSource source({"log/api", write("leak.jsonl", jsonLine(QDateTime::currentDateTimeUtc(), ",\"password\":\"hunter2!\"")), LogFormat::Json});
        const auto batch = collected(source);
        QVERIFY(batch);
        QVERIFY(*asTruth(*valueOf(*batch, "log.secret_seen")));
        for (const auto &fact : batch->facts)
            QVERIFY(fact.raw.find("hunter2") == std::string::npos);
    }

    void emptyLogIsUnknownAndMissingOneAFault()
    {
        LogSource empty({"log/api", write("empty.jsonl", ""), LogFormat::Json});
        const auto batch = collected(empty);
        QVERIFY(batch);
        QVERIFY(isUnknown(*batch, "log.structured_ratio"));
        QVERIFY(isUnknown(*batch, "log.secret_seen"));
        LogSource missing({"log/api", m_folder.filePath(QStringLiteral("none")).toStdString(), LogFormat::Json});
        QVERIFY(collected(missing).error().kind == FaultKind::Config);
        QVERIFY(!missing.diagnose(Deadline::after(Millis{100}), {})[0].isGood);
    }

    void pipeDoesNotBlockTheReader()
    {
        const auto path = m_folder.filePath(QStringLiteral("pipe")).toStdString();
        QCOMPARE(mkfifo(path.c_str(), 0600), 0);
        LogSource source({"log/api", path, LogFormat::Json});
        QVERIFY(!collected(source));
    }

    void loadReportsAreUnderstood_data()
    {
        QTest::addColumn<QString>("tool");
        QTest::addColumn<double>("success");
        QTest::addColumn<double>("p95");
        QTest::addColumn<double>("rate");
        QTest::newRow("vegeta.json") << QStringLiteral("vegeta") << 0.99 << 0.003478629 << 99.5;
        QTest::newRow("k6-summary-export.json") << QStringLiteral("k6") << 0.99 << 0.04125 << 99.0;
        QTest::newRow("k6-handle-summary.json") << QStringLiteral("k6") << 1.0 << 0.04125 << 100.0;
        QTest::newRow("wrk.txt") << QStringLiteral("wrk") << 0.99 << -1.0 << 330.0;
        QTest::newRow("h2load.txt") << QStringLiteral("h2load") << 0.99 << -1.0 << 940.5;
        QTest::newRow("h2load-percentiles.txt") << QStringLiteral("h2load") << 1.0 << 0.00101 << 950.0;
    }
    void loadReportsAreUnderstood()
    {
        QFETCH(QString, tool);
        QFETCH(double, success);
        QFETCH(double, p95);
        QFETCH(double, rate);
        const auto report = parseLoadReport(fixture(QTest::currentDataTag()));
        QVERIFY2(report, report ? "" : report.error().c_str());
        QCOMPARE(QString::fromStdString(report->tool), tool);
        QVERIFY(std::abs(report->success.value_or(-1) - success) < 1e-9);
        QVERIFY(std::abs(report->p95.value_or(-1) - p95) < 1e-9);
        QVERIFY(std::abs(report->rate.value_or(-1) - rate) < 1e-9);
        if (tool == u"vegeta")
            QCOMPARE(report->endedAt, 1769860800.5);
    }

    void otherFilesAreNoReport()
    {
        for (const auto *text : {"", "{}", "[]", "null", "{\"metrics\":{}}", "{\"latencies\":", "hello", "\xff\xfe"})
            QVERIFY2(!parseLoadReport(text), text);
        const auto odd = parseLoadReport(R"({"latencies":{"95th":-5},"success":"yes","rate":1e999,"end":7})");
        QVERIFY(!odd || (!odd->p95 && !odd->success && !odd->rate));
    }

    void loadTestFactsComeFromTheReport()
    {
        LoadTestSource source({"loadtest/nightly", write("vegeta.json", fixture("vegeta.json")), std::chrono::hours(24 * 90), Millis{500}, 50});
        const auto batch = collected(source);
        QVERIFY(batch);
        QCOMPARE(numberOf(*batch, "loadtest.success_ratio"), 0.99);
        QCOMPARE(numberOf(*batch, "loadtest.achieved_ratio"), 1.99);
        QCOMPARE(numberOf(*batch, "loadtest.p95_limit"), 0.5);
        QCOMPARE(numberOf(*batch, "loadtest.max_age"), 90 * 86400.0);
        const auto expected = static_cast<double>(QDateTime::currentSecsSinceEpoch()) - 1769860800.5;
        QVERIFY(std::abs(numberOf(*batch, "loadtest.age") - std::max(0.0, expected)) < 5);
    }

    void higherPercentileStandsInOnlyWhileItKeepsTheLimit()
    {
        const auto path = write("wrk.txt", fixture("wrk.txt"));
        LoadTestSource wide({"loadtest/a", path, Millis{0}, Millis{10}, 0});
        QCOMPARE(numberOf(*collected(wide), "loadtest.p95"), 0.0058);
        LoadTestSource narrow({"loadtest/a", path, Millis{0}, Millis{5}, 0});
        QVERIFY(isUnknown(*collected(narrow), "loadtest.p95"));
        QVERIFY(isUnknown(*collected(narrow), "loadtest.achieved_ratio"));
    }

    void droppedIterationsLowerTheAchievedRate()
    {
        LoadTestSource source({"loadtest/a", write("k6.json", fixture("k6-summary-export.json")), Millis{0}, Millis{500}, 0});
        QVERIFY(std::abs(numberOf(*collected(source), "loadtest.achieved_ratio") - 99.0 / 110.0) < 1e-9);
    }

    void missingReportIsAFaultWithItsPath()
    {
        LoadTestSource source({"loadtest/a", "/nonexistent/latest.json", Millis{0}, Millis{500}, 0});
        const auto batch = collected(source);
        QVERIFY(!batch);
        QVERIFY(batch.error().detail.find("/nonexistent/latest.json") != std::string::npos);
    }

    void auditQueryIsWrappedWhole()
    {
        QCOMPARE(ageQuery("select max(at) from audit_log -- newest ;\n; "), ageQuery("select max(at) from audit_log -- newest"));
        QVERIFY(ageQuery("select 1 -- x").find("-- x\n)") != std::string::npos);
    }

    void serversAreToldApart_data()
    {
        QTest::addColumn<Identity>("theirs");
        QTest::addColumn<bool>("isShared");
        QTest::newRow("the same process") << Identity{"b", "700", "17.5", false, false} << true;
        QTest::newRow("a standby of it") << Identity{"b", "700", "99.1", true, false} << true;
        QTest::newRow("a Redis that was restored from it") << Identity{"b", "700", "99.1", false, false} << false;
        QTest::newRow("a PostgreSQL that was restored from it") << Identity{"b", "700", "99.1", false, true} << true;
        QTest::newRow("another server") << Identity{"b", "701", "99.1", false, false} << false;
        QTest::newRow("another server, started in the same moment") << Identity{"b", "701", "17.5", false, false} << false;
        QTest::newRow("one that says nothing") << Identity{"b", "", "", true, false} << false;
    }
    void serversAreToldApart()
    {
        QFETCH(Identity, theirs);
        QFETCH(bool, isShared);
        QCOMPARE(!sharing(Identity{"a", "700", "17.5", false, theirs.isDatabase}, theirs).empty(), isShared);
        QVERIFY(sharing(Identity{"a", "", "", false, true}, Identity{"b", "", "", false, true}).empty());
    }

    void unreadableNeighbourIsAFault()
    {
        SiblingTarget target{"sibling/1", "staging", {}, {}, Fault{FaultKind::Config, "file", "staging.json: no such file", "x"}};
        SiblingSource broken(target);
        QVERIFY(collected(broken).error().kind == FaultKind::Config);
        target.problem.reset();
        SiblingSource empty(target);
        QVERIFY(isUnknown(*collected(empty), "sibling.shares_server"));
    }

    void neighbourThatDoesNotAnswerIsNotDifferent()
    {
        redis::Target gone;
        gone.id = "redis/cache";
        gone.host = "127.0.0.1";
        gone.port = 1;
        SiblingSource source({"sibling/1", "staging", {}, {{}, {gone}}, {}});
        const auto batch = collected(source);
        QVERIFY(batch);
        QVERIFY(isUnknown(*batch, "sibling.shares_server"));
    }
};

QTEST_GUILESS_MAIN(TestSamples)
#include "tst_samples.moc"
