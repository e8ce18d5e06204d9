// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/commandcontract.h"

#include "connectors/backup/catalogue.h"
#include "models/facts/fact.h"

#include <nlohmann/json.hpp>

#include <ctime>

namespace muster::backup {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kBackupsLimit = 5000;
constexpr std::size_t kTextLimit = 1000;
constexpr std::size_t kIdLimit = 200;
constexpr double kNumberLimit = 1e15; ///< what fits the integers that it becomes

/// Reads keys of one object; one of a wrong kind is an error of the whole answer, since half a catalogue would be believed.
class Object {
public:
    Object(const Json &json, std::string where, std::string &problem) : m_json(json), m_where(std::move(where)), m_problem(problem) { }

    std::string text(const char *key, std::size_t limit = kTextLimit) const
    {
        const auto *value = find(key);
        if (!value)
            return {};
        return value->is_string() ? muster::clamp(value->get<std::string>(), limit) : wrong<std::string>(key, "text");
    }
    double number(const char *key) const
    {
        const auto *value = find(key);
        if (!value)
            return 0;
        const double number = value->is_number() ? value->get<double>() : -1;
        return number >= 0 && number <= kNumberLimit ? number : wrong<double>(key, "a number from 0 to 1e15");
    }
    bool truth(const char *key, bool fallback) const
    {
        const auto *value = find(key);
        if (!value)
            return fallback;
        return value->is_boolean() ? value->get<bool>() : wrong<bool>(key, "true or false");
    }
    std::optional<WallTime> time(const char *key) const
    {
        const auto *value = find(key);
        if (!value)
            return std::nullopt;
        if (value->is_number() && value->get<double>() >= 0 && value->get<double>() < 1e10)
            return WallTime(Millis(static_cast<std::int64_t>(value->get<double>() * 1000)));
        const auto parsed = value->is_string() ? parseIso(value->get<std::string>()) : std::nullopt;
        return parsed ? parsed : wrong<std::optional<WallTime>>(key, "a time such as 2026-01-31T02:10:00Z");
    }
    std::vector<std::string> texts(const char *key) const
    {
        std::vector<std::string> list;
        const auto *value = find(key);
        if (value && !value->is_array())
            wrong<int>(key, "a list of texts");
        for (const auto &entry : value && value->is_array() ? *value : Json::array()) {
            if (!entry.is_string())
                wrong<int>(key, "a list of texts");
            else if (list.size() < kBackupsLimit)
                list.push_back(muster::clamp(entry.get<std::string>(), kIdLimit));
        }
        return list;
    }
    const Json *find(const char *key) const
    {
        if (!m_json.is_object())
            return nullptr;
        const auto it = m_json.find(key);
        return it == m_json.end() || it->is_null() ? nullptr : &*it;
    }

private:
    template<class T>
    T wrong(const char *key, const char *expected) const
    {
        if (m_problem.empty())
            m_problem = m_where + key + ": expected " + expected;
        return {};
    }
    const Json &m_json;
    std::string m_where;
    std::string &m_problem;
};

Backup backupFrom(const Json &json, std::size_t index, std::string &problem)
{
    const Object object(json, "backups[" + std::to_string(index) + "].", problem);
    Backup backup;
    backup.id = object.text("id", kIdLimit);
    if (backup.id.empty() && problem.empty())
        problem = "backups[" + std::to_string(index) + "].id: is missing";
    backup.path = object.text("path");
    backup.format = object.text("format");
    if (backup.format.empty())
        backup.format = "command";
    backup.kind = object.text("kind");
    const auto state = object.text("state");
    backup.isRunning = state == "running";
    backup.isInterrupted = state == "interrupted" || state == "failed";
    backup.state = object.text("reason");
    if (problem.empty() && state != "finished" && state != "running" && state != "interrupted" && state != "failed")
        problem = "backups[" + std::to_string(index) + "].state: expected finished, running, interrupted or failed";
    backup.startedAt = object.time("started");
    const auto finished = object.time("finished");
    backup.finishedAt = finished.value_or(backup.startedAt.value_or(WallTime{}));
    if (backup.startedAt && finished)
        backup.took = *finished - *backup.startedAt;
    backup.size = static_cast<std::uint64_t>(object.number("size"));
    backup.restoredSize = static_cast<std::uint64_t>(object.number("restored_size"));
    backup.files = static_cast<std::size_t>(object.number("files"));
    backup.serverVersion = object.text("server_version");
    backup.major = majorOf(backup.serverVersion);
    backup.isPhysical = object.truth("physical", true);
    backup.systemIdentifier = object.text("system_identifier");
    backup.toolVersion = object.text("tool_version");
    backup.databases = object.texts("databases");
    backup.references = object.texts("references");
    backup.obstacle = object.text("obstacle");
    backup.verifiedAt = object.time("verified");
    if (const auto bad = object.text("problem"); !bad.empty())
        backup.proofs.push_back({"what the command says", Proof::State::Bad, bad});
    if (const auto unknown = object.text("unknown"); !unknown.empty())
        backup.proofs.push_back({unknown, Proof::State::Unknown, {}});
    if (backup.systemIdentifier.empty())
        backup.proofs.push_back({"its cluster", Proof::State::Unknown, "the command does not say its system identifier"});
    if (problem.empty() && state == "finished" && !finished)
        problem = "backups[" + std::to_string(index) + "].finished: is missing";
    if (const auto drilled = object.time("drilled"))
        backup.drill = Drill{*drilled, Millis(static_cast<std::int64_t>(object.number("drill_duration") * 1000)), {}, 0, 0};
    backup.fingerprint = backup.id + ' ' + std::to_string(backup.finishedAt.time_since_epoch().count()) + ' ' + std::to_string(backup.size);
    return backup;
}

Recovery recoveryFrom(const Json &json, std::string &problem)
{
    const Object object(json, "archive.", problem);
    Recovery recovery;
    recovery.newestWalAt = object.time("newest");
    recovery.newestWal = object.text("newest_segment");
    recovery.from = object.time("from");
    recovery.to = object.time("to");
    if (const auto *gaps = object.find("gaps"); gaps && gaps->is_array()) {
        for (const auto &entry : *gaps) {
            const Object gap(entry, "archive.gaps[].", problem);
            recovery.gaps.push_back({gap.text("first"), gap.text("last"), static_cast<std::uint64_t>(gap.number("count"))});
        }
    }
    return recovery;
}

} // namespace

std::optional<WallTime> parseIso(std::string_view text)
{
    std::tm date{};
    const std::string copy(text);
    const char *rest = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &date);
    if (!rest)
        return std::nullopt;
    double fraction = 0;
    if (*rest == '.') {
        char *end = nullptr;
        fraction = std::strtod(rest, &end);
        rest = end;
    }
    const std::string_view zone(rest);
    if (zone != "Z" && zone != "+00:00")
        return std::nullopt;
    return WallTime(Millis(::timegm(&date) * 1000 + static_cast<std::int64_t>(fraction * 1000)));
}

std::expected<Catalogue, std::string> parseCatalogue(std::string_view bytes)
{
    const auto json = Json::parse(bytes, nullptr, false);
    std::string problem;
    const Object root(json, {}, problem);
    const auto *list = root.find("backups");
    if (!json.is_object() || root.number("schema") != 1 || !list || !list->is_array())
        return std::unexpected("the list command did not answer {\"schema\": 1, \"backups\": [...]}");
    if (list->size() > kBackupsLimit)
        return std::unexpected("more than " + std::to_string(kBackupsLimit) + " backups");
    Catalogue catalogue;
    for (std::size_t i = 0; i < list->size(); ++i)
        catalogue.backups.push_back(backupFrom((*list)[i], i, problem));
    if (const auto *archive = root.find("archive"))
        catalogue.recovery = recoveryFrom(*archive, problem);
    if (const auto *running = root.find("running")) {
        const Object object(*running, "running.", problem);
        catalogue.running = Running{object.text("who"), object.text("phase"), object.time("since"), object.number("done"),
                                    object.find("total") ? std::optional(object.number("total")) : std::nullopt, false};
    }
    if (const auto *expiry = root.find("expiry")) {
        const Object object(*expiry, "expiry.", problem);
        catalogue.expiry = Expiry{object.text("rule"), object.texts("removes"), object.texts("strands"), object.text("warning")};
    }
    catalogue.warnings = root.texts("warnings");
    return problem.empty() ? std::expected<Catalogue, std::string>(std::move(catalogue)) : std::unexpected(problem);
}

RunLine parseRunLine(std::string_view line)
{
    RunLine result;
    const auto json = line.starts_with('{') ? Json::parse(line, nullptr, false) : Json();
    if (!json.is_object())
        return result;
    std::string problem;
    const Object object(json, {}, problem);
    result.id = object.text("id", kIdLimit);
    if (object.find("phase")) {
        result.progress = Progress{object.text("phase", 200), object.number("done"), {}, object.text("unit", 16), {}};
        if (object.find("total"))
            result.progress->total = object.number("total");
    }
    return problem.empty() ? result : RunLine{};
}

std::string parseProblem(std::string_view bytes)
{
    const auto json = Json::parse(bytes, nullptr, false);
    std::string problem;
    return json.is_object() ? Object(json, {}, problem).text("problem") : std::string();
}

} // namespace muster::backup
