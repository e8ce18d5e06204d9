// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/readinesskit.h"

#include <QTest>

#include <random>

using namespace muster;
using namespace muster::test;

/// Whatever is lost, no score rises and nothing turns green: in worlds made by chance.
class TestLosses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_profile = shippedProfile(); }
    void losingAnythingNeverRaisesTheScore_data();
    void losingAnythingNeverRaisesTheScore();

private:
    void requireNoRise(const Assessment &before, const World &after, const std::string &what) const;
    Profile m_profile;
};

namespace {

constexpr double kSlack = 1e-9;

/// Losses: a source in fault, a source that never answered, a fact gone, unknown or stale.
std::vector<std::pair<std::string, World>> lossesOf(const World &world)
{
    std::vector<std::pair<std::string, World>> result;
    for (const auto &source : world.snapshot().sources) {
        result.emplace_back("fault of " + source.id, world);
        result.back().second.fail(source.id, FaultKind::Timeout);
        result.emplace_back("no facts of " + source.id, world);
        result.back().second.snapshot().facts.erase(source.id);
    }
    return result;
}

/// Each fact good, bad, unknown, stale, absent or not there, by chance; two instances of some kinds.
World randomWorld(const Profile &profile, std::mt19937 &random)
{
    World world;
    const auto chance = [&](unsigned sides) { return random() % sides; };
    for (const auto *kind : { "postgres", "redis", "http", "prometheus", "backup", "pgbouncer", "smtp", "log", "sibling", "loadtest",
                              "appaudit", "metrics" }) {
        const auto count = chance(3);
        for (unsigned i = 0; i < count; ++i)
            world.declare(std::string(kind) + '/' + std::to_string(i));
    }
    for (const auto &check : profile.checks)
        chance(2) ? world.satisfy(check.rule, check.over) : world.violate(check.rule, check.over);
    for (const auto &of : profile.gates) {
        if (of.over != "*")
            chance(2) ? world.satisfy(of.rule, of.over) : world.violate(of.rule, of.over);
    }
    for (auto &[source, facts] : world.snapshot().facts) {
        for (auto &[name, observed] : facts) {
            switch (chance(10)) {
            case 0:
                observed.fact.value = Unknown{ "no permission", {} };
                break;
            case 1:
                observed.age = World::kBudget + Millis(1);
                break;
            case 2:
                observed.fact.value = NotApplicable{ "wrong role" };
                break;
            case 3:
                observed.fact.value = static_cast<double>(chance(200)) / 100;
                break;
            default:
                break;
            }
        }
    }
    return world;
}

} // namespace

void TestLosses::requireNoRise(const Assessment &before, const World &after, const std::string &what) const
{
    const auto now = readiness::evaluate(m_profile, after.snapshot(), {});
    QVERIFY2(now.score.low <= before.score.low + kSlack, what.c_str());
    QVERIFY2(now.verdict != Verdict::Ready || before.verdict == Verdict::Ready, what.c_str());
    for (std::size_t i = 0; i < now.components.size(); ++i)
        QVERIFY2(now.components[i].score.low <= before.components[i].score.low + kSlack, (what + ": " + now.components[i].id).c_str());
    for (std::size_t i = 0; i < now.checks.size(); ++i)
        QVERIFY2(now.checks[i].status != CheckStatus::Pass || before.checks[i].status == CheckStatus::Pass,
                 (what + ": " + now.checks[i].id).c_str());
}

void TestLosses::losingAnythingNeverRaisesTheScore_data()
{
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 8; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void TestLosses::losingAnythingNeverRaisesTheScore()
{
    QFETCH(unsigned, seed);
    std::mt19937 random(seed);
    const auto world = seed == 1 ? perfectWorld(m_profile) : seed == 2 ? reviewWorld(m_profile) : randomWorld(m_profile, random);
    const auto before = readiness::evaluate(m_profile, world.snapshot(), {});
    for (const auto &[what, after] : lossesOf(world))
        requireNoRise(before, after, what);
    for (const auto &[source, facts] : world.snapshot().facts) {
        for (const auto &[name, observed] : facts) {
            auto after = world;
            switch (random() % 3) {
            case 0:
                after.drop(source, name);
                break;
            case 1:
                after.set(source, name, Unknown{ "no permission", {} });
                break;
            default:
                after.snapshot().facts[source][name].age = World::kBudget + Millis(1);
                break;
            }
            requireNoRise(before, after, source + " without " + name);
        }
    }
}

QTEST_GUILESS_MAIN(TestLosses)
#include "tst_losses.moc"
