// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/barmandriver.h"
#include "connectors/backup/basebackupdriver.h"
#include "connectors/backup/commanddriver.h"
#include "connectors/backup/driver.h"
#include "connectors/backup/dumpdriver.h"
#include "connectors/backup/pgbackrestdriver.h"

namespace muster::backup {

std::unique_ptr<Driver> makeDriver(const Set &set)
{
    if (set.driver == "pgbackrest")
        return std::make_unique<PgBackRestDriver>(set);
    if (set.driver == "barman")
        return std::make_unique<BarmanDriver>(set);
    if (set.driver == "command")
        return std::make_unique<CommandDriver>(set, CommandDriver::Words{set.listWords, set.runWords, set.verifyWords, 1, false});
    // Directories on another machine: the same program looks at them there.
    if (set.host.isRemote())
        return std::make_unique<CommandDriver>(set, CommandDriver::musterWords(set));
    if (set.driver == "pg_basebackup")
        return std::make_unique<BaseBackupDriver>(set);
    return std::make_unique<DumpDriver>(set);
}

} // namespace muster::backup
