// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/notes.h"

#include "connectors/backup/backupset.h"
#include "connectors/files/durable.h"

#include <nlohmann/json.hpp>

#include <cstdlib>

namespace muster::backup {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNoteLimit = std::size_t{16} << 10;

std::int64_t ms(WallTime at)
{
    return at.time_since_epoch().count();
}

template<class T>
std::optional<T> get(const Json &object, const char *key)
{
    const auto it = object.find(key);
    if (it == object.end())
        return std::nullopt;
    if constexpr (std::is_same_v<T, std::string>)
        return it->is_string() ? std::optional(it->get<T>()) : std::nullopt;
    else
        return it->is_number() ? std::optional(it->get<T>()) : std::nullopt;
}

std::string fileOf(const std::string &folder, const Backup &backup)
{
    return folder + '/' + safeName(backup.id) + ".json";
}

/// The newer of two notes wins, each of its kind.
void take(const Json &note, Backup &backup)
{
    if (!note.is_object() || get<std::string>(note, "fingerprint").value_or("?") != backup.fingerprint)
        return;
    if (const auto at = get<std::int64_t>(note, "verified_ms")) {
        const WallTime when{Millis(*at)};
        if (!backup.verifiedAt || when > *backup.verifiedAt) {
            backup.verifyProblem = get<std::string>(note, "problem").value_or(std::string());
            backup.verifiedAt = backup.verifyProblem.empty() ? std::optional(when) : std::nullopt;
        }
    }
    const auto at = get<std::int64_t>(note, "drilled_ms");
    if (!at || (backup.drill && WallTime{Millis(*at)} <= backup.drill->at))
        return;
    backup.drill = Drill{WallTime{Millis(*at)}, Millis(get<std::int64_t>(note, "drill_took_ms").value_or(0)), get<std::string>(note, "drill_problem").value_or(std::string()),
                         get<double>(note, "drill_tables").value_or(0), get<double>(note, "drill_rows").value_or(0)};
}

} // namespace

void Notes::read(std::vector<Backup> &backups) const
{
    for (auto &backup : backups) {
        for (const auto &folder : m_folders) {
            if (const auto bytes = files::readFile(fileOf(folder, backup), kNoteLimit))
                take(Json::parse(*bytes, nullptr, false), backup);
        }
    }
}

std::expected<void, Fault> Notes::verified(const Backup &backup, const std::string &problem) const
{
    auto copy = backup;
    copy.verifyProblem = problem;
    copy.verifiedAt = Stamp::now().wall;
    return write(copy);
}

std::expected<void, Fault> Notes::drilled(const Backup &backup, const Drill &drill) const
{
    auto copy = backup;
    copy.drill = drill;
    return write(copy);
}

std::expected<void, Fault> Notes::write(const Backup &backup) const
{
    Json note{{"schema", 1}, {"id", backup.id}, {"fingerprint", backup.fingerprint}};
    if (backup.verifiedAt) {
        note["verified_ms"] = ms(*backup.verifiedAt);
        note["problem"] = backup.verifyProblem;
    }
    if (backup.drill) {
        note["drilled_ms"] = ms(backup.drill->at);
        note["drill_took_ms"] = backup.drill->took.count();
        note["drill_problem"] = backup.drill->problem;
        note["drill_tables"] = backup.drill->tables;
        note["drill_rows"] = backup.drill->rows;
    }
    std::expected<void, Fault> done = std::unexpected(Fault{FaultKind::Config, "note", "there is no folder for notes", {}});
    for (const auto &folder : m_folders) {
        done = files::makeFolders(folder);
        if (done)
            done = files::replaceFile(fileOf(folder, backup), note.dump(1, ' ', false, Json::error_handler_t::replace) + '\n');
        if (done)
            return done;
    }
    return done;
}

std::string stateFolder(const std::string &environment, const std::string &set)
{
    const char *state = std::getenv("XDG_STATE_HOME");
    const char *home = std::getenv("HOME");
    const auto base = state && *state ? std::string(state) : std::string(home ? home : "") + "/.local/state";
    return base + "/muster/backups/" + safeName(environment) + '/' + safeName(set);
}

} // namespace muster::backup
