// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/newest.h"

#include "connectors/backup/backupsource.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr std::size_t kCompared = 7;

bool isLike(const Backup &a, const Backup &b)
{
    return a.kind == b.kind && a.format == b.format && a.databases == b.databases;
}

std::string sized(double bytes)
{
    return format::size(bytes);
}

} // namespace

const Backup *newestAttempt(const std::vector<Backup> &newestFirst)
{
    const auto it = std::ranges::find_if(newestFirst, [](const Backup &backup) { return backup.rung != Rung::Running && backup.kind != "globals"; });
    return it == newestFirst.end() ? nullptr : &*it;
}

std::string newestState(const std::vector<Backup> &newestFirst, const std::vector<std::string> &databases)
{
    const auto *newest = newestAttempt(newestFirst);
    if (!newest)
        return "there is none";
    std::string text = newest->id + " (" + sized(static_cast<double>(newest->size)) + "): ";
    // Some reasons begin with the rung: "interrupted: its maker is gone".
    if (!newest->reason.starts_with(toString(newest->rung)))
        text += std::string(toString(newest->rung)) + (newest->reason.empty() ? "" : ": ");
    text += newest->reason;
    for (const auto &database : databases) {
        if (!newestUsable(newestFirst, {database}))
            text += "; no usable one of database " + database;
    }
    return text;
}

std::optional<SizeChange> sizeChange(const std::vector<Backup> &newestFirst)
{
    const auto isWhole = [](const Backup &backup) { return backup.rung >= Rung::Unusable && backup.size > 0 && (backup.kind == "dump" || backup.kind == "full"); };
    const auto newest = std::ranges::find_if(newestFirst, isWhole);
    if (newest == newestFirst.end())
        return std::nullopt;
    std::vector<double> sizes;
    for (auto it = std::next(newest); it != newestFirst.end() && sizes.size() < kCompared; ++it) {
        if (isWhole(*it) && isLike(*it, *newest))
            sizes.push_back(static_cast<double>(it->size));
    }
    if (sizes.empty())
        return std::nullopt;
    std::ranges::sort(sizes);
    const double before = sizes[sizes.size() / 2];
    const auto size = static_cast<double>(newest->size);
    return SizeChange{size / before, newest->id + " has " + sized(size) + ", " + (sizes.size() == 1 ? "the one" : "the " + std::to_string(sizes.size())) + " before it "
                          + (sizes.size() == 1 ? "" : "about ") + sized(before)};
}

} // namespace muster::backup
