// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupfacts.h"

#include "connectors/backup/backupsource.h"
#include "connectors/backup/newest.h"
#include "connectors/backup/preflight.h"
#include "models/facts/none.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr std::size_t kRows = 200;

double ageOf(WallTime at, WallTime now)
{
    return std::max(0.0, toSeconds(now - at));
}

double epoch(WallTime at)
{
    return toSeconds(at.time_since_epoch());
}

Table tableOf(const std::vector<Backup> &backups, WallTime now)
{
    Table table;
    table.columns = {{"id", ""},           {"finished_at", "epoch"}, {"age", "s"},  {"size", "B"},    {"files", "count"}, {"server_version", ""}, {"system_identifier", ""},
                     {"tool_version", ""}, {"rung", ""},             {"reason", ""}, {"path", ""},    {"format", ""},     {"duration", "s"},      {"kind", ""},
                     {"wal", ""},          {"references", ""},       {"verified_at", "epoch"}, {"drilled_at", "epoch"}, {"drill_duration", "s"}, {"restored_size", "B"}, {"databases", ""}};
    table.limit = kRows;
    table.isTruncated = backups.size() > kRows;
    for (const auto &backup : backups) {
        if (table.rows.size() == kRows)
            break;
        const auto wal = backup.walFirst.empty() ? std::string() : backup.walFirst + (backup.walFirst == backup.walLast ? "" : " to " + backup.walLast);
        table.rows.push_back({backup.id, epoch(backup.finishedAt), ageOf(backup.finishedAt, now), static_cast<double>(backup.size), static_cast<double>(backup.files),
                              backup.serverVersion, backup.systemIdentifier, backup.toolVersion, std::string(toString(backup.rung)), backup.reason, backup.path, backup.format,
                              backup.took ? Cell(toSeconds(*backup.took)) : Cell(), backup.kind, wal, joined(backup.references),
                              backup.verifiedAt ? Cell(epoch(*backup.verifiedAt)) : Cell(), backup.drill ? Cell(epoch(backup.drill->at)) : Cell(),
                              backup.drill ? Cell(toSeconds(backup.drill->took)) : Cell(),
                              backup.restoredSize ? Cell(static_cast<double>(backup.restoredSize)) : Cell(), joined(backup.databases)});
    }
    return table;
}

std::string gapsText(const std::vector<WalGap> &gaps)
{
    constexpr std::size_t kShown = 5;
    std::string text;
    for (std::size_t i = 0; i < gaps.size() && i < kShown; ++i)
        text += (i ? "; " : "") + describe(gaps[i]);
    return gaps.size() > kShown ? text + "; and " + format::counted(static_cast<double>(gaps.size() - kShown), "more hole", "more holes") : text;
}

void addRecovery(FactBatch &batch, const Catalogue &catalogue, const Live &live)
{
    const auto add = [&](const char *name, Value value, const char *unit) { batch.add(name, std::move(value), unit, kBackupBudget); };
    const std::vector<std::pair<const char *, const char *>> names{{"backup.wal_age", "s"}, {"backup.recovery_from", "epoch"}, {"backup.recovery_to", "epoch"}, {"backup.recovery_gaps", "count"}, {"backup.recovery_gaps_text", ""}};
    if (!catalogue.recovery || !catalogue.recovery->unknown.empty()) {
        for (const auto &[name, unit] : names) {
            if (catalogue.recovery)
                add(name, Unknown{catalogue.recovery->unknown, {}}, unit);
            else
                add(name, NotApplicable{"this set keeps no WAL: it restores to the moments of its backups only"}, unit);
        }
        return;
    }
    const auto &recovery = *catalogue.recovery;
    const auto none = NotApplicable{"there is no complete physical backup"};
    add("backup.wal_age", recovery.newestWalAt ? Value(walAge(recovery, live, batch.at.wall)) : Value(kNoneAge), "s");
    add("backup.recovery_from", recovery.from ? Value(epoch(*recovery.from)) : Value(none), "epoch");
    add("backup.recovery_to", recovery.to ? Value(epoch(*recovery.to)) : Value(none), "epoch");
    add("backup.recovery_gaps", recovery.from ? Value(static_cast<double>(recovery.gaps.size())) : Value(none), "count");
    add("backup.recovery_gaps_text", gapsText(recovery.gaps), "");
}

void addRunning(FactBatch &batch, const Catalogue &catalogue)
{
    std::string text;
    if (const auto &running = catalogue.running) {
        text = running->who + (running->phase.empty() ? "" : ": " + running->phase);
        if (running->total)
            text += ", " + format::size(running->done) + " of " + format::size(*running->total);
        else if (running->done > 0)
            text += ", " + format::size(running->done);
        if (running->since)
            text += ", since " + format::utc(*running->since);
        if (running->isOrphan)
            text += "; its main process is gone: the lock goes with the last of its workers";
    }
    batch.add("backup.running", text, "", kBackupBudget);
}

void addExpiry(FactBatch &batch, const Catalogue &catalogue)
{
    if (!catalogue.expiry) {
        batch.add("backup.next_expiry", NotApplicable{"the tool does not say"}, "", kBackupBudget);
        batch.add("backup.expiry_safe", NotApplicable{"the tool does not say"}, "", kBackupBudget);
        return;
    }
    const auto &expiry = *catalogue.expiry;
    std::string text = expiry.removes.empty() ? "removes nothing" : "removes " + joined(expiry.removes);
    if (!expiry.strands.empty())
        text += "; strands " + joined(expiry.strands);
    if (!expiry.warning.empty())
        text += "; " + expiry.warning;
    batch.add("backup.next_expiry", text + " (" + expiry.rule + ')', "", kBackupBudget);
    batch.add("backup.expiry_safe", expiry.warning.empty() && expiry.strands.empty(), "", kBackupBudget);
}

void addDrill(FactBatch &batch, const Catalogue &catalogue, const Set &set, const Backup *usable)
{
    const Drill *newest = nullptr;
    for (const auto &backup : catalogue.backups) {
        if (backup.drill && (!newest || backup.drill->at > newest->at))
            newest = &*backup.drill;
    }
    const bool isWanted = !set.drillQueries.empty();
    if (newest)
        batch.add("backup.drill_age", ageOf(newest->at, batch.at.wall), "s", kBackupBudget);
    else if (isWanted)
        batch.add("backup.drill_age", kNoneAge, "s", kBackupBudget);
    else
        batch.add("backup.drill_age", NotApplicable{"no drill is declared for this set (\"drill\"), and none was made"}, "s", kBackupBudget);
    const bool isLimited = set.restoreWithin > Millis{0};
    const auto estimate = usable ? restoreEstimate(catalogue.backups, *usable) : std::nullopt;
    const auto *const noDrill = usable ? "no drill was made: nobody knows how long a restore takes" : "there is no usable backup that a restore could be estimated for";
    const auto none = isLimited ? Value(Unknown{noDrill, "Restore one in a drill: musterctl backup drill " + set.name}) : Value(NotApplicable{noDrill});
    batch.add("backup.restore_estimate", estimate ? Value(toSeconds(*estimate)) : none, "s", kBackupBudget);
    batch.add("backup.restore_limit", isLimited ? Value(toSeconds(set.restoreWithin)) : Value(NotApplicable{"no time is declared that a restore may take (\"restoreWithin\")"}), "s", kBackupBudget);
}

void addNewest(FactBatch &batch, const std::vector<Backup> &backups, const std::vector<std::string> &databases, bool isWithinWindow)
{
    const auto *newest = newestAttempt(backups);
    batch.add("backup.newest_state", newestState(backups, databases), "", kBackupBudget);
    // Without a usable one in the window there is a louder word for it.
    batch.add("backup.newest_good", newest && isWithinWindow ? Value(newest->isFinished()) : Value(NotApplicable{"there is no usable backup inside the window"}), "", kBackupBudget);
    const auto change = sizeChange(backups);
    batch.add("backup.size_ratio", change ? Value(change->ratio) : Value(NotApplicable{"there are no two whole backups of one kind to compare"}), "ratio", kBackupBudget);
    batch.add("backup.size_text", change ? change->text : std::string(), "", kBackupBudget);
}

} // namespace

std::optional<Millis> restoreEstimate(const std::vector<Backup> &newestFirst, const Backup &newest)
{
    const Backup *drilled = nullptr;
    for (const auto &backup : newestFirst) {
        if (backup.drill && backup.drill->problem.empty() && (!drilled || backup.drill->at > drilled->drill->at))
            drilled = &backup;
    }
    if (!drilled)
        return std::nullopt;
    const auto before = static_cast<double>(drilled->restoredSize ? drilled->restoredSize : drilled->size);
    const auto now = static_cast<double>(drilled->restoredSize ? newest.restoredSize : newest.size);
    if (before <= 0 || now <= 0)
        return drilled->drill->took;
    return std::chrono::duration_cast<Millis>(drilled->drill->took * (now / before));
}

double walAge(const Recovery &recovery, const Live &live, WallTime now)
{
    const auto newest = parseSegment(recovery.newestWal, live.segmentSize);
    const auto current = parseSegment(live.walInsert, live.segmentSize);
    // All before the current segment is archived, and nothing of worth is in that one.
    if (newest && current && live.isSegmentFresh && newest->number + 1 >= current->number)
        return 0;
    return recovery.newestWalAt ? ageOf(*recovery.newestWalAt, now) : kNoneAge;
}

void addCatalogueFacts(FactBatch &batch, const Catalogue &catalogue, const Set &set, const Live &live)
{
    const auto now = batch.at.wall;
    const auto &backups = catalogue.backups;
    const auto isCounted = [](const Backup &backup) { return backup.isFinished() && backup.kind != "globals"; };
    const auto newest = std::ranges::find_if(backups, isCounted);
    const auto declared = set.server ? set.server->databases : std::vector<std::string>();
    const auto *usable = newestUsable(backups, declared);
    const double usableAge = usable ? ageOf(usable->finishedAt, now) : kNoneAge;
    const auto add = [&](const char *name, Value value, const char *unit) { batch.add(name, std::move(value), unit, kBackupBudget); };
    add("backup.count", static_cast<double>(std::ranges::count_if(backups, isCounted)), "count");
    add("backup.newest_age", newest == backups.end() ? kNoneAge : ageOf(newest->finishedAt, now), "s");
    add("backup.newest_name", newest == backups.end() ? std::string() : newest->id, "");
    add("backup.usable_age", usableAge, "s");
    add("backup.usable_name", usable ? usable->id : std::string(), "");
    add("backup.window", toSeconds(set.window), "s");
    add("backup.within_window", usableAge <= toSeconds(set.window), "");
    addNewest(batch, backups, declared, usableAge <= toSeconds(set.window));
    add("backup.schedule_seen", isScheduleSeen(backups, set.window, now), "");
    add("backup.backups", tableOf(backups, now), "");
    const auto damaged = std::ranges::find_if(backups, [](const Backup &backup) { return backup.rung == Rung::Damaged || backup.rung == Rung::Unusable; });
    add("backup.damaged_count", static_cast<double>(std::ranges::count_if(backups, [](const Backup &backup) { return backup.rung == Rung::Damaged; })), "count");
    add("backup.problem", damaged == backups.end() ? std::string() : damaged->id + ": " + damaged->reason, "");
    addRecovery(batch, catalogue, live);
    addRunning(batch, catalogue);
    addExpiry(batch, catalogue);
    addDrill(batch, catalogue, set, usable);
    const bool isLocalDirectory = !set.directory.empty() && !set.host.isRemote();
    if (isLocalDirectory)
        add("backup.directory_ok", true, "");
    const auto free = isLocalDirectory ? freeBytes(set.directory) : std::nullopt;
    add("backup.free_bytes", free ? Value(*free) : isLocalDirectory ? Value(Unknown{"the file system does not say", {}}) : Value(NotApplicable{"the repository's disk is not seen from here"}), "B");
    std::string warnings;
    for (const auto &warning : catalogue.warnings)
        warnings += (warnings.empty() ? "" : "; ") + warning;
    add("backup.warnings", warnings, "");
}

void addScheduleFacts(FactBatch &batch, const Schedules &schedules, const Set &set)
{
    Table table;
    table.columns = {{"kind", ""}, {"name", ""}, {"when", ""}, {"next_at", "epoch"}, {"last_at", "epoch"}, {"command", ""}};
    table.limit = schedules.found.size();
    for (const auto &entry : schedules.found)
        table.rows.push_back({entry.kind, entry.name, entry.when, entry.next ? Cell(epoch(*entry.next)) : Cell(), entry.last ? Cell(epoch(*entry.last)) : Cell(), entry.command});
    batch.add("backup.schedules", std::move(table), "", kBackupBudget);
    batch.add("backup.schedule_note", scheduleNote(schedules, set), "", kBackupBudget);
}

} // namespace muster::backup
