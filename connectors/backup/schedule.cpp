// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/schedule.h"

#include "models/facts/fact.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <sstream>

namespace muster::backup {

namespace {

constexpr std::size_t kOutputLimit = std::size_t{1} << 20;
constexpr std::size_t kFoundLimit = 50;
constexpr std::size_t kTextLimit = 300;

std::optional<WallTime> microseconds(const nlohmann::json &object, const char *key)
{
    const auto it = object.find(key);
    if (it == object.end() || !it->is_number_unsigned() || it->get<std::uint64_t>() == 0 || it->get<std::uint64_t>() > std::uint64_t{1} << 55U)
        return std::nullopt;
    return WallTime(Millis(static_cast<std::int64_t>(it->get<std::uint64_t>() / 1000)));
}

std::string textOf(const nlohmann::json &object, const char *key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? muster::clamp(it->get<std::string>(), kTextLimit) : std::string();
}

/// "==> /etc/cron.d/pgbackrest <==" between the files, as tail(1) writes it for several.
std::vector<Schedule> parseCronFiles(std::string_view text)
{
    std::vector<Schedule> found;
    std::string name;
    std::string body;
    const auto take = [&] {
        for (auto &entry : parseCrontab(body, name, !name.starts_with("/var/spool/")))
            found.push_back(std::move(entry));
        body.clear();
    };
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("==> ") && line.ends_with(" <==")) {
            take();
            name = line.substr(4, line.size() - 8);
        } else {
            body += line + '\n';
        }
    }
    take();
    return found;
}

std::string outputOf(const process::Host &host, const std::vector<std::string> &words, Deadline deadline, const std::stop_token &stop, std::string &problem)
{
    auto command = host.command(words);
    command.outputLimit = kOutputLimit;
    const auto finished = host.run(command, deadline, stop);
    if (!finished)
        problem = finished.error().detail;
    return finished ? finished->output : std::string();
}

} // namespace

bool isBackupCommand(std::string_view text)
{
    constexpr std::array<std::string_view, 10> kNames{"pgbackrest", "barman", "pg_dump", "pg_basebackup", "wal-g", "pg_back", "muster-backup", "autopostgresqlbackup", "pg_probackup", "muster backup"};
    if (text.find("musterctl backup") != std::string_view::npos)
        return true;
    return std::ranges::any_of(kNames, [&](std::string_view name) { return text.find(name) != std::string_view::npos; });
}

std::vector<Schedule> parseTimers(std::string_view json)
{
    std::vector<Schedule> found;
    const auto list = nlohmann::json::parse(json, nullptr, false);
    if (!list.is_array())
        return found;
    for (const auto &object : list) {
        if (!object.is_object() || found.size() == kFoundLimit)
            continue;
        Schedule entry{"systemd timer", textOf(object, "unit"), {}, microseconds(object, "next"), microseconds(object, "last"), textOf(object, "activates")};
        if (isBackupCommand(entry.name) || isBackupCommand(entry.command))
            found.push_back(std::move(entry));
    }
    return found;
}

std::vector<Schedule> parseCrontab(std::string_view text, const std::string &name, bool hasUser)
{
    std::vector<Schedule> found;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line) && found.size() < kFoundLimit;) {
        std::istringstream fields(line);
        std::string when, field;
        fields >> when;
        if (when.empty() || when.front() == '#' || when.find('=') != std::string::npos)
            continue;
        constexpr int kMoreFields = 4;
        for (int i = 0; when.front() != '@' && i < kMoreFields && fields >> field; ++i)
            when += ' ' + field;
        if (hasUser)
            fields >> field;
        std::string command;
        std::getline(fields >> std::ws, command);
        if (isBackupCommand(command))
            found.push_back({"cron", name, muster::clamp(when, kTextLimit), {}, {}, muster::clamp(command, kTextLimit)});
    }
    return found;
}

Schedules readSchedules(const process::Host &host, Deadline deadline, const std::stop_token &stop)
{
    Schedules schedules;
    schedules.host = host.label();
    schedules.found = parseTimers(outputOf(host, {"systemctl", "list-timers", "--all", "--output=json", "--no-pager"}, deadline, stop, schedules.problem));
    // find -exec: the names of the files come from the machine, never through a shell of ours.
    const auto cron = outputOf(host, {"find", "/etc/crontab", "/etc/cron.d", "/var/spool/cron/crontabs", "-maxdepth", "1", "-type", "f", "-exec", "tail", "-v", "-n", "+1", "{}", "+"}, deadline, stop,
                               schedules.problem);
    for (auto &entry : parseCronFiles(cron))
        schedules.found.push_back(std::move(entry));
    return schedules;
}

std::string scheduleNote(const Schedules &schedules, const Set &set)
{
    if (!schedules.problem.empty() && schedules.found.empty())
        return "schedules of " + schedules.host + " cannot be seen: " + schedules.problem;
    if (schedules.found.empty()) {
        return "no timer or cron line on " + schedules.host + " makes backups"
            + (set.host.isRemote() ? std::string(".") : std::string(". This console makes none by itself, and a laptop is no scheduler: install muster-backup.timer on a server (man musterctl)."));
    }
    std::string text;
    for (const auto &entry : schedules.found)
        text += (text.empty() ? "" : "; ") + entry.kind + ' ' + entry.name + (entry.when.empty() ? "" : " (" + entry.when + ')');
    return text + " on " + schedules.host + ". Seen is not proved: only the history of good backups is";
}

} // namespace muster::backup
