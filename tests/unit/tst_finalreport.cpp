// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/csv.h"
#include "app/report/finalreport.h"
#include "app/report/markdown.h"
#include "app/report/recompute.h"
#include "app/report/report.h"
#include "app/report/reportfile.h"
#include "app/report/story.h"
#include "models/format/format.h"
#include "tests/unit/readinesskit.h"

#include <QCryptographicHash>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <limits>

#include <sys/stat.h>

using namespace muster;
using namespace muster::test;
using namespace std::chrono_literals;

namespace {

const std::string kHostile = "<script>alert(1)</script> <img src=x onerror=y> [a](javascript:b) ![c](http://evil.example/d) http://evil.example www.evil.example"
                             " mail@evil.example `e` | f \"g\" 'h' &amp; =HYPERLINK(\"i\") \x1b[31m \xE2\x80\xAE \xff {{j}} ${k} **l**";

/// The output of a tool, or what it said on standard error.
QByteArray output(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.start(program, arguments);
    if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
        return "FAILED " + process.errorString().toUtf8() + process.readAllStandardError() + process.readAllStandardOutput();
    return process.readAllStandardOutput();
}

/// As RFC 4180 has it, every cell quoted.
QList<QByteArrayList> csvRecords(const QByteArray &csv)
{
    QList<QByteArrayList> records{{}};
    for (qsizetype at = 0; at < csv.size();) {
        QByteArray cell;
        for (++at; at < csv.size() && (csv[at] != '"' || csv.mid(at, 2) == "\"\""); ++at) {
            cell += csv[at];
            at += csv[at] == '"' ? 1 : 0;
        }
        records.back().push_back(cell);
        ++at; // the closing quote
        if (csv.mid(at, 2) == "\r\n" && at + 2 < csv.size())
            records.push_back({});
        at += csv.mid(at, 2) == "\r\n" ? 2 : 1;
    }
    return records;
}

/// A history with a fall, a gap, and a note.
class FallenHistory : public HistoryStore {
public:
    std::expected<void, Fault> append(const HistoryEntry &) override { return {}; }
    std::expected<std::vector<HistoryPoint>, Fault> read(const std::string &series, WallTime, WallTime to, std::size_t) const override
    {
        std::vector<HistoryPoint> points;
        for (int i = 100; i >= 0; --i) {
            if (i > 40 && i < 60)
                continue;
            const double value = i > 50 ? 96.8 : series == "score.high" ? 91 : 87.3;
            points.push_back({to - i * 5min, value, value, value, value});
        }
        return points;
    }
    std::expected<std::vector<HistoryEvent>, Fault> events(WallTime, WallTime, std::size_t) const override { return {}; }
    std::expected<std::vector<HistoryDrop>, Fault> drops(WallTime, WallTime to, std::size_t) const override
    {
        const auto at = to - 3h;
        return std::vector<HistoryDrop>{{at, at - 90min, {{96.8, 96.8}, Verdict::Ready}, {{87.3, 91}, Verdict::NotReady},
                                         {{at, "database/automated-backups", "pass", "fail", kHostile, -0.75}}}};
    }
    std::expected<HistoryEntry, Fault> latest() const override { return {}; }
};

} // namespace

/// The final report in each format, and what can be made of it offline.
class TestFinalReport : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void recomputesToTheSame_data();
    void recomputesToTheSame();
    void noticesAnotherProfile();
    void noticesATouchedReport();
    void refusesWhatIsNoReport_data();
    void refusesWhatIsNoReport();
    void namesTheFactsAndChecksThatMoved();
    void everyFormatTellsTheWhole_data();
    void everyFormatTellsTheWhole();
    void htmlIsSelfContainedAndInert();
    void markdownHoldsNoMarkupOfOthers();
    void markdownSaysTheSame_data();
    void markdownSaysTheSame();
    void csvCellsAreNoFormulas_data();
    void csvCellsAreNoFormulas();
    void csvHasOneShape();
    void pdfIsSoundAndReadable();
    void pdfBreaksPagesWithoutLoss();
    void chartKeepsGaps();
    void historyThatCannotBeReadIsANote();
    void writerReplacesInOneStep();

private:
    /// A world in which much is wrong, with hostile words from the servers.
    [[nodiscard]] World hostileWorld() const;
    [[nodiscard]] Assessment judged(const World &world) const { return readiness::evaluate(m_profile, world.snapshot(), {m_environment.kind, m_environment.waivers}); }
    /// Calls with a complete report of the world.
    template<class Use>
    auto with(const World &world, Use use) const
    {
        const auto assessment = judged(world);
        report::FinalReport final{m_environment, m_profile, world.snapshot(), assessment, {"laptop", "ada", "Europe/Berlin", "Debian GNU/Linux 12", "musterctl"}};
        const FallenHistory history;
        report::addHistory(final, &history);
        return use(final);
    }
    [[nodiscard]] QByteArray rendered(report::ReportFormat format, const World &world) const
    {
        return with(world, [&](const report::FinalReport &final) {
            const auto bytes = report::render(format, final);
            return bytes ? QByteArray::fromStdString(*bytes) : "FAILED " + QByteArray::fromStdString(bytes.error().detail);
        });
    }

    Profile m_profile;
    EnvironmentInfo m_environment;
};

void TestFinalReport::initTestCase()
{
    m_profile = shippedProfile();
    m_environment.name = "shop";
    m_environment.kind = "production";
    m_environment.path = "/etc/muster/shop.json";
    m_environment.sources = {{"redis/one", "redis", "one", "cache1:6379"}};
    m_environment.waivers = {{"performance/cdn", "ops", "internal users only " + kHostile, 2027y / 3 / 31}};
}

World TestFinalReport::hostileWorld() const
{
    auto world = reviewWorld(m_profile);
    world.set("http/one", "http.redirect_chain", kHostile);
    world.set("http/one", "http.https_enforced", false);
    world.set("prometheus/one", "prometheus.targets_down", 3.0);
    world.set("prometheus/one", "prometheus.target_worst", kHostile);
    world.set("redis/one", "redis.version", kHostile);
    world.fail("smtp/one", FaultKind::Tls, kHostile);
    for (auto &source : world.snapshot().sources) {
        if (source.fault)
            source.fault->detail = source.fault->hint = kHostile;
    }
    return world;
}

void TestFinalReport::recomputesToTheSame_data()
{
    QTest::addColumn<int>("world");
    QTest::newRow("review") << 0;
    QTest::newRow("perfect") << 1;
    QTest::newRow("hostile, with a fault and a waiver") << 2;
    QTest::newRow("nothing declared") << 3;
    QTest::newRow("stale, unknown, not applicable, never, no number") << 4;
    QTest::newRow("declared, never measured") << 5;
}

void TestFinalReport::recomputesToTheSame()
{
    QFETCH(int, world);
    World made = world == 0 ? reviewWorld(m_profile) : world == 1 || world == 4 ? perfectWorld(m_profile) : world == 2 ? hostileWorld() : World();
    if (world == 4) {
        made.set("backup/one", "backup.usable_age", std::numeric_limits<double>::infinity(), "s");
        made.set("redis/one", "redis.hit_ratio", Unknown{"no traffic", "send some"}, "ratio");
        made.set("postgres/one", "postgres.sequence_used_ratio", std::numeric_limits<double>::quiet_NaN(), "ratio");
        made.set("postgres/one", "postgres.replication_lag", NotApplicable{"it is a primary"}, "s");
        made.set("prometheus/one", "prometheus.targets_down", 0.0, "count", World::kBudget + 1ms);
        made.set("http/one", "http.latency", 0.1 + 0.2, "s");
    }
    if (world == 5) {
        made.declare("redis/one");
        made.snapshot().sources.back().lastGood.reset();
    }
    const auto truly = judged(made);
    const auto check = [&](const std::string &json) {
        const auto saved = report::readReport(json);
        QVERIFY2(saved, saved ? "" : saved.error().c_str());
        const auto again = report::recompute(*saved, m_profile);
        QVERIFY(again.isSameProfile);
        QVERIFY2(again.isSameResult, (format::score(again.assessment.score) + " instead of " + format::score(truly.score)).c_str());
        for (std::size_t i = 0; i < truly.checks.size(); ++i)
            QVERIFY2(again.assessment.checks[i].status == truly.checks[i].status && again.assessment.checks[i].earned == truly.checks[i].earned, truly.checks[i].id.c_str());
        for (std::size_t i = 0; i < truly.gates.size(); ++i)
            QVERIFY2(again.assessment.gates[i].status == truly.gates[i].status, truly.gates[i].id.c_str());
    };
    check(rendered(report::ReportFormat::Json, made).toStdString());
    check(report::toJson({m_environment, made.snapshot(), truly, &m_profile})); // `check --output json` will do
}

void TestFinalReport::noticesAnotherProfile()
{
    const auto saved = report::readReport(rendered(report::ReportFormat::Json, reviewWorld(m_profile)).toStdString());
    QVERIFY(saved);
    QFile file(QStringLiteral(MUSTER_SOURCE_DIR "/resources/readiness/default.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto other = Profile::parse(file.readAll() + "\n");
    QVERIFY(other);
    const auto again = report::recompute(*saved, *other);
    QVERIFY(!again.isSameProfile);
    QVERIFY(again.isSameResult);
    QCOMPARE(saved->profileHash.size(), std::size_t{64});
}

void TestFinalReport::noticesATouchedReport()
{
    auto bytes = rendered(report::ReportFormat::Json, reviewWorld(m_profile));
    const auto at = bytes.indexOf("\"low\": 87.");
    QVERIFY(at > 0);
    bytes.replace(at, 10, "\"low\": 99.");
    const auto saved = report::readReport(bytes.toStdString());
    QVERIFY(saved);
    QVERIFY(!report::recompute(*saved, m_profile).isSameResult);
}

void TestFinalReport::refusesWhatIsNoReport_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("part");
    const auto good = rendered(report::ReportFormat::Json, reviewWorld(m_profile));
    const auto changed = [&](const char *from, const char *to) {
        auto bytes = good;
        const auto at = bytes.indexOf(from);
        return at < 0 ? QByteArray("no ") + from : bytes.replace(at, qsizetype(qstrlen(from)), to);
    };
    QTest::newRow("empty") << QByteArray() << QStringLiteral("is no JSON");
    QTest::newRow("text") << QByteArray("hello") << QStringLiteral("is no JSON");
    QTest::newRow("cut") << good.left(good.size() / 2) << QStringLiteral("is no JSON");
    QTest::newRow("list") << QByteArray("[]") << QStringLiteral("$: expected an object");
    QTest::newRow("other JSON") << QByteArray("{\"a\":1}") << QStringLiteral("$.schema: expected it to be there");
    QTest::newRow("newer") << changed("\"schema\": 1", "\"schema\": 2") << QStringLiteral("$.schema: expected 1");
    QTest::newRow("bottomless") << QByteArray(100000, '[') << QStringLiteral("deep");
    QTest::newRow("old, without a profile") << changed("\"profile\"", "\"x\"") << QStringLiteral("$.profile");
    QTest::newRow("no facts") << changed("\"facts\": [\n  {\n   \"name\"", "\"fact\": [\n  {\n   \"name\"") << QStringLiteral("$.facts");
    QTest::newRow("time") << changed("\"at\": \"2026", "\"at\": \"soon") << QStringLiteral("$.at: expected a time");
    QTest::newRow("budget") << changed("\"budget\": 30.0", "\"budget\": \"30\"") << QStringLiteral(".budget: expected a number, found string");
    QTest::newRow("absurd budget") << changed("\"budget\": 30.0", "\"budget\": 1e300") << QStringLiteral("absurd");
    QTest::newRow("waiver") << changed("\"until\": \"2027-03-31\"", "\"until\": \"some day\"") << QStringLiteral("$.waivers[0].until: expected a date");
}

void TestFinalReport::refusesWhatIsNoReport()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, part);
    const auto saved = report::readReport(bytes.toStdString());
    QVERIFY(!saved);
    QVERIFY2(QString::fromStdString(saved.error()).contains(part), saved.error().c_str());
}

void TestFinalReport::namesTheFactsAndChecksThatMoved()
{
    auto world = perfectWorld(m_profile);
    const auto before = report::readReport(rendered(report::ReportFormat::Json, world).toStdString());
    world.set("prometheus/one", "prometheus.targets_down", 3.0, "count");
    world.set("redis/one", "redis.version", std::string("7.2.0"));
    const auto after = report::readReport(rendered(report::ReportFormat::Json, world).toStdString());
    QVERIFY(before && after);
    const auto text = report::differences(*before, *after);
    QVERIFY2(text.find("score: 100.0 → 96.3") != std::string::npos, text.c_str());
    const auto check = text.find("check monitoring/targets-up: pass 25.0 → fail 0.0 points");
    QVERIFY2(check != std::string::npos, text.c_str());
    QVERIFY2(text.find("prometheus/one  prometheus.targets_down", check) != std::string::npos, text.c_str());
    QVERIFY2(text.find("redis.version: ") != std::string::npos, text.c_str());
    QCOMPARE(report::differences(*after, *after), std::string("nothing moved\n"));
}

void TestFinalReport::everyFormatTellsTheWhole_data()
{
    QTest::addColumn<int>("format");
    QTest::newRow("pdf") << int(report::ReportFormat::Pdf);
    QTest::newRow("html") << int(report::ReportFormat::Html);
    QTest::newRow("markdown") << int(report::ReportFormat::Markdown);
}

void TestFinalReport::everyFormatTellsTheWhole()
{
    QFETCH(int, format);
    const auto world = reviewWorld(m_profile);
    auto bytes = rendered(static_cast<report::ReportFormat>(format), world);
    if (format == int(report::ReportFormat::Pdf)) {
        const QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("r.pdf")));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
        file.close();
        bytes = output(QStringLiteral("pdftotext"), {QStringLiteral("-layout"), file.fileName(), QStringLiteral("-")});
    }
    auto text = QString::fromUtf8(bytes);
    text.remove(QRegularExpression(QStringLiteral("<[^>]*>"))).remove(u'\\').replace(QRegularExpression(QStringLiteral("\\s+")), QStringLiteral(" "));
    const auto assessment = judged(world);
    for (const auto *part : {"shop", "production", "NOT READY", "2026-01-31 12:00:00 UTC", "Final metrics", "Deployment readiness", "0 of 8 met", "Launch criteria", "Plan to 100",
                             "muster 0.1.0", "musterctl", "ada@laptop", "Europe/Berlin", "Debian GNU/Linux 12", "/etc/muster/shop.json", "cache1:6379", "96.8 → 87.3", "internal users only", "SHA-256"})
        QVERIFY2(text.contains(QString::fromUtf8(part)), qPrintable(QString::fromUtf8(part) % QStringLiteral(" is missing in ") % text.left(3000)));
    QVERIFY(text.contains(QString::fromStdString(format::score(assessment.score))));
    QVERIFY(text.contains(QString::fromStdString(m_profile.hash.substr(0, 16))));
    for (const auto &component : assessment.components)
        QVERIFY2(text.contains(QString::fromStdString(component.title)), component.title.c_str());
    for (const auto &check : assessment.checks)
        QVERIFY2(text.contains(QString::fromStdString(check.title)), check.title.c_str());
}

void TestFinalReport::htmlIsSelfContainedAndInert()
{
    const auto html = QString::fromUtf8(rendered(report::ReportFormat::Html, hostileWorld()));
    const auto style = html.mid(html.indexOf(u"<style>") + 7, html.indexOf(u"</style>") - html.indexOf(u"<style>") - 7);
    const auto hash = QString::fromLatin1(QCryptographicHash::hash(style.toUtf8(), QCryptographicHash::Sha256).toBase64());
    QVERIFY(html.contains(QStringLiteral("content=\"default-src 'none'; style-src 'sha256-%1'").arg(hash)));
    // Tags are ours, and only these; attributes too.
    const QStringList tags{QStringLiteral("html"), QStringLiteral("head"), QStringLiteral("meta"), QStringLiteral("title"), QStringLiteral("style"), QStringLiteral("body"), QStringLiteral("main"),
                           QStringLiteral("div"), QStringLiteral("h1"), QStringLiteral("h2"), QStringLiteral("h3"), QStringLiteral("span"), QStringLiteral("p"), QStringLiteral("strong"), QStringLiteral("table"),
                           QStringLiteral("tr"), QStringLiteral("th"), QStringLiteral("td"), QStringLiteral("ul"), QStringLiteral("li"), QStringLiteral("svg"), QStringLiteral("rect"), QStringLiteral("circle"),
                           QStringLiteral("line"), QStringLiteral("text"), QStringLiteral("polygon"), QStringLiteral("polyline"), QStringLiteral("footer")};
    QStringList open;
    for (auto it = QRegularExpression(QStringLiteral("<(/?)([a-zA-Z0-9]+)([^>]*?)(/?)>")).globalMatch(html); it.hasNext();) {
        const auto match = it.next();
        const auto tag = match.captured(2);
        QVERIFY2(tags.contains(tag), qPrintable(match.captured()));
        for (const auto *forbidden : {"href", " src", "style=", "onerror", "onload", "http:", "url("})
            QVERIFY2(!match.captured(3).contains(QLatin1String(forbidden)), qPrintable(match.captured()));
        if (tag == u"meta" || !match.captured(4).isEmpty())
            continue;
        if (match.captured(1).isEmpty())
            open.push_back(tag);
        else
            QCOMPARE(tag, open.isEmpty() ? QString() : open.takeLast()); // nested rightly
    }
    QVERIFY(open.isEmpty());
    QVERIFY(html.contains(u"&lt;script&gt;alert(1)&lt;/script&gt;"));
    QVERIFY(html.contains(u"<polyline"));
    QVERIFY(!html.contains(QChar(0x202E)) && !html.contains(QChar(0x1b)));
}

void TestFinalReport::markdownHoldsNoMarkupOfOthers()
{
    const auto markdown = QString::fromUtf8(rendered(report::ReportFormat::Markdown, hostileWorld()));
    QVERIFY(markdown.contains(u"script"));
    // What stands in code spans is literal; what remains has no bare mark.
    auto rest = markdown;
    rest.remove(QRegularExpression(QStringLiteral("(`+)(?!`).*?(?<!`)\\1(?!`)")));
    for (const auto *bare : {"(?<!\\\\)<", "(?<!\\\\)\\[[^ ]", "://", "www\\.", "@", "(?<!\\\\)!\\["})
        QVERIFY2(!QRegularExpression(QString::fromLatin1(bare)).match(rest).hasMatch(), bare);
    for (const auto &line : markdown.split(u'\n')) {
        if (line.startsWith(u'|')) // every row of a table has the cells of its header
            QVERIFY2(QString(line).remove(QStringLiteral("\\|")).count(u'|') >= 3, qPrintable(line));
    }
}

void TestFinalReport::markdownSaysTheSame_data()
{
    QTest::addColumn<QString>("expected");
    QTest::newRow("plain words") << QStringLiteral("plain words");
    QTest::newRow("a_b *c* #d") << QStringLiteral("a\\_b \\*c\\* \\#d");
    QTest::newRow("http://a.example/x_y|z") << QStringLiteral("`http://a.example/x_y\\|z`");
    QTest::newRow("a@b.example") << QStringLiteral("`a@b.example`");
    QTest::newRow("``x``://y") << QStringLiteral("``` ``x``://y ```");
    QTest::newRow("<b>|") << QStringLiteral("\\<b\\>\\|");
}

void TestFinalReport::markdownSaysTheSame()
{
    QFETCH(QString, expected);
    QCOMPARE(QString::fromStdString(report::markdown(QTest::currentDataTag())), expected);
}

void TestFinalReport::csvCellsAreNoFormulas_data()
{
    QTest::addColumn<QByteArray>("cell");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *cell, const char *expected) { QTest::newRow(cell) << QByteArray(cell) << QByteArray(expected); };
    row("=1+1", "\"'=1+1\"");
    row("+A1", "\"'+A1\"");
    row("-A1", "\"'-A1\"");
    row("@SUM(A1)", "\"'@SUM(A1)\"");
    row("|calc", "\"'|calc\"");
    row("  =1", "\"'  =1\"");
    row("\xEF\xBC\x9D""1", "\"'\xEF\xBC\x9D""1\"");
    row("-1.5", "\"-1.5\"");
    row("+3", "\"+3\"");
    row("say \"no\", then", "\"say \"\"no\"\", then\"");
    row("", "\"\"");
}

void TestFinalReport::csvCellsAreNoFormulas()
{
    QFETCH(QByteArray, cell);
    QFETCH(QByteArray, expected);
    QCOMPARE(QByteArray::fromStdString(report::csvCell(cell.toStdString())), expected);
}

void TestFinalReport::csvHasOneShape()
{
    const auto world = hostileWorld();
    const auto findings = rendered(report::ReportFormat::Csv, world);
    const auto facts = QByteArray::fromStdString(report::factsToCsv(world.snapshot(), {}));
    for (const auto &csv : {findings, facts}) {
        const auto records = csvRecords(csv);
        QVERIFY(records.size() > 20);
        for (const auto &record : records) {
            QCOMPARE(record.size(), records.front().size());
            for (const auto &cell : record)
                QVERIFY2(!cell.startsWith('=') && !cell.startsWith('@') && !cell.startsWith('|'), cell.constData());
        }
    }
    QVERIFY(facts.contains("\"redis/one\",\"redis.version\""));
}

void TestFinalReport::pdfIsSoundAndReadable()
{
    auto world = hostileWorld();
    world.set("prometheus/one", "prometheus.target_worst", std::string("Größe ≥ 5 € · Ελλάδα · Москва"));
    const auto bytes = rendered(report::ReportFormat::Pdf, world);
    QVERIFY2(bytes.startsWith("%PDF-"), bytes.left(200).constData());
    for (const auto *active : {"/JavaScript", "/URI", "/Launch", "/OpenAction", "/EmbeddedFile", "/AcroForm"})
        QVERIFY2(!bytes.contains(active), active);
    const QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("r.pdf")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    file.close();
    const auto checked = output(QStringLiteral("qpdf"), {QStringLiteral("--check"), file.fileName()});
    QVERIFY2(!checked.startsWith("FAILED"), checked.constData());
    const auto text = QString::fromUtf8(output(QStringLiteral("pdftotext"), {QStringLiteral("-layout"), file.fileName(), QStringLiteral("-")}));
    QVERIFY2(text.contains(u"NOT READY"), qPrintable(text.left(500)));
    QVERIFY(text.contains(QString::fromStdString(format::score(judged(world).score))));
    QVERIFY2(text.contains(QStringLiteral("Größe ≥ 5 € · Ελλάδα · Москва")), "text beyond ASCII cannot be read");
    QVERIFY(text.contains(u"<script>alert(1)</script>")); // as words
}

void TestFinalReport::pdfBreaksPagesWithoutLoss()
{
    auto world = perfectWorld(m_profile);
    for (int i = 0; i < 60; ++i) { // a long finding, and long words
        const auto source = "postgres/replica" + std::to_string(i);
        world.declare(source);
        world.fail(source, FaultKind::Refused, std::string(300, 'w'));
    }
    const auto bytes = rendered(report::ReportFormat::Pdf, world);
    const QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("r.pdf")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    file.close();
    const auto pages = QString::fromUtf8(output(QStringLiteral("pdftotext"), {QStringLiteral("-layout"), file.fileName(), QStringLiteral("-")})).split(u'\f', Qt::SkipEmptyParts);
    QVERIFY(pages.size() > 4);
    for (qsizetype i = 0; i < pages.size(); ++i)
        QVERIFY2(pages[i].contains(QStringLiteral("page %1 of %2").arg(i + 1).arg(pages.size())), qPrintable(pages[i].right(200)));
    const auto all = pages.join(QString());
    for (int i = 0; i < 60; ++i)
        QVERIFY2(all.contains(QStringLiteral("postgres/replica%1").arg(i)), qPrintable(QString::number(i)));
    // No word outside of the margins, none in the strip of the footer's line.
    const auto boxes = QString::fromUtf8(output(QStringLiteral("pdftotext"), {QStringLiteral("-bbox"), file.fileName(), QStringLiteral("-")}));
    int words = 0;
    for (auto it = QRegularExpression(QStringLiteral("<word xMin=\"([\\d.-]+)\" yMin=\"([\\d.-]+)\" xMax=\"([\\d.-]+)\" yMax=\"([\\d.-]+)\">(.*?)</word>")).globalMatch(boxes); it.hasNext(); ++words) {
        const auto match = it.next();
        QVERIFY2(match.captured(1).toDouble() > 49 && match.captured(3).toDouble() < 547 && match.captured(2).toDouble() > 25 && match.captured(4).toDouble() < 820, qPrintable(match.captured()));
    }
    QVERIFY(words > 1000);
}

void TestFinalReport::chartKeepsGaps()
{
    with(reviewWorld(m_profile), [](const report::FinalReport &final) {
        const auto chart = report::chartOf(final);
        QCOMPARE(chart.runs.size(), std::size_t{2});
        QCOMPARE(chart.runs.front().size() + chart.runs.back().size(), final.low.size());
        QCOMPARE(chart.bottom, 80.0);
        QCOMPARE(chart.runs.back().back().x, 1.0);
        QCOMPARE(chart.runs.back().back().high, 91.0);
    });
}

void TestFinalReport::historyThatCannotBeReadIsANote()
{
    class Broken : public FallenHistory {
        std::expected<std::vector<HistoryDrop>, Fault> drops(WallTime, WallTime, std::size_t) const override { return std::unexpected(Fault{FaultKind::Config, "history", "written by a newer version", {}}); }
    };
    const auto world = reviewWorld(m_profile);
    const auto assessment = judged(world);
    report::FinalReport final{m_environment, m_profile, world.snapshot(), assessment, {}};
    const Broken broken;
    report::addHistory(final, &broken);
    QVERIFY(final.low.empty());
    QVERIFY(report::toHtml(final).find("written by a newer version") != std::string::npos);
    report::FinalReport none{m_environment, m_profile, world.snapshot(), assessment, {}};
    report::addHistory(none, nullptr);
    QVERIFY(report::toMarkdown(none).find("No history yet") != std::string::npos);
}

void TestFinalReport::writerReplacesInOneStep()
{
    const QTemporaryDir folder;
    const auto world = reviewWorld(m_profile);
    ReportRequest request{folder.filePath(QStringLiteral("r.html")).toStdString(), "html", m_environment, m_profile, std::make_shared<Snapshot>(world.snapshot()),
                          std::make_shared<Assessment>(judged(world)), std::make_shared<FallenHistory>()};
    const report::FileReportWriter writer;
    QVERIFY(writer.write(request));
    struct stat info {};
    QCOMPARE(::stat(request.path.c_str(), &info), 0);
    QCOMPARE(info.st_mode & 0777U, 0600U);
    request.format = "docx";
    QVERIFY(!writer.write(request));
    request.format = "json";
    request.path = folder.filePath(QStringLiteral("none/r.json")).toStdString();
    const auto written = writer.write(request);
    QVERIFY(!written);
    QVERIFY(written.error().kind == FaultKind::Config);
}

QTEST_GUILESS_MAIN(TestFinalReport)
#include "tst_finalreport.moc"
