// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/readinesskit.h"

#include "models/format/format.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <map>
#include <set>

using namespace muster;
using namespace muster::test;

/// The arithmetic of the review, on the profile that is shipped.
class TestDefaultProfile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_profile = shippedProfile(); }
    void foundationsAloneGiveTheScoreOfTheReview();
    void namedItemsRaiseItToTheTargets();
    void everythingGivesAHundredAndReady();
    void eachNamedItemIsWorthPointsTimesWeight_data();
    void eachNamedItemIsWorthPointsTimesWeight();
    void namedItemsTogetherAreWorthNinePointFive();
    void baselinesAndTargetsFollowFromThePoints();
    void orderOfWorkIsTheReviews();
    void everyFactStandsInTheCatalogue();
    void everyGateFailsWhenItsRuleIsViolated();
    void whatClearsAGateReadsTheGatesFacts();
    void lackOfDeclarationsFails();
    void standalonePrimaryPassesReplication();
    void criteriaAreTheReviewsEight();
    void countedWordsFollowTheirNumber();

private:
    [[nodiscard]] Assessment judged(const World &world) const { return readiness::evaluate(m_profile, world.snapshot(), {}); }
    Profile m_profile;
};

namespace {

std::vector<std::string> componentScores(const Assessment &assessment)
{
    std::vector<std::string> scores;
    for (const auto &component : assessment.components)
        scores.push_back(format::score(component.score));
    return scores;
}

const std::map<std::string, double> kIncrements{
    { "environment/redis-service", 1.00 },  { "environment/email-service", 0.60 },      { "environment/tls", 0.40 },
    { "performance/redis-caching", 1.20 },  { "performance/connection-pooling", 0.60 }, { "performance/api-compression", 0.45 },
    { "security/https-enforced", 1.00 },    { "security/rate-limiting", 0.50 },         { "security/security-log", 0.50 },
    { "database/automated-backups", 0.75 }, { "database/database-monitoring", 0.45 },   { "database/index-completion", 0.30 },
    { "api/response-caching", 0.50 },       { "api/api-documentation", 0.30 },          { "api/api-metrics", 0.20 },
    { "monitoring/alerting", 0.75 }
};

} // namespace

void TestDefaultProfile::foundationsAloneGiveTheScoreOfTheReview()
{
    const auto assessment = judged(reviewWorld(m_profile));
    for (const auto &check : assessment.checks)
        QVERIFY2(check.status == (check.group == "foundation" ? CheckStatus::Pass : CheckStatus::Fail),
                 (check.id + ": " + check.worst().evidence).c_str());
    QCOMPARE(componentScores(assessment), (std::vector<std::string>{ "85.0", "80.0", "90.0", "85.0", "88.0", "95.0" }));
    QCOMPARE(format::score(assessment.score), std::string("87.3"));
    QCOMPARE(assessment.measured, 1.0);
    QVERIFY(assessment.verdict == Verdict::NotReady); // gates: no backup, no HTTPS, no watchdog
}

void TestDefaultProfile::namedItemsRaiseItToTheTargets()
{
    auto world = reviewWorld(m_profile);
    world.satisfyAll(m_profile, inGroup("named"));
    const auto assessment = judged(world);
    QCOMPARE(componentScores(assessment), (std::vector<std::string>{ "95.0", "95.0", "98.0", "95.0", "98.0", "100.0" }));
    QCOMPARE(format::score(assessment.score), std::string("96.8"));
}

void TestDefaultProfile::everythingGivesAHundredAndReady()
{
    const auto assessment = judged(perfectWorld(m_profile));
    QCOMPARE(format::score(assessment.score), std::string("100.0"));
    for (const auto &gate : assessment.gates)
        QVERIFY2(gate.status == CheckStatus::Pass, (gate.id + ": " + gate.reason).c_str());
    QVERIFY(assessment.verdict == Verdict::Ready);
    for (const auto &criterion : assessment.criteria)
        QVERIFY2(criterion.status == CheckStatus::Pass, (criterion.id + ": " + criterion.evidence).c_str());
}

void TestDefaultProfile::eachNamedItemIsWorthPointsTimesWeight_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<double>("increment");
    for (const auto &[id, increment] : kIncrements)
        QTest::newRow(id.c_str()) << QString::fromStdString(id) << increment;
}

void TestDefaultProfile::eachNamedItemIsWorthPointsTimesWeight()
{
    QFETCH(QString, id);
    QFETCH(double, increment);
    auto world = reviewWorld(m_profile);
    const auto before = judged(world);
    const auto *check = before.check(id.toStdString());
    QVERIFY(check);
    QVERIFY(std::abs(check->gain - increment) < 1e-9);
    const auto spec = std::ranges::find(m_profile.checks, id.toStdString(), &CheckSpec::id);
    world.satisfy(spec->rule, spec->over);
    QVERIFY(std::abs(judged(world).score.low - before.score.low - increment) < 1e-9);
}

void TestDefaultProfile::namedItemsTogetherAreWorthNinePointFive()
{
    double sum = 0;
    std::size_t count = 0;
    for (const auto &check : judged(reviewWorld(m_profile)).checks) {
        if (check.group != "named")
            continue;
        sum += check.gain;
        ++count;
        QVERIFY(kIncrements.contains(check.id));
    }
    QCOMPARE(count, std::size_t{ 16 });
    QVERIFY(std::abs(sum - 9.5) < 1e-9);
}

void TestDefaultProfile::baselinesAndTargetsFollowFromThePoints()
{
    for (const auto &component : m_profile.components) {
        std::map<std::string, double> sums;
        for (const auto &check : m_profile.checks) {
            if (check.component == component.id)
                sums[check.group] += check.points;
        }
        QCOMPARE(sums["foundation"], component.review);
        QCOMPARE(sums["foundation"] + sums["named"], component.target);
    }
}

void TestDefaultProfile::orderOfWorkIsTheReviews()
{
    const std::map<std::string, std::set<std::string>> priorities{
        { "high", { "redis-service", "redis-caching", "email-service", "automated-backups", "tls", "https-enforced" } },
        { "medium", { "rate-limiting", "database-monitoring", "api-metrics", "api-documentation", "query-performance", "slow-query-log" } },
        { "low", { "cdn", "static-assets", "load-balancing", "structured-logging", "security-log" } }
    };
    const std::map<std::string, std::set<std::string>> tiers{
        { "must",
          { "redis-service", "redis-caching", "email-service", "automated-backups", "tls", "https-enforced", "database-monitoring",
            "api-metrics", "alerting" } },
        { "should", { "response-caching", "index-completion", "security-log", "load-test", "api-documentation" } },
        { "nice", { "cdn", "rate-limiting", "separate-environments", "load-balancing" } }
    };
    std::map<std::string, std::set<std::string>> foundPriorities;
    std::map<std::string, std::set<std::string>> foundTiers;
    for (const auto &check : m_profile.checks) {
        const auto name = check.id.substr(check.id.find('/') + 1);
        if (!check.priority.empty())
            foundPriorities[check.priority].insert(name);
        if (!check.tier.empty())
            foundTiers[check.tier].insert(name);
    }
    QVERIFY(foundPriorities == priorities);
    QVERIFY(foundTiers == tiers);
}

void TestDefaultProfile::everyFactStandsInTheCatalogue()
{
    QFile file(QStringLiteral(MUSTER_SOURCE_DIR "/resources/readiness/facts.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    // Lists leave the prefix out after the first name: "smtp.sender_ok · smtp.x", "pgbouncer.clients_active / clients_waiting".
    std::set<QString> known;
    for (const auto &line : file.readAll().split('\n')) {
        static const QRegularExpression word(QStringLiteral("([a-z]+)\\.([a-z0-9_]+)|\\b([a-z][a-z0-9_]*)\\b"));
        QString prefix;
        for (auto it = word.globalMatch(QString::fromUtf8(line)); it.hasNext();) {
            const auto match = it.next();
            if (!match.captured(1).isEmpty())
                prefix = match.captured(1);
            known.insert(prefix + QLatin1Char('.') + (match.captured(2).isEmpty() ? match.captured(3) : match.captured(2)));
        }
    }
    std::vector<const Rule *> rules;
    for (const auto &check : m_profile.checks)
        rules.push_back(&check.rule);
    for (const auto &gate : m_profile.gates)
        rules.push_back(&gate.rule);
    for (const auto *rule : rules) {
        for (const auto &fact : factsOf(*rule))
            QVERIFY2(known.contains(QString::fromStdString(fact)), fact.c_str());
    }
}

void TestDefaultProfile::everyGateFailsWhenItsRuleIsViolated()
{
    for (const auto &gate : m_profile.gates) {
        auto world = perfectWorld(m_profile);
        if (gate.over == "*") {
            for (const auto &source : world.snapshot().sources)
                world.fail(source.id);
        } else {
            world.violate(gate.rule, gate.over);
        }
        const auto assessment = judged(world);
        const auto result = std::ranges::find(assessment.gates, gate.id, &GateResult::id);
        QVERIFY2(result->status == CheckStatus::Fail, gate.id.c_str());
        QVERIFY2(!result->reason.empty(), gate.id.c_str());
        QVERIFY(assessment.verdict == Verdict::NotReady);
    }
}

void TestDefaultProfile::whatClearsAGateReadsTheGatesFacts()
{
    // Else what-if would open a gate that nobody has looked at.
    for (const auto &gate : m_profile.gates) {
        std::set<std::string> read;
        for (const auto &id : gate.clearedBy) {
            const auto check = std::ranges::find(m_profile.checks, id, &CheckSpec::id);
            QCOMPARE(check->over, gate.over);
            for (const auto &fact : factsOf(check->rule))
                read.insert(fact);
        }
        for (const auto &condition : gate.rule.conditions)
            QVERIFY2(gate.clearedBy.empty() || read.contains(condition.fact), (gate.id + ": " + condition.fact).c_str());
    }
}

void TestDefaultProfile::lackOfDeclarationsFails()
{
    const auto assessment = judged(World());
    QCOMPARE(format::score(assessment.score), std::string("0.0"));
    QCOMPARE(assessment.check("environment/redis-service")->worst().evidence,
             std::string("not configured: the environment declares no redis"));
    QCOMPARE(assessment.check("environment/structured-logging")->worst().evidence,
             std::string("not configured: the environment declares no logs"));
    QVERIFY(assessment.verdict == Verdict::NotReady);
}

void TestDefaultProfile::standalonePrimaryPassesReplication()
{
    auto world = reviewWorld(m_profile);
    world.set("postgres/one", "postgres.standbys_connected", 0.0, "count");
    world.set("postgres/one", "postgres.standbys_missing", NotApplicable{"no number of standbys is declared"});
    for (const auto *lag : { "postgres.replication_lag_bytes", "postgres.replication_lag" })
        world.set("postgres/one", lag, NotApplicable{ "no standby is connected" });
    world.set("postgres/one", "postgres.sync_standbys_missing", NotApplicable{ "no synchronous standby is asked for" });
    for (const auto *name : { "postgres.receiver_streaming", "postgres.replay_paused", "postgres.conflicts_rate" })
        world.set("postgres/one", name, NotApplicable{ "this server is a primary" });
    const auto assessment = judged(world);
    QVERIFY(assessment.check("database/replication")->status == CheckStatus::Pass);
    QCOMPARE(assessment.check("database/replication")->worst().evidence, std::string("0 standbys connected"));
    QCOMPARE(format::score(assessment.score), std::string("87.3"));
}

void TestDefaultProfile::criteriaAreTheReviewsEight()
{
    const auto assessment = judged(reviewWorld(m_profile));
    QCOMPARE(assessment.criteria.size(), std::size_t{ 8 });
    for (const auto &criterion : assessment.criteria)
        QVERIFY2(criterion.status == CheckStatus::Fail, criterion.id.c_str());
}

namespace {

/// "{value} sessions wait": what reads "1 sessions wait" for one. Rates are never one.
void findBareCounts(const Condition &condition, QStringList &found)
{
    static const QRegularExpression bare(QStringLiteral("\\{(value|fact:[^}?]+)\\} (?!of )(?:[a-z-]+ ){0,2}[a-z]*[a-rt-z]s (?:are|were|have|do|run|wait|hold|keep|lack|fall|got|that|which)\\b"));
    for (const auto &sentence : { condition.pass, condition.fail }) {
        const auto text = QString::fromStdString(sentence);
        if (const auto match = bare.match(text); match.hasMatch() && !QString::fromStdString(condition.fact).endsWith(QLatin1String("_rate")))
            found << text;
    }
    if (condition.when)
        findBareCounts(*condition.when, found);
    for (const auto &alternative : condition.anyOf)
        findBareCounts(alternative, found);
}

} // namespace

void TestDefaultProfile::countedWordsFollowTheirNumber()
{
    QStringList found;
    Condition wrong;
    wrong.fail = "{value} replication slots are lost";
    findBareCounts(wrong, found);
    QCOMPARE(found.size(), 1);
    for (const auto &check : m_profile.checks) {
        for (const auto &condition : check.rule.conditions)
            findBareCounts(condition, found);
    }
    for (const auto &gate : m_profile.gates) {
        for (const auto &condition : gate.rule.conditions)
            findBareCounts(condition, found);
    }
    QVERIFY2(found.size() == 1, qPrintable(found.join(QLatin1Char('\n'))));
}

QTEST_GUILESS_MAIN(TestDefaultProfile)
#include "tst_defaultprofile.moc"
