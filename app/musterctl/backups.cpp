// SPDX-License-Identifier: GPL-3.0-or-later
// The verbs of `musterctl backup`.
#include "app/musterctl/commands.h"
#include "app/wiring/wiring.h"
#include "models/format/format.h"
#include "models/format/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace muster::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr Millis kListBudget{120000};
constexpr double kNever = 1e11; ///< s; an age from here on means that it never happened

std::string firstArgument(const Options &options)
{
    return options.arguments.empty() ? std::string() : options.arguments.front();
}

const Value *factOf(const FactBatch &batch, std::string_view name)
{
    const auto it = std::ranges::find(batch.facts, name, &Fact::name);
    return it == batch.facts.end() ? nullptr : &it->value;
}

std::string textOf(const FactBatch &batch, std::string_view name)
{
    const auto *value = factOf(batch, name);
    const auto *text = value ? asText(*value) : nullptr;
    return text ? *text : std::string();
}

std::optional<double> numberOf(const FactBatch &batch, std::string_view name)
{
    const auto *value = factOf(batch, name);
    const auto *number = value ? asNumber(*value) : nullptr;
    return number ? std::optional(*number) : std::nullopt;
}

std::string moment(double epoch)
{
    return format::utc(WallTime(Millis(static_cast<std::int64_t>(epoch * 1000))));
}

std::string backupLine(const Table &table, std::size_t row)
{
    const auto size = table.number(row, "size");
    const auto age = table.number(row, "age");
    auto rung = table.text(row, "rung");
    rung.resize(std::max<std::size_t>(rung.size() + 1, 12), ' ');
    return rung + text::plain(table.text(row, "id"), 80) + "  " + (size ? format::size(*size) : "?") + "  " + (age ? format::duration(*age) + " old" : "age unknown")
        + (table.text(row, "reason").empty() ? "" : "  " + text::plain(table.text(row, "reason"), 300)) + "\n";
}

/// What stands below the list: the window, the run of now, the next expiry, the schedule.
void printRest(const FactBatch &batch)
{
    const auto line = [](const char *label, const std::string &value) {
        if (!value.empty())
            print(std::string("  ") + label + text::plain(value, 600) + "\n");
    };
    const auto from = numberOf(batch, "backup.recovery_from");
    const auto to = numberOf(batch, "backup.recovery_to");
    if (from && to)
        line("recovery    ", "to any moment from " + moment(*from) + " to " + moment(*to));
    line("holes       ", textOf(batch, "backup.recovery_gaps_text"));
    if (const auto age = numberOf(batch, "backup.wal_age"))
        line("newest WAL  ", *age < kNever ? "archived " + format::duration(*age) + " ago: that much can be lost" : "none is archived");
    if (const auto estimate = numberOf(batch, "backup.restore_estimate"))
        line("restore     ", "about " + format::duration(*estimate) + ", by the last drill");
    line("running     ", textOf(batch, "backup.running"));
    line("holder      ", textOf(batch, "backup.holder"));
    line("next expiry ", textOf(batch, "backup.next_expiry"));
    line("schedule    ", textOf(batch, "backup.schedule_note"));
    line("warnings    ", textOf(batch, "backup.warnings"));
}

/// The contract of man 7 muster-backup, so that another console can read a directory through this one.
Json backupJson(const Table &table, std::size_t row)
{
    const auto rung = table.text(row, "rung");
    const auto reason = table.text(row, "reason");
    const auto kind = table.text(row, "kind");
    const bool isOpen = rung == "running" || rung == "interrupted";
    Json object{{"id", table.text(row, "id")}, {"state", isOpen ? rung : "finished"}, {"rung", rung}, {"kind", kind}, {"format", table.text(row, "format")}, {"path", table.text(row, "path")},
                {"physical", kind != "dump" && kind != "globals"}, {"server_version", table.text(row, "server_version")}, {"system_identifier", table.text(row, "system_identifier")},
                {"tool_version", table.text(row, "tool_version")}};
    for (const auto &[key, column] : {std::pair{"finished", "finished_at"}, {"size", "size"}, {"restored_size", "restored_size"}, {"files", "files"}, {"drilled", "drilled_at"}, {"drill_duration", "drill_duration"}}) {
        if (const auto number = table.number(row, column))
            object[key] = *number;
    }
    if (const auto took = table.number(row, "duration"))
        object["started"] = table.number(row, "finished_at").value_or(0) - *took;
    if (const auto at = table.number(row, "verified_at"); at && (rung == "verified" || rung == "restored"))
        object["verified"] = *at;
    for (const auto &[key, column] : {std::pair{"databases", "databases"}, {"references", "references"}}) {
        auto list = Json::array();
        auto rest = table.text(row, column);
        for (std::size_t comma = 0; !rest.empty(); rest.erase(0, comma == std::string::npos ? comma : comma + 2)) {
            comma = rest.find(", ");
            list.push_back(rest.substr(0, comma));
        }
        object[key] = list;
    }
    object[rung == "damaged" ? "problem" : rung == "unusable" ? "obstacle" : rung == "finished" ? "unknown" : "reason"] = reason;
    return object;
}

Json catalogueJson(const FactBatch &batch)
{
    Json root{{"schema", 1}, {"set", std::string(instanceOf(batch.source))}, {"backups", Json::array()}};
    const auto *value = factOf(batch, "backup.backups");
    const auto *table = value ? asTable(*value) : nullptr;
    for (std::size_t row = 0; table && row < table->rows.size(); ++row)
        root["backups"].push_back(backupJson(*table, row));
    Json archive = Json::object();
    for (const auto &[key, fact] : {std::pair{"from", "backup.recovery_from"}, {"to", "backup.recovery_to"}}) {
        if (const auto number = numberOf(batch, fact))
            archive[key] = *number;
    }
    if (const auto age = numberOf(batch, "backup.wal_age"); age && *age < kNever)
        archive["newest"] = toSeconds(batch.at.wall.time_since_epoch()) - *age;
    if (!archive.empty())
        root["archive"] = archive;
    if (const auto running = textOf(batch, "backup.running"); !running.empty())
        root["running"] = {{"who", running}};
    return root;
}

int listBackups(const Options &options)
{
    const auto environment = loadEnvironment(options);
    if (!environment)
        return environment.error();
    const bool isJson = options.format == report::Format::Json;
    if (isJson && options.arguments.empty() && environment->backups.size() != 1) {
        message("name one set: --output json prints one catalogue\n");
        return kRefused;
    }
    int code = kDone;
    for (const auto &source : wiring::makeSources(*environment)) {
        if (kindOf(source->id()) != "backup" || (!options.arguments.empty() && instanceOf(source->id()) != firstArgument(options)))
            continue;
        const auto batch = source->collect(Deadline::after(kListBudget), {});
        if (!batch) {
            message(source->id() + ": " + text::plain(batch.error().detail, 400) + " " + text::plain(batch.error().hint, 400) + "\n");
            code = kFailed;
            continue;
        }
        if (isJson) {
            print(catalogueJson(*batch).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
            continue;
        }
        print(std::string(instanceOf(source->id())) + "\n");
        const auto *value = factOf(*batch, "backup.backups");
        const auto *table = value ? asTable(*value) : nullptr;
        for (std::size_t row = 0; table && row < table->rows.size(); ++row)
            print(backupLine(*table, row));
        if (!table || table->rows.empty())
            print("no backups\n");
        printRest(*batch);
    }
    return code;
}

/// Set and id of an argument: a set's name, "NAME/ID", an id that begins with a set's name, or an id of the only set. "" = the newest.
struct Chosen {
    std::string set;
    std::string id;
};

std::optional<Chosen> chosen(const std::string &argument, const EnvironmentInfo &environment)
{
    const auto &sets = environment.backups;
    if (argument.empty())
        return sets.size() == 1 ? std::optional(Chosen{sets.front().name, {}}) : std::nullopt;
    for (const auto &set : sets) {
        if (argument == set.name)
            return Chosen{set.name, {}};
        if (argument.starts_with(set.name + "/"))
            return Chosen{set.name, argument.substr(set.name.size() + 1)};
    }
    for (const auto &set : sets) {
        if (argument.starts_with(set.name + "-"))
            return Chosen{set.name, argument};
    }
    return sets.size() == 1 ? std::optional(Chosen{sets.front().name, argument}) : std::nullopt;
}

} // namespace

int runBackup(const Options &options)
{
    if (options.verb == "list")
        return listBackups(options);
    const auto argument = firstArgument(options);
    const auto make = [&](const Session &session) -> std::unique_ptr<Action> {
        const auto choice = chosen(argument, session.environment());
        if (!choice)
            return nullptr;
        if (options.verb == "verify")
            return session.actions().verifyBackup(choice->set, choice->id);
        if (options.verb == "drill")
            return session.actions().drillBackup(choice->set, choice->id);
        return choice->id.empty() ? session.actions().backup(choice->set) : nullptr;
    };
    return runAction(options, make, "the environment declares no backup set for “" + argument + "”; name one of “backups”, or NAME/ID");
}

} // namespace muster::ctl
