// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/profile.h"

#include "models/readiness/ruleparser.h"
#include "models/readiness/strictobject.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace muster {

namespace {

constexpr double kSlack = 1e-9; // sums of decimal fractions
constexpr qsizetype kMaxBytes = 4 * 1024 * 1024;

constexpr std::array<std::string_view, 7> kProfileKeys{ "name", "readyAt", "notReadyBelow", "components", "checks", "gates", "criteria" };
constexpr std::array<std::string_view, 5> kComponentKeys{ "id", "title", "weight", "target", "review" };
constexpr std::array<std::string_view, 12> kCheckKeys{ "id",     "title", "group",  "points", "priority", "tier",
                                                       "effort", "page",  "action", "remedy", "over",     "rule" };
constexpr std::array<std::string_view, 9> kGateKeys{ "id",        "title", "over",      "page", "whenUndeclared",
                                                     "anyEnough", "kinds", "clearedBy", "rule" };
constexpr std::array<std::string_view, 4> kCriterionKeys{ "id", "title", "checks", "minScore" };

std::string element(const std::string &list, qsizetype index)
{
    return list + '[' + std::to_string(index) + ']';
}

void requireUnique(std::set<std::string> &seen, const std::string &id, const std::string &path)
{
    if (!seen.insert(id).second)
        throw JsonProblem(path, "expected an id of its own, found \"" + id + "\" a second time");
}

template <class Spec> std::string nearestId(const std::string &id, const std::vector<Spec> &specs)
{
    std::vector<std::string_view> ids;
    for (const auto &spec : specs)
        ids.push_back(spec.id);
    const auto near = nearest(id, ids);
    return near.empty() ? std::string() : "; did you mean \"" + near + "\"?";
}

ComponentSpec readComponent(const QJsonValue &json, const std::string &path)
{
    const StrictObject from(json, path, kComponentKeys);
    return { from.text("id"), from.text("title"), from.number("weight", 0, 1), from.number("target", 0, 100),
             from.number("review", 0, 100) };
}

CheckSpec readCheck(const QJsonValue &json, const std::string &path)
{
    const StrictObject from(json, path, kCheckKeys);
    CheckSpec check;
    check.id = from.text("id");
    const auto slash = check.id.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == check.id.size())
        throw JsonProblem(from.at("id"), "expected \"component/name\", found \"" + check.id + '"');
    check.component = check.id.substr(0, slash);
    check.title = from.text("title");
    check.group = from.oneOf("group", { "foundation", "named", "rest" });
    check.points = from.number("points", 0, 100);
    check.priority = from.oneOf("priority", { "high", "medium", "low", "" });
    check.tier = from.oneOf("tier", { "must", "should", "nice", "" });
    check.effort = from.oneOf("effort", { "low", "medium", "high" });
    check.page = from.oneOf("page", { "database", "cache", "backups", "endpoints", "mail", "alerts" });
    check.action = from.oneOf("action", { "", "backup", "flush", "load-test", "mail-test" });
    check.remedy = from.text("remedy");
    check.over = from.text("over");
    check.rule = parseRule(from.value("rule"), from.at("rule"));
    return check;
}

GateSpec readGate(const QJsonValue &json, const std::string &path)
{
    const StrictObject from(json, path, kGateKeys);
    GateSpec gate;
    gate.id = from.text("id");
    gate.title = from.text("title");
    gate.over = from.text("over");
    gate.page = from.oneOf("page", { "", "database", "cache", "backups", "endpoints", "mail", "alerts" });
    gate.undeclaredReason = from.textOr("whenUndeclared", {});
    gate.isFailedWhenUndeclared = !gate.undeclaredReason.empty();
    gate.isAnyEnough = from.truthOr("anyEnough", false);
    gate.kinds = from.texts("kinds");
    gate.clearedBy = from.texts("clearedBy");
    gate.rule = parseRule(from.value("rule"), from.at("rule"));
    return gate;
}

CriterionSpec readCriterion(const QJsonValue &json, const std::string &path)
{
    const StrictObject from(json, path, kCriterionKeys);
    CriterionSpec criterion{ from.text("id"), from.text("title"), from.texts("checks"), 0 };
    if (criterion.checks.empty())
        throw JsonProblem(from.at("checks"), "expected at least one check");
    if (from.has("minScore"))
        criterion.minScore = from.number("minScore", 0, 100);
    return criterion;
}

template <class Spec>
std::vector<Spec> readList(const StrictObject &from, std::string_view key, Spec (*readOne)(const QJsonValue &, const std::string &))
{
    std::vector<Spec> result;
    std::set<std::string> seen;
    const auto items = from.array(key);
    for (qsizetype i = 0; i < items.size(); ++i) {
        const auto path = element(from.at(key), i);
        result.push_back(readOne(items[i], path));
        requireUnique(seen, result.back().id, path + ".id");
    }
    return result;
}

std::string number(double value)
{
    return QString::number(value, 'g', 12).toStdString();
}

void requireSums(const Profile &profile)
{
    double weights = 0;
    std::map<std::string, double> points;
    for (const auto &component : profile.components) {
        weights += component.weight;
        points[component.id] = 0;
    }
    if (std::abs(weights - 1) > kSlack)
        throw JsonProblem("$.components", "expected weights that add up to 1, found " + number(weights));
    for (std::size_t i = 0; i < profile.checks.size(); ++i) {
        const auto of = points.find(profile.checks[i].component);
        if (of == points.end())
            throw JsonProblem(element("$.checks", static_cast<qsizetype>(i)) + ".id",
                              "expected a component that is declared, found \"" + profile.checks[i].component + '"'
                                  + nearestId(profile.checks[i].component, profile.components));
        of->second += profile.checks[i].points;
    }
    for (const auto &[component, sum] : points) {
        if (std::abs(sum - 100) > kSlack)
            throw JsonProblem("$.checks", "expected points of component \"" + component + "\" that add up to 100, found " + number(sum));
    }
}

bool isReference(const Profile &profile, const std::string &name)
{
    if (name == "tier:must" || name == "tier:should" || name == "tier:nice")
        return true;
    if (name.starts_with("component:"))
        return std::ranges::find(profile.components, name.substr(10), &ComponentSpec::id) != profile.components.end();
    return std::ranges::find(profile.checks, name, &CheckSpec::id) != profile.checks.end();
}

void requireReferences(const Profile &profile)
{
    const auto require = [&](const std::vector<std::string> &names, const std::string &path) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!isReference(profile, names[i]))
                throw JsonProblem(element(path, static_cast<qsizetype>(i)),
                                  "expected a check's id, \"tier:...\" or \"component:...\", found \"" + names[i] + '"'
                                      + nearestId(names[i], profile.checks));
        }
    };
    for (std::size_t i = 0; i < profile.gates.size(); ++i)
        require(profile.gates[i].clearedBy, element("$.gates", static_cast<qsizetype>(i)) + ".clearedBy");
    for (std::size_t i = 0; i < profile.criteria.size(); ++i)
        require(profile.criteria[i].checks, element("$.criteria", static_cast<qsizetype>(i)) + ".checks");
}

Profile readProfile(const QJsonObject &json)
{
    const StrictObject from(json, "$", kProfileKeys);
    Profile profile;
    profile.name = from.text("name");
    profile.readyAt = from.number("readyAt", 0, 100);
    profile.notReadyBelow = from.number("notReadyBelow", 0, 100);
    profile.components = readList(from, "components", readComponent);
    profile.checks = readList(from, "checks", readCheck);
    profile.gates = readList(from, "gates", readGate);
    profile.criteria = readList(from, "criteria", readCriterion);
    requireSums(profile);
    requireReferences(profile);
    return profile;
}

std::string placeOf(const QByteArray &json, qsizetype offset)
{
    const auto before = json.left(offset);
    const auto line = before.count('\n') + 1;
    const auto column = before.size() - (before.lastIndexOf('\n') + 1) + 1;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

} // namespace

std::expected<Profile, std::string> Profile::parse(const QByteArray &json)
{
    if (json.size() > kMaxBytes)
        return std::unexpected("expected a profile of at most 4 MiB, found " + std::to_string(json.size()) + " bytes");
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(json, &error);
    if (error.error != QJsonParseError::NoError)
        return std::unexpected(placeOf(json, error.offset) + ": expected JSON, found: " + error.errorString().toStdString());
    if (!document.isObject())
        return std::unexpected(std::string("$: expected an object"));
    try {
        auto profile = readProfile(document.object());
        profile.hash = QCryptographicHash::hash(json, QCryptographicHash::Sha256).toHex().toStdString();
        return profile;
    } catch (const JsonProblem &problem) {
        return std::unexpected(std::string(problem.what()));
    }
}

} // namespace muster
