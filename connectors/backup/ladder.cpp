// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backup.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

namespace muster::backup {

namespace {

void place(Backup &backup, Rung rung, std::string reason)
{
    backup.rung = rung;
    backup.reason = std::move(reason);
}

const Proof *first(const Backup &backup, Proof::State state)
{
    const auto it = std::ranges::find(backup.proofs, state, &Proof::state);
    return it == backup.proofs.end() ? nullptr : &*it;
}

/// Why it is of no use to the live server, or "".
std::string mismatch(const Backup &backup, const Live &live)
{
    if (!backup.obstacle.empty())
        return backup.obstacle;
    if (backup.isOtherCluster)
        return "of another cluster: system identifier " + backup.systemIdentifier + ", the server's is " + live.systemIdentifier;
    if (backup.major == 0 || live.major == 0)
        return {};
    const auto majors = "of PostgreSQL " + std::to_string(backup.major) + ", the server is " + std::to_string(live.major);
    if (backup.isPhysical && backup.major != live.major)
        return "version mismatch: " + majors;
    if (backup.major > live.major)
        return "version mismatch: " + majors + ", which is older than the dump";
    return backup.major < live.major ? "version mismatch: " + majors + ": it was made before the upgrade, or of another server" : std::string();
}

void judgeAlone(Backup &backup, const Live &live)
{
    backup.isOtherCluster = !backup.systemIdentifier.empty() && !live.systemIdentifier.empty() && backup.systemIdentifier != live.systemIdentifier;
    if (backup.isRunning || backup.isInterrupted)
        return place(backup, backup.isRunning ? Rung::Running : Rung::Interrupted, backup.state);
    if (const auto *bad = first(backup, Proof::State::Bad))
        return place(backup, Rung::Damaged, bad->detail);
    if (!backup.verifyProblem.empty())
        return place(backup, Rung::Damaged, backup.verifyProblem);
    if (auto why = mismatch(backup, live); !why.empty())
        return place(backup, Rung::Unusable, std::move(why));
    if (backup.drill && !backup.drill->problem.empty())
        return place(backup, Rung::Damaged, "the restore drill failed: " + backup.drill->problem);
    if (const auto *unknown = first(backup, Proof::State::Unknown))
        return place(backup, Rung::Finished, "not known: " + unknown->what + (unknown->detail.empty() ? "" : ": " + unknown->detail));
    if (backup.drill)
        return place(backup, Rung::Restored, {});
    if (backup.verifiedAt)
        return place(backup, Rung::Verified, {});
    place(backup, Rung::Complete, backup.state.empty() ? "not read back yet" : backup.state);
}

using Index = std::map<std::string, std::size_t>;

/// References first; a circle (hostile catalogue) ends at its second visit.
void judgeChain(std::vector<Backup> &backups, std::size_t at, const Index &index, std::set<std::size_t> &done)
{
    if (!done.insert(at).second)
        return;
    auto &backup = backups[at];
    for (const auto &name : backup.references) {
        const auto found = index.find(name);
        if (found == index.end()) {
            if (backup.rung >= Rung::Unusable)
                place(backup, Rung::Damaged, "it builds on " + name + ", which is gone");
            continue;
        }
        judgeChain(backups, found->second, index, done);
        const auto &needed = backups[found->second];
        const bool isProvenByDrill = backup.rung == Rung::Restored && needed.rung >= Rung::Complete; // a restore reads the whole chain
        if (needed.rung < backup.rung && !isProvenByDrill)
            place(backup, std::max(needed.rung, Rung::Damaged), "it builds on " + name + ": " + needed.reason);
    }
}

} // namespace

std::string_view toString(Rung rung)
{
    switch (rung) {
    case Rung::Running:
        return "running";
    case Rung::Interrupted:
        return "interrupted";
    case Rung::Damaged:
        return "damaged";
    case Rung::Unusable:
        return "unusable";
    case Rung::Finished:
        return "finished";
    case Rung::Complete:
        return "complete";
    case Rung::Verified:
        return "verified";
    case Rung::Restored:
        return "restored";
    }
    return "damaged";
}

void judge(std::vector<Backup> &backups, const Live &live)
{
    Index index;
    for (std::size_t i = 0; i < backups.size(); ++i) {
        judgeAlone(backups[i], live);
        index.emplace(backups[i].id, i);
    }
    std::set<std::size_t> done;
    for (std::size_t i = 0; i < backups.size(); ++i)
        judgeChain(backups, i, index, done);
}

void sortNewestFirst(std::vector<Backup> &backups)
{
    std::ranges::sort(backups, [](const Backup &a, const Backup &b) { return a.finishedAt != b.finishedAt ? a.finishedAt > b.finishedAt : a.id > b.id; });
}

} // namespace muster::backup
