// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/driver.h"
#include "connectors/backup/dumpdriver.h"

namespace muster::backup {

std::unique_ptr<Driver> makeDriver(const Set &set)
{
    return std::make_unique<DumpDriver>(set);
}

} // namespace muster::backup
