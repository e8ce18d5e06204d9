// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/barmanparser.h"

#include "connectors/backup/jsonfields.h"
#include "models/facts/walltime.h"

#include <charconv>
#include <cstdlib>
#include <ctime>
#include <sstream>

namespace muster::backup::barman {

namespace {

using fields::at;
using fields::Json;
using fields::text;

/// Numbers come as numbers, or as text ("1795591026").
std::optional<double> number(const Json &object, const char *key)
{
    const auto &value = at(object, key);
    if (value.is_number())
        return value.get<double>();
    const auto word = value.is_string() ? value.get<std::string>() : std::string();
    double parsed = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), parsed);
    return error == std::errc{} && end == word.data() + word.size() && !word.empty() ? std::optional(parsed) : std::nullopt;
}

std::optional<WallTime> epoch(const Json &object, const char *key)
{
    const auto value = number(object, key);
    return value && *value > 0 && *value < 1e10 ? std::optional(WallTime(Millis(static_cast<std::int64_t>(*value * 1000)))) : std::nullopt;
}

/// "_ERROR": ["..."] stands beside the servers.
std::string errorOf(const Json &root)
{
    for (const auto *key : {"_ERROR", "_EXCEPTION"}) {
        const auto &list = at(root, key);
        if (list.is_array() && !list.empty() && list.front().is_string())
            return muster::clamp(list.front().get<std::string>(), 300);
    }
    return "it does not name the server";
}

/// Of one that did not end only the id says when: "20261125T071705", in the time of Barman's machine, which we take for ours.
WallTime timeOf(const std::string &id)
{
    std::tm date{};
    if (!::strptime(id.c_str(), "%Y%m%dT%H%M%S", &date))
        return {};
    date.tm_isdst = -1;
    const auto at = ::mktime(&date);
    return at > 0 ? WallTime(std::chrono::seconds(at)) : WallTime{};
}

} // namespace

std::expected<std::vector<Entry>, std::string> parseList(std::string_view bytes, const std::string &server, std::vector<std::string> &removes)
{
    const auto root = Json::parse(bytes, nullptr, false);
    const auto &list = at(root, server.c_str());
    if (!list.is_array())
        return std::unexpected("barman list-backups: " + errorOf(root));
    std::vector<Entry> entries;
    for (const auto &object : list) {
        Entry entry;
        auto &backup = entry.backup;
        backup.id = text(object, "backup_id");
        entry.status = text(object, "status");
        backup.format = "barman";
        const auto type = text(object, "backup_type");
        backup.kind = type == "incremental" ? "incremental" : type == "snapshot" ? "snapshot" : "full";
        backup.isPhysical = true;
        backup.finishedAt = epoch(object, "end_time_timestamp").value_or(timeOf(backup.id));
        backup.size = static_cast<std::uint64_t>(number(object, "size_bytes").value_or(0));
        backup.isRunning = entry.status == "STARTED" || entry.status == "EMPTY" || entry.status == "SYNCING";
        backup.isInterrupted = entry.status == "FAILED";
        backup.state = "Barman says " + entry.status;
        backup.fingerprint = backup.id + ' ' + std::to_string(backup.finishedAt.time_since_epoch().count());
        if (text(object, "retention_status").starts_with("OBSOLETE"))
            removes.push_back(backup.id);
        entries.push_back(std::move(entry));
    }
    return entries;
}

void addDetails(std::string_view bytes, const std::string &server, Entry &entry)
{
    const auto root = Json::parse(bytes, nullptr, false);
    const auto &object = at(root, server.c_str());
    const auto &base = at(object, "base_backup_information");
    auto &backup = entry.backup;
    const auto error = text(object, "error");
    if (!backup.isRunning && !backup.isInterrupted)
        backup.state.clear();
    else if (!error.empty())
        backup.state += ": " + error;
    backup.walFirst = text(base, "begin_wal");
    backup.walLast = text(base, "end_wal");
    backup.startedAt = epoch(base, "begin_time_timestamp");
    if (const auto end = epoch(base, "end_time_timestamp"))
        backup.finishedAt = *end;
    else if (backup.startedAt)
        backup.finishedAt = *backup.startedAt; // begun and never ended
    if (backup.startedAt && !backup.isRunning && !backup.isInterrupted)
        backup.took = backup.finishedAt - *backup.startedAt;
    backup.restoredSize = static_cast<std::uint64_t>(number(base, "disk_usage_bytes").value_or(number(base, "backup_size_bytes").value_or(0)));
    constexpr int kMajor = 10000;
    const int version = static_cast<int>(number(object, "postgresql_version").value_or(0));
    backup.major = version / kMajor;
    if (version > 0)
        backup.serverVersion = std::to_string(version / kMajor) + '.' + std::to_string(version % kMajor);
    backup.systemIdentifier = text(object, "system_id");
    if (const auto parent = text(at(object, "catalog_information"), "parent_backup_id"); !parent.empty())
        backup.references.push_back(parent);
    if (entry.status == "WAITING_FOR_WALS")
        backup.proofs.push_back({"its WAL", Proof::State::Unknown, "barman waits for WAL " + backup.walLast + ": it comes with the next switch (barman switch-wal)"});
}

std::expected<Folders, std::string> parseServer(std::string_view bytes, const std::string &server)
{
    const auto root = Json::parse(bytes, nullptr, false);
    const auto &object = at(root, server.c_str());
    Folders folders{text(object, "basebackups_directory"), text(object, "wals_directory"), text(object, "retention_policy"), static_cast<int>(number(object, "minimum_redundancy").value_or(0)),
                    text(object, "barman_lock_directory")};
    if (folders.base.empty() || folders.wals.empty())
        return std::unexpected("barman show-servers: " + errorOf(root));
    return folders;
}

std::vector<std::string> parseCheck(std::string_view bytes, const std::string &server)
{
    std::vector<std::string> failed;
    const auto root = Json::parse(bytes, nullptr, false);
    const auto &object = at(root, server.c_str());
    if (!object.is_object())
        return failed;
    for (const auto &[name, entry] : object.items()) {
        if (text(entry, "status") == "FAILED" && failed.size() < 20)
            failed.push_back("barman check: " + muster::clamp(name, 100) + (text(entry, "hint").empty() ? "" : ": " + text(entry, "hint")));
    }
    return failed;
}

std::optional<long> flockHolder(std::string_view locks, std::string_view inode)
{
    std::istringstream lines{std::string(locks)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string number, kind, mode, access, place;
        long pid = 0;
        if (fields >> number >> kind >> mode >> access >> pid >> place && kind == "FLOCK" && place.substr(place.rfind(':') + 1) == inode)
            return pid;
    }
    return std::nullopt;
}

std::map<std::string, FoundFile> parseFound(std::string_view output)
{
    std::map<std::string, FoundFile> found;
    while (!output.empty()) {
        const auto end = output.find('\0');
        const auto line = output.substr(0, end);
        const auto first = line.find(' ');
        const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
        std::uint64_t size = 0;
        std::int64_t seconds = 0;
        if (second != std::string_view::npos && std::from_chars(line.data(), line.data() + first, size).ec == std::errc{}
            && std::from_chars(line.data() + first + 1, line.data() + second, seconds).ec == std::errc{}) {
            if (const auto changedAt = wallTimeOf(static_cast<double>(seconds)))
                found[std::string(line.substr(second + 1))] = {size, *changedAt};
        }
        output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    }
    return found;
}

} // namespace muster::backup::barman
