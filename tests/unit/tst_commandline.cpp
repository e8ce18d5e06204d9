// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commandline.h"

#include <QTest>

using namespace muster;
using namespace muster::ctl;

namespace {

/// Words of a line; quotes are not known here.
std::expected<Options, Usage> parsed(const QString &line)
{
    std::vector<std::string> words;
    for (const auto &word : line.split(u' ', Qt::SkipEmptyParts))
        words.push_back(word.toStdString());
    return parseCommandLine(words);
}

} // namespace

class TestCommandLine : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesEveryCommandOfTheContract_data()
    {
        QTest::addColumn<QString>("command");
        QTest::addColumn<QString>("verb");
        const auto row = [](const char *line, const char *command, const char *verb) { QTest::newRow(line) << QString::fromUtf8(command) << QString::fromUtf8(verb); };
        row("check -e shop", "check", "");
        row("check -e shop --profile p.json --output nagios --for 5", "check", "");
        row("check --environment=shop --output=json", "check", "");
        row("facts -e shop --output json redis. postgres.", "facts", "");
        row("watch -e shop --interval 0.5", "watch", "");
        row("doctor -e shop", "doctor", "");
        row("backup list -e shop", "backup", "list");
        row("load run -e shop nightly --rate 20 --duration 30 --yes --confirm shop --reason asked", "load", "run");
        row("backup run -e shop nightly --yes --confirm shop --reason asked", "backup", "run");
        row("backup verify nightly-1 -e shop --yes", "backup", "verify");
        row("cache count -e shop --pattern cache:*", "cache", "count");
        row("cache flush -e shop --instance cache --db 0 --yes --confirm shop --max-latency 20 --reason x", "cache", "flush");
        row("cache flush -e shop --all", "cache", "flush");
        row("cache flush -e shop --pattern a:* --stage 10%/min --min-hit-rate 80%", "cache", "flush");
        row("mail test -e shop --to a@b.example --to c@d.example --yes", "mail", "test");
        row("audit list", "audit", "list");
        row("audit verify", "audit", "verify");
        row("report -e shop --format pdf -o shop.pdf", "report", "");
        row("report -e shop --format json -o - --for 3", "report", "");
        row("report diff a.json b.json", "report", "diff");
        row("recompute a.json --profile p.json", "recompute", "");
        row("history drops -e shop --since 7", "history", "drops");
        row("history series -e shop score.low --output json", "history", "series");
        row("env waive shop.json performance/cdn --owner ops --reason internal --until 2027-03-31", "env", "waive");
        row("env waive -e shop.json performance/cdn --owner ops --reason internal --until 2027-03-31", "env", "waive");
        row("env unwaive shop.json performance/cdn", "env", "unwaive");
        row("env check shop.json", "env", "check");
        row("env grants -e shop.json", "env", "grants");
    }
    void takesEveryCommandOfTheContract()
    {
        QFETCH(QString, command);
        QFETCH(QString, verb);
        const auto options = parsed(QString::fromUtf8(QTest::currentDataTag()));
        QVERIFY2(options, options ? "" : options.error().text.c_str());
        QCOMPARE(options->command, command.toStdString());
        QCOMPARE(options->verb, verb.toStdString());
    }

    void refusesWhatItDoesNotUnderstand_data()
    {
        QTest::addColumn<QString>("part");
        const auto row = [](const char *line, const char *part) { QTest::newRow(line) << QString::fromUtf8(part); };
        row("frobnicate", "unknown command “frobnicate”");
        row("backup", "list, run, verify");
        row("backup drop -e shop", "list, run, verify");
        row("report -e shop", "--format");
        row("report -e shop --format pdf", "-o FILE");
        row("report diff a.json", "two reports");
        row("recompute", "wants a report");
        row("history drops -e shop --output csv", "table or json");
        row("env waive shop.json", "one check");
        row("env waive shop.json performance/cdn --owner ops", "wants --owner WHO, --reason TEXT and --until");
        row("env unwaive", "wants the environment file");
        row("check", "which environment");
        row("check -e", "wants a value");
        row("check -e shop extra", "unexpected “extra”");
        row("check -e shop --yes", "has no option “--yes”");
        row("check -e shop --output xml", "table, json, markdown, csv, prometheus or nagios");
        row("check -e shop --for soon", "wants a number");
        row("check -e shop --for -1", "wants a number");
        row("check -e shop --for nan", "wants a number");
        row("check -e shop --nonsense 1", "has no option “--nonsense”");
        row("facts -e shop --output nagios", "table, json or csv");
        row("cache flush -e shop", "--pattern GLOB, --db N or --all");
        row("cache flush -e shop --pattern a --stage 10", "--stage wants a share such as 10%/min");
        row("cache flush -e shop --pattern a --stage 10%", "--stage wants a share such as 10%/min");
        row("cache flush -e shop --pattern a --stage 0%/min", "--stage wants a share such as 10%/min");
        row("cache flush -e shop --pattern a --stage 101%/min", "--stage wants a share such as 10%/min");
        row("cache flush -e shop --pattern a --stage 10%/min --min-hit-rate 0.8", "--min-hit-rate wants a share such as 80%");
        row("cache flush -e shop --pattern a --min-hit-rate 80%", "belongs to a flush in stages");
        row("cache flush -e shop --all --stage 10%/min", "only the keys of a --pattern");
        row("cache flush -e shop --db 0 --stage 10%/min", "only the keys of a --pattern");
        row("cache count -e shop --pattern a --stage 10%/min", "has no option");
        row("cache count -e shop --pattern a --yes", "has no option “--yes”");
        row("env check", "wants the environment file");
        row("mail test -e shop --pattern a", "has no option “--pattern”");
        row("-- -e shop", "unknown command");
    }
    void refusesWhatItDoesNotUnderstand()
    {
        QFETCH(QString, part);
        const auto options = parsed(QString::fromUtf8(QTest::currentDataTag()));
        QVERIFY(!options);
        QVERIFY(options.error().isError);
        QVERIFY2(QString::fromStdString(options.error().text).contains(part), options.error().text.c_str());
    }

    void flushesNothingAfterAnUnquotedPattern_data()
    {
        QTest::addColumn<QString>("part");
        QTest::newRow("cache flush -e shop --pattern cache:a cache:b --yes") << QStringLiteral("quote the pattern");
        QTest::newRow("cache flush -e shop --pattern a --all") << QStringLiteral("one of --pattern, --db and --all");
        QTest::newRow("cache flush -e shop --db 1 --pattern a") << QStringLiteral("one of --pattern, --db and --all");
        QTest::newRow("cache flush -e shop --pattern a --pattern b") << QStringLiteral("one of --pattern, --db and --all");
        QTest::newRow("cache flush -e shop --db 1.5") << QStringLiteral("whole number");
    }
    void flushesNothingAfterAnUnquotedPattern() { refusesWhatItDoesNotUnderstand(); }

    void helpAndVersionAreNoErrors_data()
    {
        QTest::addColumn<bool>("isError");
        QTest::newRow("--help") << false;
        QTest::newRow("-h") << false;
        QTest::newRow("--version") << false;
        QTest::newRow("check --help") << false;
        QTest::newRow("backup --help") << false;
        QTest::newRow("cache flush -h") << false;
        QTest::newRow("") << true;
    }
    void helpAndVersionAreNoErrors()
    {
        QFETCH(bool, isError);
        const auto options = parsed(QString::fromUtf8(QTest::currentDataTag()));
        QVERIFY(!options);
        QCOMPARE(options.error().isError, isError);
        QVERIFY(options.error().text.find("muster") != std::string::npos);
    }

    void keepsEachValue()
    {
        const auto options = parsed(QStringLiteral("cache flush -e /etc/shop.json --instance cache --pattern a[b]* --max-latency 7 --yes --confirm shop --reason why"));
        QVERIFY(options);
        QCOMPARE(options->environment, std::string("/etc/shop.json"));
        QCOMPARE(options->flush.instance, std::string("cache"));
        QCOMPARE(options->flush.pattern, std::string("a[b]*"));
        QVERIFY(options->flush.scope == FlushRequest::Scope::Glob);
        QCOMPARE(options->flush.maxLatency, Millis{7});
        QCOMPARE(options->flush.stageShare, 0.0);
        const auto staged = parsed(QStringLiteral("cache flush -e shop --pattern a* --stage 12.5%/min --min-hit-rate=80%"));
        QVERIFY(staged);
        QCOMPARE(staged->flush.stageShare, 0.125);
        QCOMPARE(staged->flush.leastHitRatio, 0.8);
        QVERIFY(options->isYes);
        QCOMPARE(options->confirm, std::string("shop"));
        QCOMPARE(options->reason, std::string("why"));
    }

    void durationsAreSeconds()
    {
        const auto load = parsed(QStringLiteral("load run -e shop nightly --rate 12.5 --duration 30"));
        QVERIFY(load);
        QCOMPARE(load->load.rate, 12.5);
        QVERIFY(load->load.duration == Millis{30000});
        QCOMPARE(parsed(QStringLiteral("check -e s --for 2.5"))->watchFor, Millis{2500});
        QCOMPARE(parsed(QStringLiteral("watch -e s --interval 0"))->interval, Millis{250});
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_commandline.moc"
