// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/retention.h"

#include "connectors/files/durable.h"

#include <cstdio>

namespace muster::backup {

std::vector<std::string> outdated(const std::vector<Backup> &newestFirst, int keep)
{
    std::vector<std::string> ids;
    int good = 0;
    for (const auto &backup : newestFirst) {
        if (!backup.isOwn || backup.isOtherCluster || backup.rung == Rung::Running)
            continue;
        if (backup.rung == Rung::Interrupted) {
            if (backup.isRemovable)
                ids.push_back(backup.id);
            continue;
        }
        const bool isBeyond = keep > 0 && good >= keep;
        if (isBeyond)
            ids.push_back(backup.id);
        else if (backup.isUsable())
            ++good;
    }
    return ids;
}

std::expected<void, Fault> removeBackup(const std::string &directory, const std::string &id)
{
    const auto path = directory + '/' + id;
    const auto doomed = directory + "/.removing-" + id;
    const bool isAside = std::rename(path.c_str(), doomed.c_str()) == 0;
    return files::removeTree(isAside ? doomed : path);
}

std::vector<std::string> outdatedNext(std::vector<Backup> newestFirst, int keep)
{
    Backup next;
    next.isOwn = true;
    next.rung = Rung::Verified;
    newestFirst.insert(newestFirst.begin(), next);
    return outdated(newestFirst, keep);
}

} // namespace muster::backup
