// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/audit/auditchain.h"

#include "connectors/files/sha256.h"
#include "models/facts/fact.h"
#include "models/format/format.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace muster::audit {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kHashKey = ",\"hash\":\"";
constexpr std::size_t kTextLimit = 2048;
constexpr std::size_t kRememberedHashes = 4096;

std::string textOf(const nlohmann::json &object, const char *key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::string dump(const Json &object)
{
    // Server text may be broken UTF-8; the log must be written all the same.
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

std::string hashOf(const Plan &plan)
{
    auto changes = Json::array();
    for (const auto &line : plan.changes)
        changes.push_back({line.label, line.value});
    auto checks = Json::array();
    for (const auto &check : plan.checks)
        checks.push_back({check.title, static_cast<int>(check.state), check.detail});
    const Json object{{"action", plan.action}, {"title", plan.title},   {"target", plan.target},   {"identity", plan.identity},
                      {"changes", changes},    {"checks", checks},      {"command", plan.command}, {"destructive", plan.isDestructive}};
    return files::sha256(dump(object));
}

std::string sealLine(const Line &line)
{
    const auto &entry = line.entry;
    Json object{{"at", format::iso(entry.at)},
                {"ms", entry.at.time_since_epoch().count()},
                {"phase", entry.phase},
                {"id", clamp(entry.id, kTextLimit)},
                {"operator", clamp(entry.operatorName, kTextLimit)},
                {"environment", clamp(entry.environment, kTextLimit)},
                {"action", clamp(entry.action, kTextLimit)},
                {"target", clamp(entry.target, kTextLimit)},
                {"identity", clamp(line.identity, kTextLimit)},
                {"summary", clamp(entry.summary, kTextLimit)}};
    if (entry.phase == "intent") {
        object["reason"] = clamp(entry.reason, kTextLimit);
        object["command"] = clamp(line.command, kTextLimit);
    } else {
        object["outcome"] = entry.outcome;
        object["duration"] = entry.duration;
    }
    object["plan"] = line.planHash;
    object["prev"] = line.previous;
    auto text = dump(object);
    const auto hash = files::sha256(text);
    text.pop_back();
    return text + std::string(kHashKey) + hash + "\"}";
}

std::expected<Line, std::string> openLine(std::string_view text)
{
    if (text.size() > kLineLimit)
        return std::unexpected("the line is longer than any that is written here");
    const auto cut = text.rfind(kHashKey);
    if (cut == std::string_view::npos || !text.ends_with("\"}"))
        return std::unexpected("the line is incomplete");
    Line line;
    line.hash = text.substr(cut + kHashKey.size(), text.size() - cut - kHashKey.size() - 2);
    if (files::sha256(std::string(text.substr(0, cut)) + '}') != line.hash)
        return std::unexpected("the line was changed: its hash does not fit");
    const auto object = nlohmann::json::parse(text, nullptr, false);
    if (!object.is_object())
        return std::unexpected("the line is not a JSON object");
    line.previous = textOf(object, "prev");
    line.planHash = textOf(object, "plan");
    line.identity = textOf(object, "identity");
    line.command = textOf(object, "command");
    auto &entry = line.entry;
    entry.id = textOf(object, "id");
    entry.phase = textOf(object, "phase");
    entry.operatorName = textOf(object, "operator");
    entry.environment = textOf(object, "environment");
    entry.action = textOf(object, "action");
    entry.target = textOf(object, "target");
    entry.summary = textOf(object, "summary");
    entry.outcome = textOf(object, "outcome");
    entry.reason = textOf(object, "reason");
    if (const auto ms = object.find("ms"); ms != object.end() && ms->is_number_integer())
        entry.at = WallTime(Millis(ms->get<std::int64_t>()));
    if (const auto duration = object.find("duration"); duration != object.end() && duration->is_number())
        entry.duration = duration->get<double>();
    return line;
}

bool ChainVerifier::add(std::string_view text)
{
    if (!m_verdict.isIntact)
        return false;
    ++m_verdict.lines;
    const auto line = openLine(text);
    if (!line) {
        breakAt(line.error());
        return false;
    }
    if (line->previous != m_previous) {
        breakAt(m_verdict.lines == 1 ? "lines before the first are missing" : "it does not follow the line before: lines were removed, added or put in another order");
        return false;
    }
    m_previous = line->hash;
    m_hashes.emplace(m_verdict.lines, line->hash);
    if (m_hashes.size() > kRememberedHashes)
        m_hashes.erase(m_hashes.begin());
    if (line->entry.phase == "intent")
        m_open.insert(line->entry.id);
    else
        m_open.erase(line->entry.id);
    return true;
}

AuditVerdict ChainVerifier::finish(std::string_view expectedHash, std::size_t expectedLines) const
{
    auto verdict = m_verdict;
    if (!verdict.isIntact)
        return verdict;
    if (expectedLines > verdict.lines) {
        verdict.isIntact = false;
        verdict.firstBroken = verdict.lines + 1;
        verdict.why = "the end is missing: " + format::counted(static_cast<double>(expectedLines), "line was", "lines were") + " written, " + std::to_string(verdict.lines) + (verdict.lines == 1 ? " is" : " are") + " there";
        return verdict;
    }
    const auto head = m_hashes.find(expectedLines);
    if (!expectedHash.empty() && head != m_hashes.end() && head->second != expectedHash) {
        verdict.isIntact = false;
        verdict.firstBroken = expectedLines;
        verdict.why = "the log was written anew: its last known line had another hash";
        return verdict;
    }
    if (!m_open.empty())
        verdict.why = std::to_string(m_open.size()) + " action(s) without an outcome: still running, or the console ended first: " + *m_open.begin();
    return verdict;
}

void ChainVerifier::breakAt(std::string why)
{
    m_verdict.isIntact = false;
    m_verdict.firstBroken = m_verdict.lines;
    m_verdict.why = std::move(why);
}

} // namespace muster::audit
