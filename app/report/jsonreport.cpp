// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/finalreport.h"
#include "app/report/report.h"
#include "models/format/format.h"
#include "models/readiness/causes.h"
#include "models/readiness/finalmetrics.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace muster::report {

namespace {

using Json = nlohmann::ordered_json;

// A number that JSON can carry: NaN and infinities are "no value" (a fact says which in its state).
Json number(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

double rounded(double value)
{
    return std::round(value * 1e6) / 1e6;
}

Json interval(const Interval &value)
{
    return {{"low", rounded(value.low)}, {"high", rounded(value.high)}};
}

double seconds(Millis duration)
{
    return toSeconds(duration);
}

Json cellJson(const Cell &cell)
{
    if (const auto *truth = std::get_if<bool>(&cell))
        return *truth;
    if (const auto *amount = std::get_if<double>(&cell))
        return number(*amount);
    if (const auto *text = std::get_if<std::string>(&cell))
        return *text;
    return nullptr;
}

Json tableJson(const Table &table)
{
    Json columns = Json::array();
    for (const auto &column : table.columns)
        columns.push_back({{"name", column.name}, {"unit", column.unit}});
    Json rows = Json::array();
    for (const auto &row : table.rows) {
        Json cells = Json::array();
        for (const auto &cell : row)
            cells.push_back(cellJson(cell));
        rows.push_back(std::move(cells));
    }
    return {{"columns", columns}, {"rows", rows}, {"limit", table.limit}, {"truncated", table.isTruncated}};
}

// An unknown or inapplicable fact has a null value and says why; a stale one is not shown as a number.
void putValue(Json &fact, const Observed &observed)
{
    const auto &value = observed.fact.value;
    fact["value"] = nullptr;
    if (const auto *unknown = std::get_if<Unknown>(&value)) {
        fact["state"] = "unknown";
        fact["reason"] = unknown->reason;
        if (!unknown->hint.empty())
            fact["hint"] = unknown->hint;
    } else if (const auto *inapplicable = std::get_if<NotApplicable>(&value)) {
        fact["state"] = "not-applicable";
        fact["reason"] = inapplicable->reason;
    } else if (observed.isStale()) {
        fact["state"] = "stale";
    } else if (const auto *truth = asTruth(value)) {
        fact["value"] = *truth;
    } else if (const auto *amount = asNumber(value)) {
        fact["value"] = number(*amount);
        if (!std::isfinite(*amount))
            fact["state"] = std::isnan(*amount) ? "not-a-number" : *amount > 0 ? "infinite" : "minus-infinite";
    } else if (const auto *text = asText(value)) {
        fact["value"] = *text;
    } else if (const auto *table = asTable(value)) {
        fact["value"] = tableJson(*table);
    }
}

bool isWanted(const std::string &name, const std::vector<std::string> &prefixes)
{
    return prefixes.empty() || std::ranges::any_of(prefixes, [&](const auto &prefix) { return name.starts_with(prefix); });
}

Json factsJson(const Snapshot &snapshot, const std::vector<std::string> &prefixes)
{
    Json facts = Json::array();
    for (const auto &[source, named] : snapshot.facts) {
        for (const auto &[name, observed] : named) {
            if (!isWanted(name, prefixes))
                continue;
            Json fact{{"name", name}, {"source", source}};
            putValue(fact, observed);
            fact["unit"] = observed.fact.unit;
            fact["at"] = format::iso(observed.at);
            fact["age"] = seconds(observed.age);
            fact["budget"] = seconds(observed.fact.budget);
            facts.push_back(std::move(fact));
        }
    }
    return facts;
}

Json faultsJson(const Snapshot &snapshot)
{
    Json faults = Json::array();
    for (const auto &state : snapshot.sources) {
        if (state.fault) {
            faults.push_back({{"source", state.id}, {"kind", toString(state.fault->kind)}, {"stage", state.fault->stage},
                              {"detail", state.fault->detail}, {"hint", state.fault->hint}});
        }
    }
    return faults;
}

/// One row for each instance, the worst first; that one carries what the check earned.
Json checkRow(const CheckResult &check, const Finding &finding, bool isWorst)
{
    const auto earned = isWorst ? check.earned : Interval{check.points * finding.credit.low, check.points * finding.credit.high};
    Json json{{"id", check.id}, {"component", check.component}, {"title", check.title}, {"points", check.points},
              {"status", toString(isWorst ? check.status : finding.status)}, {"earned", interval(earned)}, {"evidence", finding.evidence}, {"remedy", check.remedy},
              {"priority", check.priority}, {"tier", check.tier}, {"group", check.group}, {"instance", instanceOf(finding.instance)},
              {"source", finding.instance}, {"facts", finding.facts}, {"age", seconds(finding.age)}};
    if (!finding.hint.empty())
        json["hint"] = finding.hint;
    if (!check.waiver.empty())
        json["waiver"] = check.waiver;
    return json;
}

/// What a recomputation needs beside the facts.
void addOrigins(Json &json, const Input &input)
{
    json["profile"] = {{"name", input.profile->name}, {"sha256", input.profile->hash}};
    json["waivers"] = Json::array();
    for (const auto &waiver : input.environment.waivers) {
        json["waivers"].push_back({{"check", waiver.check}, {"owner", waiver.owner}, {"reason", waiver.reason},
                                   {"until", format::iso(WallTime(waiver.until)).substr(0, 10)}});
    }
    json["sources"] = Json::array();
    for (const auto &state : input.snapshot.sources) {
        const auto declared = std::ranges::find(input.environment.sources, state.id, &EnvironmentInfo::Declared::id);
        json["sources"].push_back({{"id", state.id}, {"kind", state.kind}, {"address", declared == input.environment.sources.end() ? std::string() : declared->address},
                                   {"age", state.lastGood ? Json(seconds(state.age)) : Json(nullptr)}});
    }
}

Json checkJson(const Input &input)
{
    const auto &assessment = input.assessment;
    Json json{{"schema", 1}, {"program", programName()}, {"environment", input.environment.name}, {"kind", input.environment.kind},
              {"at", format::iso(assessment.at)}, {"verdict", toString(assessment.verdict)}};
    json["score"] = {{"low", rounded(assessment.score.low)}, {"high", rounded(assessment.score.high)}, {"measured", rounded(assessment.measured)}};
    for (const auto *list : {"gates", "causes", "components", "checks", "criteria"})
        json[list] = Json::array();
    for (const auto &gate : assessment.gates) {
        if (gate.status == CheckStatus::Fail || gate.status == CheckStatus::Unknown || gate.status == CheckStatus::Stale)
            json["gates"].push_back({{"id", gate.id}, {"status", toString(gate.status)}, {"reason", gate.reason}});
    }
    for (const auto &cause : readiness::causesOf(input.snapshot)) {
        json["causes"].push_back({{"kind", cause.kind}, {"source", cause.source}, {"sentence", cause.sentence}, {"action", cause.action}, {"checks", cause.checks}});
    }
    for (const auto &component : assessment.components) {
        json["components"].push_back({{"id", component.id}, {"title", component.title}, {"weight", component.weight}, {"score", interval(component.score)},
                                      {"target", component.target}, {"measured", rounded(component.measured)}});
    }
    for (const auto &check : assessment.checks) {
        for (const auto &finding : check.findings)
            json["checks"].push_back(checkRow(check, finding, &finding == &check.worst()));
    }
    for (const auto &criterion : assessment.criteria) {
        json["criteria"].push_back({{"id", criterion.id}, {"title", criterion.title}, {"status", toString(criterion.status)}, {"checks", criterion.checks},
                                    {"evidence", criterion.evidence}});
    }
    if (input.profile)
        addOrigins(json, input);
    return json;
}

std::string dumped(const Json &json)
{
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace

std::string programName()
{
    return "muster " MUSTER_VERSION;
}

std::string toJson(const Input &input)
{
    auto json = checkJson(input);
    json["facts"] = factsJson(input.snapshot, {});
    json["faults"] = faultsJson(input.snapshot);
    return dumped(json);
}

std::string toJson(const FinalReport &report)
{
    auto json = checkJson({report.environment, report.snapshot, report.assessment, &report.profile});
    const auto &from = report.vantage;
    json["local"] = format::utcAndLocal(report.assessment.at);
    json["vantage"] = {{"host", from.host}, {"user", from.user}, {"timeZone", from.timeZone}, {"system", from.system}, {"tool", from.tool}};
    json["finalMetrics"] = Json::array();
    for (const auto &metric : readiness::finalMetrics(report.assessment)) {
        json["finalMetrics"].push_back({{"id", metric.id}, {"title", metric.title}, {"status", toString(metric.status)}, {"value", interval(metric.value)},
                                        {"expected", interval(metric.expected)}, {"evidence", metric.evidence}});
    }
    json["drops"] = Json::array();
    for (const auto &drop : report.drops) {
        Json causes = Json::array();
        for (const auto &cause : drop.causes)
            causes.push_back({{"check", cause.check}, {"from", cause.from}, {"to", cause.to}, {"change", cause.change}, {"evidence", cause.evidence}});
        json["drops"].push_back({{"at", format::iso(drop.at)}, {"before", interval(drop.before.score)}, {"after", interval(drop.after.score)}, {"causes", causes}});
    }
    json["facts"] = factsJson(report.snapshot, {});
    json["faults"] = faultsJson(report.snapshot);
    return dumped(json);
}

std::string factsToJson(const Snapshot &snapshot, const std::vector<std::string> &prefixes)
{
    return dumped({{"schema", 1}, {"at", format::iso(snapshot.at)}, {"facts", factsJson(snapshot, prefixes)}, {"faults", faultsJson(snapshot)}});
}

} // namespace muster::report
