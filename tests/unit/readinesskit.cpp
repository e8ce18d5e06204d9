// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/readinesskit.h"

#include "resources/readiness/defaultprofile.h"

#include <QString>

#include <algorithm>

namespace muster::test {

Profile shippedProfile()
{
    return profileOf(defaultProfileJson());
}

Profile profileOf(const QByteArray &json)
{
    auto profile = Profile::parse(json);
    if (!profile)
        qFatal("%s", profile.error().c_str());
    return *profile;
}

Rule ruleOf(const QByteArray &conditions)
{
    const auto profile = profileOf(QByteArray(R"({"name": "t", "readyAt": 95, "notReadyBelow": 80, "gates": [], "criteria": [],
        "components": [{"id": "c", "title": "C", "weight": 1, "target": 95, "review": 80}],
        "checks": [{"id": "c/x", "title": "X", "group": "named", "points": 100, "effort": "low", "page": "cache", "over": "redis", "remedy": "r", "rule": )")
                                   + conditions + "}]}");
    return profile.checks.front().rule;
}

void World::declare(const std::string &source)
{
    if (m_snapshot.source(source))
        return;
    SourceState state;
    state.id = source;
    state.kind = kindOf(source);
    state.lastGood = Stamp{ m_snapshot.at, {} };
    m_snapshot.sources.push_back(state);
}

void World::set(const std::string &source, const std::string &fact, Value value, const std::string &unit, Millis age)
{
    declare(source);
    m_snapshot.facts[source][fact] =
        Observed{ { fact, std::move(value), unit, kBudget, "raw of " + fact }, source, m_snapshot.at - age, age };
}

void World::drop(const std::string &source, const std::string &fact)
{
    m_snapshot.facts[source].erase(fact);
}

void World::fail(const std::string &source, FaultKind kind, const std::string &stage)
{
    declare(source);
    for (auto &state : m_snapshot.sources) {
        if (state.id == source)
            state.fault = Fault{ kind, stage, "connect() to 10.0.0.1:6379 failed", "Start the server." };
    }
}

void World::setEverywhere(const std::string &fact, const std::string &over, const Value &value)
{
    const auto prefix = fact.substr(0, fact.find('.'));
    if (prefix == "source")
        return;
    const auto kind = prefix == "tls" ? over : prefix;
    if (m_snapshot.sourcesOfKind(kind).empty())
        declare(kind + "/one");
    for (const auto &source : m_snapshot.sourcesOfKind(kind))
        set(source, fact, value);
}

void World::apply(const Condition &condition, const std::string &over, bool isGood)
{
    for (const auto &alternative : condition.anyOf)
        apply(alternative, over, isGood);
    if (condition.test == Condition::Test::AnyOf)
        return;
    if (condition.test == Condition::Test::Is || condition.test == Condition::Test::In) {
        const auto *truth = std::get_if<bool>(&condition.accepted.front());
        setEverywhere(condition.fact, over,
                      truth ? Value(*truth == isGood)
                            : Value(isGood ? std::get<std::string>(condition.accepted.front()) : std::string("other")));
        return;
    }
    double limit = condition.limit.number;
    if (!condition.limit.fact.empty()) {
        limit = 100 * condition.limit.times;
        setEverywhere(condition.limit.fact, over, 100.0);
    }
    const double beyond = condition.failBeyond.value_or(limit);
    const bool isAtMost = condition.test == Condition::Test::AtMost;
    // Nothing at all is good for every "at most": facts are shared by checks with different limits.
    setEverywhere(condition.fact, over, isGood ? (isAtMost ? std::min(0.0, limit) : limit) : isAtMost ? beyond + 1 : beyond - 1);
}

void World::applyAll(const Rule &rule, const std::string &over, bool isGood)
{
    for (auto it = rule.conditions.rbegin(); it != rule.conditions.rend(); ++it) {
        if (it->when)
            apply(*it->when, over, true); // of guards that exclude each other the first wins
    }
    for (const auto &condition : rule.conditions)
        apply(condition, over, isGood);
}

void World::satisfy(const Rule &rule, const std::string &over)
{
    applyAll(rule, over, true);
}

void World::violate(const Rule &rule, const std::string &over)
{
    applyAll(rule, over, false);
}

void World::satisfyAll(const Profile &profile, const Picks &picks)
{
    for (const auto &check : profile.checks) {
        if (picks(check))
            satisfy(check.rule, check.over);
    }
}

void World::violateAll(const Profile &profile, const Picks &picks)
{
    for (const auto &check : profile.checks) {
        if (picks(check))
            violate(check.rule, check.over);
    }
}

Picks inGroup(const std::string &group)
{
    return [group](const CheckSpec &check) { return check.group == group; };
}

World reviewWorld(const Profile &profile)
{
    World world;
    world.violateAll(profile, [](const CheckSpec &check) { return check.group != "foundation"; });
    world.satisfyAll(profile, inGroup("foundation"));
    return world;
}

World perfectWorld(const Profile &profile)
{
    World world;
    for (const auto &gate : profile.gates) {
        if (gate.over != "*")
            world.satisfy(gate.rule, gate.over);
    }
    world.satisfyAll(profile, [](const CheckSpec &) { return true; });
    return world;
}

} // namespace muster::test
