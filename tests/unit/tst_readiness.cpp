// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/readinesskit.h"

#include "models/format/format.h"

#include <QDate>
#include <QTest>

using namespace muster;
using namespace muster::test;

/// Intervals, spreading, waivers, gates, verdicts, criteria, what-if: on the shipped profile.
class TestReadiness : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_profile = shippedProfile(); }
    void unmeasuredComponentGivesAnInterval();
    void sourceInFaultOpensTheInterval();
    void pointsOfWhatDoesNotApplyAreSpread();
    void waivedPointsAreSpreadAndShown();
    void endedWaiverIsVoid();
    void waiverHoldsOnItsLastDay();
    void worstInstanceDecides();
    void unknownGateAllowsAtRiskAtBest();
    void failingMustForbidsReady();
    void lowScoreIsNotReadyWithoutAnyGate();
    void httpsGateHoldsForProductionOnly();
    void oneAnsweringSourceIsEnough();
    void aReadableFileIsNoAnsweringServer();
    void whatIfEqualsAReevaluation();
    void whatIfOpensGatesAndMeetsCriteria();
    void whatIfOpensAGateOnlyWhenAllThatClearsItPasses();
    void whatIfLeavesWaivedChecksAlone();
    void criteriaNameTheirTroubles();
    void oldestSourceThatCountsGivesTheAge();

private:
    [[nodiscard]] Assessment judged(const World &world, const readiness::Context &context = {}) const
    {
        return readiness::evaluate(m_profile, world.snapshot(), context);
    }
    Profile m_profile;
};

namespace {

constexpr double kSlack = 1e-9;

bool isNear(double a, double b)
{
    return std::abs(a - b) < kSlack;
}

readiness::Waiver waiver(const std::string &check, const char *until)
{
    const auto date = QDate::fromString(QString::fromLatin1(until), Qt::ISODate);
    return { check, "ops", "internal users only", std::chrono::sys_days(std::chrono::days(QDate(1970, 1, 1).daysTo(date))) };
}

const GateResult &gate(const Assessment &assessment, const std::string &id)
{
    return *std::ranges::find(assessment.gates, id, &GateResult::id);
}

const ComponentResult &component(const Assessment &assessment, const std::string &id)
{
    return *std::ranges::find(assessment.components, id, &ComponentResult::id);
}

} // namespace

void TestReadiness::unmeasuredComponentGivesAnInterval()
{
    // Components at 90, 95, 85, not measured, 90 and 80: 76.0–91.0, and not the 89.4 of those who leave out what they could not see.
    Profile profile{ "t", 95, 80, {}, {}, {}, {} };
    World world;
    const std::vector<std::tuple<std::string, double, double>> parts{ { "environment", 0.20, 90 }, { "security", 0.25, 95 },
                                                                      { "performance", 0.15, 85 }, { "monitoring", 0.15, -1 },
                                                                      { "database", 0.15, 90 },    { "api", 0.10, 80 } };
    for (const auto &[id, weight, score] : parts) {
        const bool isMeasured = score >= 0;
        profile.components.push_back({ id, id, weight, 90, 0 });
        world.declare(id + "/one");
        for (const bool isGood : { true, false }) {
            CheckSpec check;
            check.id = id + (isGood ? "/good" : "/bad");
            check.component = check.over = id;
            check.points = isMeasured ? (isGood ? score : 100 - score) : 50;
            Condition condition;
            condition.fact = id + (isGood ? ".good" : ".bad");
            condition.accepted = { true };
            check.rule.conditions = { condition };
            profile.checks.push_back(check);
            if (isMeasured)
                world.set(id + "/one", condition.fact, isGood);
        }
    }
    const auto assessment = readiness::evaluate(profile, world.snapshot(), {});
    QCOMPARE(format::score(assessment.score), std::string("76.0–91.0"));
    QCOMPARE(format::measured(assessment.measured), std::string("85 % measured"));
    QCOMPARE(component(assessment, "monitoring").measured, 0.0);
    QVERIFY(assessment.verdict == Verdict::AtRisk);
}

void TestReadiness::sourceInFaultOpensTheInterval()
{
    auto world = perfectWorld(m_profile);
    world.fail("redis/one");
    const auto assessment = judged(world);
    double unknown = 0;
    for (const auto &check : assessment.checks) {
        if (check.status == CheckStatus::Unknown)
            unknown += check.gain;
    }
    const auto *reachable = assessment.check("environment/redis-reachable");
    QVERIFY(reachable->status == CheckStatus::Fail);
    QVERIFY(reachable->gain > 1); // a fifth of its points
    QVERIFY(isNear(assessment.score.high, 100 - reachable->gain));
    QVERIFY(isNear(assessment.score.low, 100 - reachable->gain - unknown));
    QVERIFY(isNear(assessment.measured, 1 - unknown / 100));
    QVERIFY(assessment.verdict == Verdict::AtRisk);
    QCOMPARE(assessment.check("environment/redis-service")->worst().evidence, std::string("unknown: one refused the connection (tcp): connect() to 10.0.0.1:6379 failed"));
}

void TestReadiness::pointsOfWhatDoesNotApplyAreSpread()
{
    auto world = reviewWorld(m_profile);
    world.set("redis/one", "redis.declared_role", std::string("store"));
    world.set("redis/one", "redis.evictions_rate", 0.0);
    const auto assessment = judged(world);
    QVERIFY(assessment.check("performance/redis-caching")->status == CheckStatus::NotApplicable);
    QCOMPARE(assessment.check("performance/redis-caching")->gain, 0.0);
    QVERIFY(isNear(component(assessment, "performance").score.low, 80 * 100.0 / 92));
    QVERIFY(isNear(assessment.check("performance/connection-pooling")->gain, 4 * 100.0 / 92 * 0.15));
}

void TestReadiness::waivedPointsAreSpreadAndShown()
{
    const auto assessment = judged(reviewWorld(m_profile), { "production", { waiver("performance/cdn", "2027-03-31") } });
    const auto *check = assessment.check("performance/cdn");
    QVERIFY(check->status == CheckStatus::Waived);
    QCOMPARE(check->waiver, std::string("ops: internal users only, until 2027-03-31"));
    QVERIFY(isNear(component(assessment, "performance").score.low, 80 * 100.0 / 98));
}

void TestReadiness::endedWaiverIsVoid()
{
    const auto assessment = judged(reviewWorld(m_profile), { "production", { waiver("performance/cdn", "2026-01-30") } });
    QVERIFY(assessment.check("performance/cdn")->status == CheckStatus::Fail);
    QCOMPARE(format::score(assessment.score), std::string("87.3"));
}

void TestReadiness::waiverHoldsOnItsLastDay()
{
    const auto assessment = judged(reviewWorld(m_profile), { "production", { waiver("performance/cdn", "2026-01-31") } });
    QVERIFY(assessment.check("performance/cdn")->status == CheckStatus::Waived);
}

void TestReadiness::worstInstanceDecides()
{
    auto world = perfectWorld(m_profile);
    world.declare("redis/second");
    world.satisfyAll(m_profile, [](const CheckSpec &check) { return check.over == "redis"; });
    world.set("redis/second", "redis.maxmemory_set", false);
    const auto assessment = judged(world);
    const auto *service = assessment.check("environment/redis-service");
    QVERIFY(service->status == CheckStatus::Fail);
    QCOMPARE(service->findings.size(), std::size_t{ 2 });
    QCOMPARE(service->worst().instance, std::string("redis/second"));
    QCOMPARE(service->earned.high, 0.0);
}

void TestReadiness::unknownGateAllowsAtRiskAtBest()
{
    auto world = perfectWorld(m_profile);
    world.set("backup/one", "backup.free_bytes", Unknown{ "no permission", {} });
    const auto assessment = judged(world);
    QVERIFY(isNear(assessment.score.low, 100));
    QVERIFY(gate(assessment, "backup-disk-full").status == CheckStatus::Unknown);
    QCOMPARE(assessment.gates.front().id, std::string("backup-disk-full"));
    QVERIFY(assessment.verdict == Verdict::AtRisk);
}

void TestReadiness::failingMustForbidsReady()
{
    auto world = perfectWorld(m_profile);
    world.set("prometheus/one", "prometheus.latency_histogram_seen", false);
    world.set("metrics/one", "metrics.latency_histogram_seen", false);
    const auto assessment = judged(world);
    QVERIFY(assessment.score.low > 99);
    QVERIFY(assessment.check("api/api-metrics")->status == CheckStatus::Fail);
    QVERIFY(assessment.verdict == Verdict::AtRisk);
}

void TestReadiness::lowScoreIsNotReadyWithoutAnyGate()
{
    auto world = perfectWorld(m_profile);
    for (const auto *fact :
         { "http.api_ok", "http.health_ok", "http.security_headers_ok", "http.cors_ok", "http.compression_ok", "http.caching_ok" })
        world.set("http/one", fact, false);
    for (const auto *fact : { "postgres.autovacuum_on", "postgres.fsync", "postgres.version_supported", "postgres.tls_in_use" })
        world.set("postgres/one", fact, false);
    world.set("prometheus/one", "prometheus.ready", false);
    const auto assessment = judged(world);
    for (const auto &each : assessment.gates)
        QVERIFY2(each.status == CheckStatus::Pass, each.id.c_str());
    QVERIFY(assessment.score.high < 80);
    QVERIFY(assessment.verdict == Verdict::NotReady);
}

void TestReadiness::httpsGateHoldsForProductionOnly()
{
    auto world = perfectWorld(m_profile);
    world.set("http/one", "http.https_enforced", false);
    QVERIFY(gate(judged(world, { "production", {} }), "https-not-enforced").status == CheckStatus::Fail);
    QVERIFY(gate(judged(world, { "staging", {} }), "https-not-enforced").status == CheckStatus::NotApplicable);
}

void TestReadiness::oneAnsweringSourceIsEnough()
{
    auto world = perfectWorld(m_profile);
    for (const auto &source : world.snapshot().sources) {
        if (source.id != "redis/one")
            world.fail(source.id);
    }
    QVERIFY(gate(judged(world), "no-source-answering").status == CheckStatus::Pass);
    world.fail("redis/one");
    QVERIFY(gate(judged(world), "no-source-answering").status == CheckStatus::Fail);
    QVERIFY(gate(judged(World()), "no-source-answering").status == CheckStatus::Fail);
}

void TestReadiness::aReadableFileIsNoAnsweringServer()
{
    auto world = perfectWorld(m_profile);
    for (const auto &source : world.snapshot().sources) {
        if (source.kind != "backup" && source.kind != "log" && source.kind != "loadtest" && source.kind != "sibling")
            world.fail(source.id);
    }
    const auto result = gate(judged(world), "no-source-answering");
    QVERIFY(result.status == CheckStatus::Fail);
    QVERIFY(result.reason.find("backup") == std::string::npos);
}

void TestReadiness::whatIfEqualsAReevaluation()
{
    const auto start = judged(reviewWorld(m_profile));
    for (const auto &spec : m_profile.checks) {
        if (spec.group == "foundation")
            continue;
        auto world = reviewWorld(m_profile);
        world.satisfy(spec.rule, spec.over);
        const auto truly = judged(world);
        const auto supposed = readiness::whatIf(m_profile, start, { spec.id });
        QVERIFY2(isNear(supposed.score.low, truly.score.low) && isNear(supposed.score.high, truly.score.high), spec.id.c_str());
        QVERIFY(supposed.verdict == truly.verdict);
        for (const auto &each : supposed.gates)
            QVERIFY2(each.status == gate(truly, each.id).status, (spec.id + " " + each.id).c_str());
        for (std::size_t i = 0; i < supposed.criteria.size(); ++i)
            QVERIFY2(supposed.criteria[i].status == truly.criteria[i].status, (spec.id + " " + supposed.criteria[i].id).c_str());
        for (std::size_t i = 0; i < supposed.checks.size(); ++i) {
            QVERIFY2(supposed.checks[i].status == truly.checks[i].status, (spec.id + " " + supposed.checks[i].id).c_str());
            QVERIFY(isNear(supposed.checks[i].gain, truly.checks[i].gain));
        }
    }
}

void TestReadiness::whatIfOpensGatesAndMeetsCriteria()
{
    std::set<std::string> all;
    for (const auto &check : m_profile.checks)
        all.insert(check.id);
    const auto supposed = readiness::whatIf(m_profile, judged(reviewWorld(m_profile)), all);
    QCOMPARE(format::score(supposed.score), std::string("100.0"));
    // What no check stands for stays as it was: those gates were never asked for in this world.
    QVERIFY(gate(supposed, "https-not-enforced").status == CheckStatus::Pass);
    QVERIFY(gate(supposed, "watchdog-missing").status == CheckStatus::Pass);
    QVERIFY(gate(supposed, "no-usable-backup").status == CheckStatus::Pass);
    for (const auto &criterion : supposed.criteria)
        QVERIFY2(criterion.status == CheckStatus::Pass, criterion.id.c_str());
}

void TestReadiness::whatIfOpensAGateOnlyWhenAllThatClearsItPasses()
{
    auto world = perfectWorld(m_profile);
    world.set("postgres/one", "postgres.xid_used_ratio", 0.9);
    world.set("postgres/one", "postgres.sequence_used_ratio", 0.99);
    const auto start = judged(world);
    const auto half = readiness::whatIf(m_profile, start, {"database/wraparound"});
    QVERIFY(gate(half, "ids-running-out").status == CheckStatus::Fail);
    QVERIFY(half.verdict == Verdict::NotReady);
    const auto whole = readiness::whatIf(m_profile, start, {"database/wraparound", "database/sequences"});
    QVERIFY(gate(whole, "ids-running-out").status == CheckStatus::Pass);
    QVERIFY(whole.verdict == Verdict::Ready);
}

void TestReadiness::whatIfLeavesWaivedChecksAlone()
{
    const auto start = judged(reviewWorld(m_profile), { "production", { waiver("performance/cdn", "2027-03-31") } });
    const auto supposed = readiness::whatIf(m_profile, start, { "performance/cdn" });
    QVERIFY(supposed.check("performance/cdn")->status == CheckStatus::Waived);
    QVERIFY(isNear(supposed.score.low, start.score.low));
}

void TestReadiness::criteriaNameTheirTroubles()
{
    auto world = perfectWorld(m_profile);
    world.set("http/one", "http.https_enforced", false);
    const auto assessment = judged(world);
    const auto find = [&](const std::string &id) { return *std::ranges::find(assessment.criteria, id, &CriterionResult::id); };
    QCOMPARE(find("https-enforced").evidence, std::string("HTTPS enforced: fail"));
    QVERIFY(find("https-enforced").status == CheckStatus::Fail);
    QVERIFY(find("must-items").status == CheckStatus::Fail);
    QVERIFY(find("security-target").status == CheckStatus::Fail);
    QCOMPARE(find("security-target").evidence, std::string("Security Hardening 96.0 (≥ 98)"));
    QVERIFY(find("backups-operational").status == CheckStatus::Pass);
    QCOMPARE(find("backups-operational").checks, std::vector<std::string>{ "database/automated-backups" });
}

void TestReadiness::oldestSourceThatCountsGivesTheAge()
{
    auto world = perfectWorld(m_profile);
    for (auto &source : world.snapshot().sources)
        source.age = source.id == "smtp/one" ? Millis(120000) : Millis(2000);
    QVERIFY(judged(world).oldestAge == Millis(120000));
    QVERIFY(judged(world, { "production", { waiver("environment/email-service", "2027-01-01") } }).oldestAge == Millis(2000));
}

QTEST_GUILESS_MAIN(TestReadiness)
#include "tst_readiness.moc"
