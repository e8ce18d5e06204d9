// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/auditpresenter.h"
#include "models/presenters/detail.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/headerpresenter.h"
#include "models/presenters/pagestate.h"
#include "models/presenters/palettesearch.h"
#include "models/presenters/planpresenter.h"
#include "models/presenters/readinesspresenter.h"

#include <QFile>
#include <QTest>

#include <limits>

using namespace muster;

class TestPresenters : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void staleFactIsNotANumber();
    void unknownFactSaysWhyAndHow();
    void failingGatesComeFirst();
    void badgeCountsWhatIsWrong();
    void permissionSaysWhyNot_data();
    void permissionSaysWhyNot();
    void progressClaimsNoShareWithoutTotal();
    void auditJoinsIntentAndOutcome();
    void pageStateFollowsTheSource();
    void searchNeedsEveryWord();
    void dropSaysUntilWhen();
    void everyFactOfAPageIsInTheCatalogue();
};

namespace {

Observed observed(Value value, std::string unit, Millis age)
{
    return {{"redis.hit_ratio", std::move(value), std::move(unit), Millis(30'000), {}}, "redis/cache", WallTime(Millis(1'769'000'000'000)), age};
}

CheckResult check(std::string id, CheckStatus status, double gain)
{
    CheckResult result;
    result.id = id;
    result.title = id;
    result.page = "cache";
    result.status = status;
    result.points = 5;
    result.gain = gain;
    result.findings = {Finding{"redis/cache", status, {}, "because", "", "", {}, Millis(0)}};
    return result;
}

Plan freshPlan()
{
    Plan plan;
    plan.made = Stamp::now();
    return plan;
}

} // namespace

void TestPresenters::staleFactIsNotANumber()
{
    const Observed old = observed(0.931, "ratio", Millis(31'000));
    const facts::Shown shown = facts::show(&old);
    QCOMPARE(shown.freshness, facts::Freshness::Stale);
    QVERIFY(!shown.text.contains(QStringLiteral("93.1")));
    QVERIFY(shown.why.contains(QStringLiteral("93.1 %")));
    QVERIFY(!facts::freshNumber(&old));
    const Observed fresh = observed(0.931, "ratio", Millis(1000));
    QCOMPARE(facts::show(&fresh).text, QStringLiteral("93.1 %"));
}

void TestPresenters::unknownFactSaysWhyAndHow()
{
    const Observed unknown = observed(Unknown{"no permission", "ACL SETUSER oncall +info"}, "ratio", Millis(0));
    const facts::Shown shown = facts::show(&unknown);
    QCOMPARE(shown.text, QStringLiteral("unknown"));
    QVERIFY(shown.why.contains(QStringLiteral("no permission")) && shown.why.contains(QStringLiteral("+info")));
    QCOMPARE(facts::show(nullptr).freshness, facts::Freshness::NotMeasured);
}

void TestPresenters::failingGatesComeFirst()
{
    Assessment assessment;
    assessment.gates = {{"a", "A", CheckStatus::Unknown, "?", "cache"}, {"b", "B", CheckStatus::Fail, "!", "backups"}, {"c", "C", CheckStatus::Pass, "", ""}};
    assessment.checks = {check("c/pass", CheckStatus::Pass, 0), check("c/unknown", CheckStatus::Unknown, 9), check("c/small", CheckStatus::Fail, 1), check("c/big", CheckStatus::Fail, 2)};
    QStringList keys;
    for (const Row &row : readiness::findingRows(assessment, {}))
        keys << row.key;
    QCOMPARE(keys, (QStringList{QStringLiteral("gate:b"), QStringLiteral("c/big"), QStringLiteral("c/small"), QStringLiteral("gate:a"), QStringLiteral("c/unknown")}));
    QCOMPARE(readiness::findingRows(assessment, "backups").size(), std::size_t{1});
}

void TestPresenters::badgeCountsWhatIsWrong()
{
    Assessment assessment;
    assessment.checks = {check("c/1", CheckStatus::Warn, 0), check("c/2", CheckStatus::Fail, 0), check("c/3", CheckStatus::Waived, 0), check("c/4", CheckStatus::Pass, 0)};
    QCOMPARE(readiness::badge(assessment, "cache"), (readiness::Badge{2, CheckStatus::Fail}));
    QCOMPARE(readiness::badge(assessment, "mail").count, 0);
}

void TestPresenters::permissionSaysWhyNot_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<bool>("isArmed");
    QTest::addColumn<bool>("isFailed");
    QTest::addColumn<bool>("isExpired");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("why"); // "" = allowed
    const QString production = QStringLiteral("production");
    QTest::newRow("all well") << production << true << false << false << QStringLiteral("shop") << QString();
    QTest::newRow("read-only") << production << false << false << false << QStringLiteral("shop") << QStringLiteral("read-only");
    QTest::newRow("wrong name") << production << true << false << false << QStringLiteral("Shop") << QStringLiteral("Type");
    QTest::newRow("failed check") << production << true << true << false << QStringLiteral("shop") << QStringLiteral("check failed");
    QTest::newRow("expired") << production << true << false << true << QStringLiteral("shop") << QStringLiteral("expired");
    QTest::newRow("staging") << QStringLiteral("staging") << true << false << false << QString() << QString();
}

void TestPresenters::permissionSaysWhyNot()
{
    QFETCH(QString, kind);
    QFETCH(bool, isArmed);
    QFETCH(bool, isFailed);
    QFETCH(bool, isExpired);
    QFETCH(QString, name);
    QFETCH(QString, why);
    EnvironmentInfo environment;
    environment.name = "shop";
    environment.kind = kind.toStdString();
    Plan wanted = freshPlan();
    if (isFailed)
        wanted.checks.push_back({"writable", PlanCheckState::Failed, ""});
    const BootTime now = wanted.made.boot + Millis(isExpired ? 61'000 : 1000);
    const plan::Permission permission = plan::permission(wanted, environment, isArmed, name, now);
    QCOMPARE(permission.isAllowed, why.isEmpty());
    QVERIFY2(permission.why.contains(why), qPrintable(permission.why));
}

void TestPresenters::progressClaimsNoShareWithoutTotal()
{
    QCOMPARE(plan::progressPermille({"counting", 500, std::nullopt, "keys", ""}), std::nullopt);
    QVERIFY(!plan::progressText({"counting", 500, std::nullopt, "keys", ""}).contains(QLatin1Char('%')));
    QCOMPARE(plan::progressPermille({"deleting", 500, 1000, "keys", ""}), std::optional<int>(500));
    QCOMPARE(plan::progressPermille({"deleting", 5000, 1000, "keys", ""}), std::optional<int>(1000));
    QCOMPARE(plan::progressPermille({"deleting", std::numeric_limits<double>::quiet_NaN(), 1000, "keys", ""}), std::nullopt);
}

void TestPresenters::auditJoinsIntentAndOutcome()
{
    AuditEntry intent;
    intent.id = "1";
    intent.phase = "intent";
    AuditEntry outcome = intent;
    outcome.phase = "outcome";
    outcome.outcome = "succeeded";
    AuditEntry open = intent;
    open.id = "2";
    const auto rows = audit::rows({intent, outcome, open});
    QCOMPARE(rows.size(), std::size_t{2});
    QCOMPARE(rows[0].key, QStringLiteral("2")); // newest first
    QCOMPARE(rows[0].status, std::optional(CheckStatus::Unknown));
    QCOMPARE(rows[1].status, std::optional(CheckStatus::Pass));
}

void TestPresenters::pageStateFollowsTheSource()
{
    Snapshot snapshot;
    QCOMPARE(pageState(pages::cache(), snapshot, {}).kind, PageState::Kind::Empty);
    snapshot.sources.push_back({"redis/cache", "redis", std::nullopt, std::nullopt, std::nullopt, Millis(0)});
    QCOMPARE(pageState(pages::cache(), snapshot, {}).kind, PageState::Kind::Loading);
    snapshot.sources[0].fault = Fault{FaultKind::Auth, "auth", "WRONGPASS", "Correct the password."};
    const PageState failed = pageState(pages::cache(), snapshot, {});
    QCOMPARE(failed.kind, PageState::Kind::Failed);
    QVERIFY(failed.text.contains(QStringLiteral("auth")) && failed.text.contains(QStringLiteral("WRONGPASS")));
    QCOMPARE(failed.step, QStringLiteral("Correct the password."));
    snapshot.facts["redis/cache"]["redis.version"] = Observed{};
    const PageState halfWay = pageState(pages::cache(), snapshot, {});
    QCOMPARE(halfWay.kind, PageState::Kind::Stale);
    QVERIFY(!halfWay.title.contains(QStringLiteral("last answer"))); // there was none
    snapshot.facts.clear();
    snapshot.sources[0].lastGood = Stamp::now();
    QCOMPARE(pageState(pages::cache(), snapshot, {}).kind, PageState::Kind::Stale);
    snapshot.sources[0].fault.reset();
    QCOMPARE(pageState(pages::cache(), snapshot, {}).kind, PageState::Kind::Ready);
}

void TestPresenters::searchNeedsEveryWord()
{
    const std::vector<palette::Entry> entries{{QStringLiteral("1"), QStringLiteral("fact"), QStringLiteral("redis.hit_ratio_lifetime"), {}},
                                              {QStringLiteral("2"), QStringLiteral("fact"), QStringLiteral("redis.hit_ratio"), {}},
                                              {QStringLiteral("3"), QStringLiteral("page"), QStringLiteral("Cache"), {}}};
    const auto found = palette::search(entries, QStringLiteral("hit redis"), 10);
    QCOMPARE(found.size(), std::size_t{2});
    QCOMPARE(found[0].key, QStringLiteral("2")); // the shorter one
    QCOMPARE(palette::search(entries, {}, 10).size(), std::size_t{3});
    QCOMPARE(palette::search(entries, QStringLiteral("cache redis"), 10).size(), std::size_t{0});
}

void TestPresenters::dropSaysUntilWhen()
{
    const std::vector<SeriesPoint> points{{0, 96.8}, {60'000, 96.8}, {120'000, 90.4}};
    QCOMPARE(dropText(points, 90.4), QStringLiteral("was 96.8 until 00:01"));
    QCOMPARE(dropText(points, 96.8), QString());
}

// The pages show facts by name: a name that no connector makes would stay "not measured" for ever.
void TestPresenters::everyFactOfAPageIsInTheCatalogue()
{
    QFile file(QStringLiteral(MUSTER_SOURCE_DIR "/resources/readiness/facts.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString catalogue = QString::fromUtf8(file.readAll());
    QStringList missing;
    const auto look = [&](const char *fact) {
        const QString name = QString::fromUtf8(fact);
        if (!catalogue.contains(name) && !catalogue.contains(name.section(QLatin1Char('.'), 1)))
            missing << name;
    };
    for (const PageSpec *spec : {&pages::database(), &pages::cache(), &pages::backups(), &pages::endpoints(), &pages::mail(), &pages::alerts()}) {
        for (const auto &vital : spec->vitals)
            look(vital.fact);
        for (const auto &table : spec->tables)
            look(table.fact);
        for (const auto &chart : spec->charts) {
            for (const auto &line : chart.lines)
                look(line.fact);
        }
    }
    QVERIFY2(missing.isEmpty(), qPrintable(missing.join(QStringLiteral(", "))));
}

QTEST_GUILESS_MAIN(TestPresenters)
#include "tst_presenters.moc"
