// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/pgbackrestparser.h"

#include "connectors/backup/jsonfields.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace muster::backup::pgbackrest {

namespace {

using fields::at;
using fields::Json;
using fields::text;

std::optional<std::uint64_t> whole(const Json &object, const char *key)
{
    const auto &value = at(object, key);
    return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

int number(const Json &object, const char *key)
{
    return static_cast<int>(std::min<std::uint64_t>(whole(object, key).value_or(0), 1000000));
}

std::optional<WallTime> seconds(const Json &object, const char *key)
{
    const auto value = whole(object, key);
    constexpr std::uint64_t kLast = std::uint64_t{1} << 34U;
    return value && *value < kLast ? std::optional(WallTime(std::chrono::seconds(static_cast<std::int64_t>(*value)))) : std::nullopt;
}

Entry entryFrom(const Json &object, const std::map<std::pair<int, int>, std::pair<std::string, std::string>> &clusters)
{
    Entry entry;
    entry.label = text(object, "label");
    entry.repo = number(at(object, "database"), "repo-key");
    entry.database = number(at(object, "database"), "id");
    if (const auto &error = at(object, "error"); error.is_boolean())
        entry.hasPageErrors = error.get<bool>();
    auto &backup = entry.backup;
    backup.id = entry.label;
    backup.format = "pgbackrest";
    const auto type = text(object, "type");
    backup.kind = type == "full" ? "full" : type == "diff" ? "differential" : "incremental";
    backup.isPhysical = true;
    backup.startedAt = seconds(at(object, "timestamp"), "start");
    backup.finishedAt = seconds(at(object, "timestamp"), "stop").value_or(WallTime{});
    if (backup.startedAt)
        backup.took = backup.finishedAt - *backup.startedAt;
    const auto &info = at(object, "info");
    backup.restoredSize = whole(info, "size").value_or(0);
    // "size" is absent for block-incremental ones; the delta is what this one added.
    backup.size = whole(at(info, "repository"), "size").value_or(whole(at(info, "repository"), "delta").value_or(0));
    backup.walFirst = text(at(object, "archive"), "start");
    backup.walLast = text(at(object, "archive"), "stop");
    backup.toolVersion = text(at(object, "backrest"), "version");
    for (const auto &reference : at(object, "reference").is_array() ? at(object, "reference") : Json::array()) {
        if (reference.is_string())
            backup.references.push_back(reference.get<std::string>());
    }
    if (const auto found = clusters.find({entry.repo, entry.database}); found != clusters.end()) {
        backup.systemIdentifier = found->second.first;
        backup.serverVersion = found->second.second;
        backup.major = std::atoi(backup.serverVersion.c_str());
    }
    backup.fingerprint = entry.label + ' ' + std::to_string(backup.finishedAt.time_since_epoch().count()) + ' ' + std::to_string(backup.size);
    return entry;
}

/// The repository key of "repo2-retention-full", 1 without a number.
int repoOf(std::string_view key)
{
    int repo = 1;
    if (key.starts_with("repo"))
        std::from_chars(key.data() + 4, key.data() + key.size(), repo);
    return repo;
}

std::string_view trimmed(std::string_view line)
{
    constexpr std::string_view kSpace = " \t\r";
    const auto start = line.find_first_not_of(kSpace);
    return start == std::string_view::npos ? std::string_view() : line.substr(start, line.find_last_not_of(kSpace) - start + 1);
}

template<class Take>
void eachLine(std::string_view text, Take take)
{
    while (!text.empty()) {
        const auto end = text.find('\n');
        take(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

} // namespace

std::expected<Info, std::string> parseInfo(std::string_view json, const std::string &stanza)
{
    const auto list = Json::parse(json, nullptr, false);
    if (!list.is_array())
        return std::unexpected("pgbackrest info did not answer JSON");
    const Json *object = nullptr;
    for (const auto &candidate : list) {
        if (text(candidate, "name") == stanza)
            object = &candidate;
    }
    if (!object)
        return std::unexpected("pgbackrest knows no stanza “" + stanza + "”");
    Info info;
    info.stanza = stanza;
    const auto &status = at(*object, "status");
    info.code = number(status, "code");
    info.message = text(status, "message");
    const auto &held = at(at(status, "lock"), "backup");
    info.isHeld = at(held, "held").is_boolean() && at(held, "held").get<bool>();
    if (const auto total = whole(held, "size"))
        info.total = static_cast<double>(*total);
    if (const auto done = whole(held, "size-cplt"))
        info.done = static_cast<double>(*done);
    for (const auto &repo : at(*object, "repo").is_array() ? at(*object, "repo") : Json::array())
        info.repos[number(repo, "key")] = number(at(repo, "status"), "code") == 0 ? std::string() : text(at(repo, "status"), "message");
    std::map<std::pair<int, int>, std::pair<std::string, std::string>> clusters;
    for (const auto &db : at(*object, "db").is_array() ? at(*object, "db") : Json::array()) {
        if (const auto id = whole(db, "system-id"))
            clusters[{number(db, "repo-key"), number(db, "id")}] = {std::to_string(*id), text(db, "version")};
    }
    for (const auto &archive : at(*object, "archive").is_array() ? at(*object, "archive") : Json::array())
        info.archiveIds[{number(at(archive, "database"), "repo-key"), number(at(archive, "database"), "id")}] = text(archive, "id");
    for (const auto &backup : at(*object, "backup").is_array() ? at(*object, "backup") : Json::array())
        info.backups.push_back(entryFrom(backup, clusters));
    return info;
}

std::vector<std::string> parseErrorList(std::string_view json)
{
    std::vector<std::string> names;
    const auto list = Json::parse(json, nullptr, false);
    for (const auto &stanza : list.is_array() ? list : Json::array()) {
        for (const auto &backup : at(stanza, "backup").is_array() ? at(stanza, "backup") : Json::array()) {
            for (const auto &name : at(backup, "error-list").is_array() ? at(backup, "error-list") : Json::array()) {
                if (name.is_string() && names.size() < 20)
                    names.push_back(muster::clamp(name.get<std::string>(), 200));
            }
        }
    }
    return names;
}

std::expected<std::map<std::string, Listed>, std::string> parseListing(std::string_view json)
{
    const auto object = Json::parse(json, nullptr, false);
    if (!object.is_object())
        return std::unexpected("pgbackrest repo-ls did not answer JSON");
    std::map<std::string, Listed> listing;
    for (const auto &[name, entry] : object.items()) {
        if (text(entry, "type") == "file")
            listing[name] = {whole(entry, "size").value_or(0), seconds(entry, "time")};
    }
    return listing;
}

std::vector<ManifestEntry> parseManifest(std::string_view bytes)
{
    std::vector<ManifestEntry> entries;
    bool isFiles = false;
    eachLine(bytes, [&](std::string_view line) {
        if (line.starts_with('['))
            isFiles = line.starts_with("[target:file]");
        const auto split = isFiles ? line.find("={") : std::string_view::npos;
        if (split == std::string_view::npos)
            return;
        const auto object = Json::parse(line.substr(split + 1), nullptr, false);
        if (!object.is_object())
            return;
        entries.push_back({std::string(line.substr(0, split)), text(object, "reference"), whole(object, "repo-size"), whole(object, "bni"), whole(object, "size").value_or(0)});
    });
    return entries;
}

std::string missingFile(const std::string &label, const std::vector<ManifestEntry> &manifest, const std::map<std::string, Listed> &listing)
{
    constexpr std::array<const char *, 6> kEndings{"", ".gz", ".lz4", ".zst", ".bz2", ".pgbi"};
    for (const auto &entry : manifest) {
        const auto home = entry.reference.empty() ? label : entry.reference;
        if (entry.bundle) {
            if (!listing.contains(home + "/bundle/" + std::to_string(*entry.bundle)))
                return "bundle " + std::to_string(*entry.bundle) + " of " + home + " is missing";
            continue;
        }
        const auto path = home + '/' + entry.name;
        auto found = listing.end();
        const char *ending = "";
        for (const auto *candidate : kEndings) {
            if (found = listing.find(path + candidate); found != listing.end()) {
                ending = candidate;
                break;
            }
        }
        if (found == listing.end() && entry.size == 0)
            continue; // with bundles an empty file is only a line of the manifest
        if (found == listing.end())
            return "file " + path + " is missing";
        if (entry.repoSize && *entry.repoSize != found->second.size && std::string_view(ending) != ".pgbi")
            return "file " + path + " has " + std::to_string(found->second.size) + " bytes instead of " + std::to_string(*entry.repoSize);
    }
    return {};
}

Verdict parseVerify(std::string_view bytes)
{
    Verdict verdict;
    std::string current;
    bool isArchive = false;
    eachLine(bytes, [&](std::string_view raw) {
        const auto line = trimmed(raw);
        constexpr std::string_view kBackup = "backup: ", kStatus = ", status: ", kArchive = "archiveId: ";
        if (line.starts_with("status: ")) {
            verdict.isJudged = true;
        } else if (line.starts_with(kArchive)) {
            isArchive = true;
            current.clear();
        } else if (line.starts_with(kBackup)) {
            isArchive = false;
            const auto comma = line.find(kStatus);
            if (comma == std::string_view::npos)
                return;
            current = std::string(line.substr(kBackup.size(), comma - kBackup.size()));
            const auto rest = line.substr(comma + kStatus.size());
            const auto word = rest.substr(0, rest.find(','));
            verdict.backups[current] = word == "valid" ? std::string() : "pgbackrest verify calls it " + std::string(word);
        } else if (line.starts_with("missing: ")) {
            const bool isClean = line == "missing: 0, checksum invalid: 0, size invalid: 0, other: 0";
            if (isArchive && !isClean)
                verdict.archive = "WAL: " + std::string(line);
            else if (!current.empty() && !isClean)
                verdict.backups[current] += (verdict.backups[current].empty() ? "" : ": ") + std::string(line);
        }
    });
    return verdict;
}

Config parseConfig(std::string_view bytes, const std::string &stanza)
{
    Config config;
    bool isOurs = false;
    eachLine(bytes, [&](std::string_view raw) {
        const auto line = trimmed(raw);
        if (line.starts_with('[')) {
            isOurs = line == "[global]" || line == "[" + stanza + "]" || line == "[global:expire]" || line == "[global:backup]";
            return;
        }
        const auto equals = line.find('=');
        if (!isOurs || equals == std::string_view::npos || line.starts_with('#'))
            return;
        const auto key = trimmed(line.substr(0, equals));
        const auto value = trimmed(line.substr(equals + 1));
        int count = 0;
        if (key == "lock-path")
            config.lockPath = value;
        else if (key.starts_with("repo") && key.ends_with("-retention-full-type"))
            config.isRetentionInDays[repoOf(key)] = value == "time";
        else if (key.starts_with("repo") && key.ends_with("-retention-full") && std::from_chars(value.data(), value.data() + value.size(), count).ec == std::errc{} && count > 0)
            config.retentionFull[repoOf(key)] = count;
    });
    return config;
}

std::optional<Lock> parseLock(std::string_view bytes)
{
    // Before 2.47 the process number stands in a line of its own before the object.
    const auto brace = bytes.find('{');
    const auto object = brace == std::string_view::npos ? Json() : Json::parse(bytes.substr(brace), nullptr, false);
    Lock lock;
    lock.pid = static_cast<long>(whole(object, "pid").value_or(0));
    if (lock.pid == 0)
        std::from_chars(bytes.data(), bytes.data() + bytes.size(), lock.pid);
    if (const auto hundredths = whole(object, "pctCplt"))
        lock.percent = static_cast<double>(*hundredths) / 100;
    return lock.pid > 0 || lock.percent ? std::optional(lock) : std::nullopt;
}

LogLine parseLogLine(std::string_view line)
{
    LogLine result;
    constexpr std::string_view kLabel = "new backup label = ";
    if (line.find("backup begins after") != std::string_view::npos) {
        result.phase = "waiting for the checkpoint";
    } else if (line.find("check archive for prior segment") != std::string_view::npos) {
        result.phase = "waiting for the WAL before it in the archive";
    } else if (line.find("backup stop and wait for all WAL") != std::string_view::npos || line.find("check archive for segment(s)") != std::string_view::npos) {
        result.phase = "waiting for its WAL in the archive";
    } else if (line.find("expire command begin") != std::string_view::npos) {
        result.phase = "removing what is outdated";
    } else if (const auto at = line.find(kLabel); at != std::string_view::npos) {
        result.label = trimmed(line.substr(at + kLabel.size()));
    } else if (line.find(" backup file ") != std::string_view::npos || line.find(" bundle ") != std::string_view::npos) {
        result.phase = "copying, in finished files";
        const auto end = line.rfind("%)");
        const auto start = end == std::string_view::npos ? end : line.rfind(' ', end);
        double percent = 0;
        if (start != std::string_view::npos && std::from_chars(line.data() + start + 1, line.data() + end, percent).ec == std::errc{} && percent <= 100)
            result.percent = percent;
    }
    return result;
}

Expiry expiryOf(const std::vector<Entry> &entries, const std::vector<Backup> &judged, const Config &config, WallTime now)
{
    Expiry expiry;
    std::vector<std::string> fullsThatStay;
    for (const auto &[repo, limit] : config.retentionFull) {
        const bool isDays = config.isRetentionInDays.contains(repo) && config.isRetentionInDays.at(repo);
        expiry.rule += (expiry.rule.empty() ? "" : "; ") + ("repo" + std::to_string(repo) + " keeps " + std::to_string(limit) + (isDays ? " days" : " full backups"));
        std::vector<const Entry *> fulls; // newest first, with the next one thought in front
        for (const auto &entry : entries) {
            if (entry.repo == repo && entry.backup.kind == "full")
                fulls.push_back(&entry);
        }
        std::ranges::sort(fulls, [](const Entry *a, const Entry *b) { return a->backup.finishedAt > b->backup.finishedAt; });
        for (std::size_t i = 0; i < fulls.size(); ++i) {
            // By days: a full one goes once a newer one is itself older than the limit.
            const bool isGoing = isDays ? i > 0 && now - fulls[i - 1]->backup.finishedAt > std::chrono::days(limit) : i + 1 >= static_cast<std::size_t>(limit);
            if (!isGoing) {
                fullsThatStay.push_back(fulls[i]->backup.id);
                continue;
            }
            expiry.removes.push_back(fulls[i]->backup.id);
            for (const auto &entry : entries) {
                if (std::ranges::find(entry.backup.references, fulls[i]->backup.id) != entry.backup.references.end())
                    expiry.removes.push_back(entry.backup.id);
            }
        }
    }
    if (config.retentionFull.empty())
        expiry.rule = "no retention is configured (repo1-retention-full): nothing is ever removed";
    const auto isGood = [&](const std::string &id) { return std::ranges::any_of(judged, [&](const Backup &backup) { return backup.id == id && backup.rung >= Rung::Complete; }); };
    const auto losesGood = std::ranges::any_of(expiry.removes, isGood);
    if (losesGood && std::ranges::none_of(fullsThatStay, isGood))
        expiry.warning = "no complete full backup would be left but the new one: pgBackRest counts damaged ones as well";
    return expiry;
}

} // namespace muster::backup::pgbackrest
