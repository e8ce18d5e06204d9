// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/ruleparser.h"

#include "models/facts/none.h"
#include "models/readiness/strictobject.h"

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>

namespace muster {

namespace {

constexpr double kAny = std::numeric_limits<double>::max();
constexpr double kAbsurd = 1e18; // no size, rate or time comes near it
constexpr int kMaxDepth = 4; // guards and alternatives inside each other

constexpr std::array<std::string_view, 16> kConditionKeys{ "fact",      "is",        "in",     "atMost", "atLeast", "anyOf",
                                                           "failAbove", "failBelow", "linear", "warn",   "onFault", "label",
                                                           "object",    "pass",      "fail",   "when" };
constexpr std::array<std::string_view, 2> kOperandKeys{ "fact", "times" };
/// What the connectors themselves measure; other facts are the user's own.
constexpr std::array<std::string_view, 13> kOwn{ "postgres", "pgbouncer", "redis", "prometheus", "metrics", "http",    "tls",
                                                 "smtp",     "backup",    "log",   "appaudit",   "sibling", "loadtest" };
constexpr std::array<std::string_view, 3> kPlaceholders{ "value", "limit", "object" };

std::string factName(const StrictObject &from, std::string_view key)
{
    const auto name = from.text(key);
    if (name.find('.') == std::string::npos)
        throw JsonProblem(from.at(key), "expected a fact's name such as \"redis.hit_ratio\", found \"" + name + '"');
    return name;
}

Condition::Test testOf(const StrictObject &from)
{
    using Test = Condition::Test;
    static constexpr std::array<std::pair<std::string_view, Test>, 5> kTests{
        { { "is", Test::Is }, { "in", Test::In }, { "atMost", Test::AtMost }, { "atLeast", Test::AtLeast }, { "anyOf", Test::AnyOf } }
    };
    std::optional<Test> found;
    for (const auto &[key, test] : kTests) {
        if (!from.has(key))
            continue;
        if (found)
            throw JsonProblem(from.at(key), "expected exactly one of is, in, atMost, atLeast, anyOf, found a second one");
        found = test;
    }
    if (!found)
        throw JsonProblem(from.path(), "expected one of is, in, atMost, atLeast, anyOf");
    return *found;
}

std::variant<bool, std::string> acceptedValue(const QJsonValue &json, const std::string &path)
{
    if (json.isBool())
        return json.toBool();
    if (json.isString())
        return json.toString().toStdString();
    throw JsonProblem(path, "expected true, false or text, found " + kindName(json));
}

/// A limit that nothing could miss or meet is a slip: one that an age of “never” meets, or a negative one for what the connectors measure.
double limitNumber(const StrictObject &from, std::string_view key, const std::string &fact)
{
    const double number = from.number(key, -kAny, kAny);
    const bool isOwn = std::ranges::find(kOwn, std::string_view(fact).substr(0, fact.find('.'))) != kOwn.end();
    const double most = fact.ends_with("_age") ? kNoneAge / 10 : kAbsurd;
    if (number < most && number >= (isOwn ? 0 : -most))
        return number;
    std::ostringstream words;
    words << "expected a number from " << (isOwn ? 0 : -most) << " to under " << most << ", found " << number;
    throw JsonProblem(from.at(key), words.str());
}

Operand operand(const StrictObject &from, std::string_view key, const std::string &fact)
{
    Operand result;
    if (!from.value(key).isObject()) {
        if (!from.value(key).isDouble())
            throw JsonProblem(from.at(key), "expected a number or {\"fact\": NAME, \"times\": K}, found " + kindName(from.value(key)));
        result.number = limitNumber(from, key, fact);
        return result;
    }
    const StrictObject object(from.value(key), from.at(key), kOperandKeys);
    result.fact = factName(object, "fact");
    if (result.fact == fact)
        throw JsonProblem(object.at("fact"), "expected another fact than the one that is judged, found \"" + fact + '"');
    if (object.has("times"))
        result.times = object.number("times", -kAny, kAny);
    return result;
}

void readAccepted(const StrictObject &from, Condition &into)
{
    if (into.test == Condition::Test::Is) {
        into.accepted.push_back(acceptedValue(from.value("is"), from.at("is")));
        return;
    }
    const auto items = from.array("in");
    if (items.isEmpty())
        throw JsonProblem(from.at("in"), "expected at least one value");
    for (qsizetype i = 0; i < items.size(); ++i)
        into.accepted.push_back(acceptedValue(items[i], from.at("in") + '[' + std::to_string(i) + ']'));
}

void readLimits(const StrictObject &from, Condition &into)
{
    const bool isAtMost = into.test == Condition::Test::AtMost;
    into.limit = operand(from, isAtMost ? "atMost" : "atLeast", into.fact);
    const std::string_view beyond = isAtMost ? "failAbove" : "failBelow";
    if (!from.has(beyond))
        return;
    into.failBeyond = limitNumber(from, beyond, into.fact);
    if (!into.limit.fact.empty())
        throw JsonProblem(from.at(beyond), "expected none where the limit is a fact");
    if (isAtMost ? *into.failBeyond <= into.limit.number : *into.failBeyond >= into.limit.number)
        throw JsonProblem(from.at(beyond), isAtMost ? "expected a number above atMost" : "expected a number below atLeast");
}

void checkCombination(const StrictObject &from, const Condition &condition)
{
    using Test = Condition::Test;
    if (from.has("failAbove") && condition.test != Test::AtMost)
        throw JsonProblem(from.at("failAbove"), "expected only beside atMost");
    if (from.has("failBelow") && condition.test != Test::AtLeast)
        throw JsonProblem(from.at("failBelow"), "expected only beside atLeast");
    if (condition.isLinear && !condition.failBeyond)
        throw JsonProblem(from.at("linear"), "expected failAbove or failBelow beside it");
    if (condition.isWarnOnly && condition.failBeyond)
        throw JsonProblem(from.at("warn"), "expected no failAbove or failBelow beside it: the range between is the warning");
    if (condition.test == Test::AnyOf && from.has("fact"))
        throw JsonProblem(from.at("fact"), "expected none beside anyOf");
}

std::string sentence(const StrictObject &from, std::string_view key)
{
    const auto text = from.textOr(key, {});
    for (auto at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
        const auto end = text.find('}', at);
        const auto whole = std::string_view(text).substr(at + 1, end == std::string::npos ? end : end - at - 1);
        const auto name = whole.substr(0, whole.find('?'));
        const bool isKnown = std::ranges::find(kPlaceholders, name) != kPlaceholders.end() || name.starts_with("fact:");
        if (end == std::string::npos || !isKnown)
            throw JsonProblem(from.at(key), "expected {value}, {limit}, {object} or {fact:NAME}, found \"{" + std::string(name) + '"');
        if (name.size() < whole.size() && std::ranges::count(whole, '|') != 1)
            throw JsonProblem(from.at(key), "expected {value?WORDS FOR ONE|WORDS FOR MORE}, found \"{" + std::string(whole) + '"');
    }
    return text;
}

/// A guard that a fault could fail would make its condition vanish, and losing a source would raise the score.
bool isFaultDeciding(const Condition &condition)
{
    return condition.onFault != Condition::OnFault::Unknown || std::ranges::any_of(condition.anyOf, isFaultDeciding);
}

Condition parseCondition(const QJsonValue &json, const std::string &path, int depth)
{
    if (depth > kMaxDepth)
        throw JsonProblem(path, "expected at most four levels of conditions");
    const StrictObject from(json, path, kConditionKeys);
    Condition result;
    result.test = testOf(from);
    if (result.test != Condition::Test::AnyOf)
        result.fact = factName(from, "fact");
    if (result.test == Condition::Test::Is || result.test == Condition::Test::In)
        readAccepted(from, result);
    else if (result.test != Condition::Test::AnyOf)
        readLimits(from, result);
    result.isLinear = from.truthOr("linear", false);
    result.isWarnOnly = from.truthOr("warn", false);
    const auto onFault = from.has("onFault") ? from.oneOf("onFault", { "fail", "failIfAnswered", "unknown" }) : std::string();
    result.onFault = onFault == "fail" ? Condition::OnFault::Fail : onFault.empty() || onFault == "unknown" ? Condition::OnFault::Unknown : Condition::OnFault::FailIfAnswered;
    result.label = from.textOr("label", result.fact);
    result.object = from.has("object") ? factName(from, "object") : std::string();
    result.pass = sentence(from, "pass");
    result.fail = sentence(from, "fail");
    if (from.has("when"))
        result.when = std::make_shared<const Condition>(parseCondition(from.value("when"), from.at("when"), depth + 1));
    if (result.when && isFaultDeciding(*result.when))
        throw JsonProblem(from.at("when") + ".onFault", "expected none in a guard");
    if (result.test == Condition::Test::AnyOf) {
        const auto items = from.array("anyOf");
        if (items.size() < 2)
            throw JsonProblem(from.at("anyOf"), "expected at least two conditions");
        for (qsizetype i = 0; i < items.size(); ++i)
            result.anyOf.push_back(parseCondition(items[i], from.at("anyOf") + '[' + std::to_string(i) + ']', depth + 1));
    }
    checkCombination(from, result);
    return result;
}

} // namespace

Rule parseRule(const QJsonValue &json, const std::string &path)
{
    if (!json.isArray() || json.toArray().isEmpty())
        throw JsonProblem(path, "expected a list of at least one condition, found " + (json.isArray() ? "an empty one" : kindName(json)));
    Rule rule;
    const auto items = json.toArray();
    for (qsizetype i = 0; i < items.size(); ++i)
        rule.conditions.push_back(parseCondition(items[i], path + '[' + std::to_string(i) + ']', 1));
    return rule;
}

} // namespace muster
