// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backupset.h"
#include "models/ports/deadline.h"

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace muster::backup {

/// One timer or cron line that starts something that makes backups.
struct Schedule {
    std::string kind; ///< "systemd timer", "cron"
    std::string name; ///< "muster-backup@nightly.timer", "/etc/cron.d/pgbackrest"
    std::string when; ///< "30 2 * * *"; "" = see next
    std::optional<WallTime> next;
    std::optional<WallTime> last;
    std::string command;
};

struct Schedules {
    std::vector<Schedule> found;
    std::string host;     ///< "this machine", "db1"
    std::string problem;  ///< why it could not be looked at in full
};

/// Timers and cron of the machine on which the set's tools run. It is a hint and no proof: that backups are made is proved by their history.
[[nodiscard]] Schedules readSchedules(const process::Host &host, Deadline deadline, const std::stop_token &stop);
/// What the page says of it, with the truth that a laptop is no scheduler.
[[nodiscard]] std::string scheduleNote(const Schedules &schedules, const Set &set);

/// `systemctl list-timers --all --output=json`: [{"next":1769860800000000,"last":0,"unit":"muster-backup@nightly.timer","activates":"muster-backup@nightly.service"}]. Pure.
[[nodiscard]] std::vector<Schedule> parseTimers(std::string_view json);
/// Lines of a crontab; `hasUser`: the sixth field is an account (/etc/crontab, /etc/cron.d). Pure.
[[nodiscard]] std::vector<Schedule> parseCrontab(std::string_view text, const std::string &name, bool hasUser);
/// Does this command or unit make backups? By the names of the tools.
[[nodiscard]] bool isBackupCommand(std::string_view text);

} // namespace muster::backup
