// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/readinesskit.h"

#include "models/readiness/judge.h"

#include <QTest>

using namespace muster;
using namespace muster::test;

/// The rule language, condition by condition.
class TestJudge : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void numbersAgainstLimits_data();
    void numbersAgainstLimits();
    void truthAndTextAgainstWords();
    void limitMayBeAnotherFact();
    void missingStaleUnknownAndAbsentAreToldApart();
    void faultIsSaidInWordsAtOnce();
    void faultFailsReachability();
    void cancelledRoundIsNoProofOfDeath();
    void lostServerStaysOpenWhereABadAnswerFails();
    void valueOfAnotherKindIsUnknown();
    void guardThatDoesNotHoldMakesItNotApplicable();
    void unknownGuardMakesItUnknown();
    void worstConditionDecidesAndOpensTheInterval();
    void bestAlternativeCounts();
    void otherKindsAreLookedUpInEverySource();
    void otherKindThatIsNotDeclaredFails();
    void factsOfOnesOwnAreFoundWhereverTheyAre();
    void certificateFactsBelongToTheSourceItself();
    void worstInstanceStandsFirst();
    void sentencesAreFilledAndInert();
    void wordsFollowTheNumber();
    void anAgeThatIsNoneIsNeverAgo();
    void builtInSentenceNamesValueLimitAndObject();
    void rawHintAndAgeComeWithIt();

private:
    Finding judged(const QByteArray &conditions) const
    {
        return readiness::judge(ruleOf("[" + conditions + "]"), m_world.snapshot(), "redis/cache");
    }
    World m_world;

private Q_SLOTS:
    void init()
    {
        m_world = World();
        m_world.declare("redis/cache");
    }
};

void TestJudge::numbersAgainstLimits_data()
{
    QTest::addColumn<QByteArray>("condition");
    QTest::addColumn<double>("value");
    QTest::addColumn<int>("status");
    QTest::addColumn<double>("credit");
    const auto row = [](const char *condition, double value, CheckStatus status, double credit) {
        QTest::addRow("%s: %g", condition, value) << QByteArray(condition) << value << static_cast<int>(status) << credit;
    };
    row(R"({"fact": "redis.x", "atMost": 5})", 5, CheckStatus::Pass, 1);
    row(R"({"fact": "redis.x", "atMost": 5})", 5.001, CheckStatus::Fail, 0);
    row(R"({"fact": "redis.x", "atMost": 5, "warn": true})", 6, CheckStatus::Warn, 0.5);
    row(R"({"fact": "redis.x", "atMost": 5, "failAbove": 9})", 5.1, CheckStatus::Warn, 0.5);
    row(R"({"fact": "redis.x", "atMost": 5, "failAbove": 9})", 9, CheckStatus::Warn, 0.5);
    row(R"({"fact": "redis.x", "atMost": 5, "failAbove": 9})", 9.1, CheckStatus::Fail, 0);
    row(R"({"fact": "redis.x", "atMost": 5, "failAbove": 9, "linear": true})", 6, CheckStatus::Warn, 0.75);
    row(R"({"fact": "redis.x", "atMost": 5, "failAbove": 9, "linear": true})", 9, CheckStatus::Warn, 0);
    row(R"({"fact": "redis.x", "atLeast": 5})", 5, CheckStatus::Pass, 1);
    row(R"({"fact": "redis.x", "atLeast": 5})", 4.9, CheckStatus::Fail, 0);
    row(R"({"fact": "redis.x", "atLeast": 5, "failBelow": 1})", 4, CheckStatus::Warn, 0.5);
    row(R"({"fact": "redis.x", "atLeast": 5, "failBelow": 1, "linear": true})", 2, CheckStatus::Warn, 0.25);
    row(R"({"fact": "redis.x", "atLeast": 5, "failBelow": 1})", 0.9, CheckStatus::Fail, 0);
}

void TestJudge::numbersAgainstLimits()
{
    QFETCH(QByteArray, condition);
    QFETCH(double, value);
    QFETCH(int, status);
    QFETCH(double, credit);
    m_world.set("redis/cache", "redis.x", value);
    const auto finding = judged(condition);
    QCOMPARE(static_cast<int>(finding.status), status);
    QCOMPARE(finding.credit.low, credit);
    QCOMPARE(finding.credit.high, credit);
}

void TestJudge::truthAndTextAgainstWords()
{
    m_world.set("redis/cache", "redis.flag", true);
    m_world.set("redis/cache", "redis.word", std::string("b"));
    QVERIFY(judged(R"({"fact": "redis.flag", "is": true})").status == CheckStatus::Pass);
    QVERIFY(judged(R"({"fact": "redis.flag", "is": false})").status == CheckStatus::Fail);
    QVERIFY(judged(R"({"fact": "redis.flag", "is": false, "warn": true})").status == CheckStatus::Warn);
    QVERIFY(judged(R"({"fact": "redis.word", "is": "b"})").status == CheckStatus::Pass);
    QVERIFY(judged(R"({"fact": "redis.word", "in": ["a", "b"]})").status == CheckStatus::Pass);
    QVERIFY(judged(R"({"fact": "redis.word", "in": ["a", "c"]})").status == CheckStatus::Fail);
    QVERIFY(judged(R"({"fact": "redis.word", "is": true})").status == CheckStatus::Fail);
}

void TestJudge::limitMayBeAnotherFact()
{
    m_world.set("redis/cache", "redis.age", 100.0, "s");
    m_world.set("redis/cache", "redis.window", 60.0, "s");
    QVERIFY(judged(R"({"fact": "redis.age", "atMost": {"fact": "redis.window", "times": 2}})").status == CheckStatus::Pass);
    QVERIFY(judged(R"({"fact": "redis.age", "atMost": {"fact": "redis.window"}})").status == CheckStatus::Fail);
    m_world.drop("redis/cache", "redis.window");
    QVERIFY(judged(R"({"fact": "redis.age", "atMost": {"fact": "redis.window"}})").status == CheckStatus::Unknown);
}

void TestJudge::missingStaleUnknownAndAbsentAreToldApart()
{
    const QByteArray condition = R"({"fact": "redis.x", "atMost": 5})";
    QVERIFY(judged(condition).status == CheckStatus::Unknown);
    QCOMPARE(judged(condition).evidence, std::string("unknown: redis/cache has not reported redis.x"));
    m_world.snapshot().sources.front().lastGood.reset();
    QCOMPARE(judged(condition).evidence, std::string("unknown: redis/cache has not been measured yet"));
    m_world.set("redis/cache", "redis.x", 1.0, "", World::kBudget + Millis(1000));
    QVERIFY(judged(condition).status == CheckStatus::Stale);
    QCOMPARE(judged(condition).evidence, std::string("stale: last seen 31 s ago, good for 30 s"));
    QVERIFY((judged(condition).credit == Interval{ 0, 1 }));
    m_world.set("redis/cache", "redis.x", Unknown{ "no traffic in the window", "Send some." });
    QVERIFY(judged(condition).status == CheckStatus::Unknown);
    QCOMPARE(judged(condition).evidence, std::string("unknown: no traffic in the window"));
    QCOMPARE(judged(condition).hint, std::string("Send some."));
    m_world.set("redis/cache", "redis.x", NotApplicable{ "a replica" });
    QVERIFY(judged(condition).status == CheckStatus::NotApplicable);
}

void TestJudge::faultIsSaidInWordsAtOnce()
{
    m_world.set("redis/cache", "redis.x", 1.0);
    m_world.fail("redis/cache");
    const auto finding = judged(R"({"fact": "redis.x", "atMost": 5})");
    QVERIFY(finding.status == CheckStatus::Unknown);
    QCOMPARE(finding.evidence, std::string("unknown: cache refused the connection (tcp): connect() to 10.0.0.1:6379 failed"));
    QCOMPARE(finding.hint, std::string("Start the server."));
    QCOMPARE(finding.raw, std::string("connect() to 10.0.0.1:6379 failed"));
}

void TestJudge::faultFailsReachability()
{
    m_world.set("redis/cache", "redis.reachable", true);
    m_world.fail("redis/cache", FaultKind::Auth, "auth");
    const auto finding = judged(R"({"fact": "redis.reachable", "is": true, "onFault": "fail"})");
    QVERIFY(finding.status == CheckStatus::Fail);
    QVERIFY((finding.credit == Interval{ 0, 0 }));
    QCOMPARE(finding.evidence, std::string("cache rejected the credentials (auth): connect() to 10.0.0.1:6379 failed"));
}

void TestJudge::cancelledRoundIsNoProofOfDeath()
{
    m_world.fail("redis/cache", FaultKind::Cancelled, "");
    QVERIFY(judged(R"({"fact": "redis.reachable", "is": true, "onFault": "fail"})").status == CheckStatus::Unknown);
}

void TestJudge::lostServerStaysOpenWhereABadAnswerFails()
{
    const QByteArray condition = R"({"fact": "redis.reachable", "is": true, "onFault": "failIfAnswered"})";
    for (const auto kind : { FaultKind::Refused, FaultKind::Timeout, FaultKind::Dns, FaultKind::Cancelled }) {
        m_world.fail("redis/cache", kind);
        QVERIFY(judged(condition).status == CheckStatus::Unknown);
    }
    for (const auto kind : { FaultKind::Tls, FaultKind::Auth, FaultKind::Denied, FaultKind::Protocol, FaultKind::Unavailable, FaultKind::TooLarge }) {
        m_world.fail("redis/cache", kind);
        QVERIFY(judged(condition).status == CheckStatus::Fail);
    }
}

void TestJudge::valueOfAnotherKindIsUnknown()
{
    m_world.set("redis/cache", "redis.x", std::string("many"));
    QVERIFY(judged(R"({"fact": "redis.x", "atMost": 5})").status == CheckStatus::Unknown);
    m_world.set("redis/cache", "redis.x", std::numeric_limits<double>::quiet_NaN());
    QVERIFY(judged(R"({"fact": "redis.x", "atMost": 5})").status == CheckStatus::Unknown);
    m_world.set("redis/cache", "redis.x", Table{});
    QVERIFY(judged(R"({"fact": "redis.x", "is": true})").status == CheckStatus::Unknown);
}

void TestJudge::guardThatDoesNotHoldMakesItNotApplicable()
{
    m_world.set("redis/cache", "redis.x", 9.0);
    m_world.set("redis/cache", "redis.role", std::string("store"));
    const QByteArray condition = R"({"fact": "redis.x", "atMost": 5, "when": {"fact": "redis.role", "is": "cache"}})";
    QVERIFY(judged(condition).status == CheckStatus::NotApplicable);
    m_world.set("redis/cache", "redis.role", std::string("cache"));
    QVERIFY(judged(condition).status == CheckStatus::Fail);
}

void TestJudge::unknownGuardMakesItUnknown()
{
    m_world.set("redis/cache", "redis.x", 9.0);
    QVERIFY(judged(R"({"fact": "redis.x", "atMost": 5, "when": {"fact": "redis.role", "is": "cache"}})").status == CheckStatus::Unknown);
}

void TestJudge::worstConditionDecidesAndOpensTheInterval()
{
    m_world.set("redis/cache", "redis.a", 1.0);
    m_world.set("redis/cache", "redis.b", 7.0);
    const QByteArray a = R"({"fact": "redis.a", "atMost": 5, "pass": "a is fine"},)";
    const QByteArray warning = R"({"fact": "redis.b", "atMost": 5, "failAbove": 9, "fail": "b is high"})";
    auto finding = judged(a + warning);
    QVERIFY(finding.status == CheckStatus::Warn);
    QCOMPARE(finding.evidence, std::string("b is high"));
    finding = judged(a + warning + R"(,{"fact": "redis.gone", "atMost": 5})");
    QVERIFY(finding.status == CheckStatus::Warn);
    QVERIFY((finding.credit == Interval{ 0, 0.5 })); // the unknown one could still be bad, never better than the warning
    QCOMPARE(finding.facts, (std::vector<std::string>{ "redis.a", "redis.b", "redis.gone" }));
}

void TestJudge::bestAlternativeCounts()
{
    const QByteArray rule =
        R"({"anyOf": [{"fact": "redis.a", "is": true, "pass": "a"}, {"fact": "redis.b", "is": true}], "fail": "neither"})";
    m_world.set("redis/cache", "redis.a", false);
    m_world.set("redis/cache", "redis.b", false);
    QVERIFY(judged(rule).status == CheckStatus::Fail);
    QCOMPARE(judged(rule).evidence, std::string("neither"));
    m_world.drop("redis/cache", "redis.b");
    QVERIFY(judged(rule).status == CheckStatus::Unknown);
    m_world.set("redis/cache", "redis.a", true);
    QVERIFY(judged(rule).status == CheckStatus::Pass);
    QVERIFY((judged(rule).credit == Interval{ 1, 1 }));
    QCOMPARE(judged(rule).evidence, std::string("a"));
}

void TestJudge::otherKindsAreLookedUpInEverySource()
{
    const QByteArray rule = R"({"fact": "prometheus.ready", "is": true})";
    m_world.set("prometheus/a", "prometheus.ready", true);
    QVERIFY(judged(rule).status == CheckStatus::Pass);
    m_world.set("prometheus/b", "prometheus.ready", false);
    QVERIFY(judged(rule).status == CheckStatus::Fail);
}

void TestJudge::otherKindThatIsNotDeclaredFails()
{
    const auto finding = judged(R"({"fact": "prometheus.ready", "is": true})");
    QVERIFY(finding.status == CheckStatus::Fail);
    QCOMPARE(finding.evidence, std::string("not configured: the environment declares no prometheus"));
}

void TestJudge::factsOfOnesOwnAreFoundWhereverTheyAre()
{
    const QByteArray rule = "{\"fact\":\"shop.waiting\",\"atMost\":10,\"label\":\"orders waiting\"}";
    const auto undeclared = judged(rule);
    QVERIFY(undeclared.status == CheckStatus::Fail);
    QCOMPARE(undeclared.evidence, std::string("not configured: the environment declares no fact shop.waiting"));
    QVERIFY(undeclared.hint.find("\"facts\"") != std::string::npos);
    m_world.declare("postgres/primary");
    m_world.set("postgres/primary", "shop.waiting", Unknown{"it has not been asked for yet", {}});
    QVERIFY(judged(rule).status == CheckStatus::Unknown);
    m_world.set("postgres/primary", "shop.waiting", 12.0, "count");
    QVERIFY(judged(rule).status == CheckStatus::Fail);
    QCOMPARE(judged(rule).evidence, std::string("orders waiting 12 (≤ 10)"));
    // Of its own source, too, and as another fact's limit.
    m_world.set("redis/cache", "shop.most", 20.0, "count");
    QVERIFY(judged("{\"fact\":\"shop.waiting\",\"atMost\":{\"fact\":\"shop.most\"}}").status == CheckStatus::Pass);
    QVERIFY(judged("{\"fact\":\"shop.most\",\"atMost\":{\"fact\":\"shop.waiting\"}}").status == CheckStatus::Fail);
    m_world.fail("postgres/primary");
    QVERIFY(judged(rule).status == CheckStatus::Unknown);
}

void TestJudge::certificateFactsBelongToTheSourceItself()
{
    m_world.set("smtp/main", "tls.verified", false);
    m_world.set("redis/cache", "tls.verified", true);
    QVERIFY(judged(R"({"fact": "tls.verified", "is": true})").status == CheckStatus::Pass);
}

void TestJudge::worstInstanceStandsFirst()
{
    m_world.set("redis/cache", "redis.x", 1.0);
    m_world.set("redis/second", "redis.x", 9.0);
    m_world.declare("redis/third");
    const auto findings = readiness::judgeAll(ruleOf(R"([{"fact": "redis.x", "atMost": 5}])"), m_world.snapshot(), "redis");
    QCOMPARE(findings.size(), std::size_t{ 3 });
    QCOMPARE(findings[0].instance, std::string("redis/second"));
    QCOMPARE(findings[1].instance, std::string("redis/third"));
    QCOMPARE(findings[2].instance, std::string("redis/cache"));
}

void TestJudge::sentencesAreFilledAndInert()
{
    m_world.set("redis/cache", "redis.age", 111600.0, "s");
    m_world.set("redis/cache", "redis.name", std::string("<b>\n{value}"));
    const auto finding = judged(
        R"({"fact": "redis.age", "atMost": 93600, "object": "redis.name", "fail": "{object} is {value} old; window {limit}; {fact:redis.name}; {fact:redis.none}"})");
    QCOMPARE(finding.evidence, std::string("<b>⏎{value} is 31 h old; window 26 h; <b>⏎{value}; (not known)"));
}

void TestJudge::wordsFollowTheNumber()
{
    const auto words = [this](double slots, double nodes) {
        m_world.set("redis/cache", "redis.slots", slots, "count");
        m_world.set("redis/cache", "redis.nodes", nodes, "count");
        return judged("{\"fact\": \"redis.slots\", \"atMost\": 0, \"fail\": \"{value} {value?slot is|slots are} lost on {fact:redis.nodes} {fact:redis.nodes?node|nodes}\"}").evidence;
    };
    QCOMPARE(words(1, 1), std::string("1 slot is lost on 1 node"));
    QCOMPARE(words(2, 1), std::string("2 slots are lost on 1 node"));
    QCOMPARE(words(11, 0), std::string("11 slots are lost on 0 nodes"));
    QCOMPARE(factsOfSentence("{fact:redis.nodes?a|b} {fact:redis.x}"), (std::vector<std::string>{ "redis.nodes", "redis.x" }));
}

void TestJudge::anAgeThatIsNoneIsNeverAgo()
{
    m_world.set("redis/cache", "redis.drill_age", 1e12, "s");
    const QByteArray rule = "{\"fact\": \"redis.drill_age\", \"atMost\": 60, \"fail\": \"last drill: {value} ago (limit {limit})\"}";
    QCOMPARE(judged(rule).evidence, std::string("last drill: never (limit 60 s)"));
    m_world.set("redis/cache", "redis.drill_age", 90.0, "s");
    QCOMPARE(judged(rule).evidence, std::string("last drill: 90 s ago (limit 60 s)"));
}

void TestJudge::builtInSentenceNamesValueLimitAndObject()
{
    m_world.set("redis/cache", "redis.errors_rate", 0.0, "1/s");
    QCOMPARE(judged("{\"fact\":\"redis.errors_rate\",\"atMost\":0,\"label\":\"errors\"}").evidence, std::string("errors 0/s"));
    m_world.set("redis/cache", "redis.errors_rate", 2.0, "1/s");
    QVERIFY(judged("{\"fact\":\"redis.errors_rate\",\"atMost\":0,\"label\":\"errors\"}").evidence.ends_with("(≤ 0/s)"));
    m_world.set("redis/cache", "redis.share", 0.95, "ratio");
    m_world.set("redis/cache", "redis.name", std::string("orders"));
    QCOMPARE(judged(R"({"fact": "redis.share", "atMost": 0.8, "label": "used", "object": "redis.name"})").evidence,
             std::string("used 95.0 % (≤ 80.0 %): orders"));
}

void TestJudge::rawHintAndAgeComeWithIt()
{
    m_world.set("redis/cache", "redis.x", 9.0, "", Millis(2000));
    const auto finding = judged(R"({"fact": "redis.x", "atMost": 5})");
    QCOMPARE(finding.raw, std::string("raw of redis.x"));
    QVERIFY(finding.age == Millis(2000));
    QCOMPARE(finding.instance, std::string("redis/cache"));
}

QTEST_GUILESS_MAIN(TestJudge)
#include "tst_judge.moc"
