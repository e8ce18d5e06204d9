// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include <sys/types.h>

namespace muster::backup {

/// Who makes a `.partial` backup: enough to tell a living process from one that has taken its number.
struct Owner {
    pid_t pid = 0;
    std::uint64_t startTicks = 0; ///< /proc/PID/stat, field 22
    std::string bootId;           ///< /proc/sys/kernel/random/boot_id
    std::string host;
    std::string operatorName;
    std::string startedAt;        ///< ISO, UTC

    [[nodiscard]] static Owner self(const std::string &operatorName);
    [[nodiscard]] std::string toJson() const;
    [[nodiscard]] static std::expected<Owner, std::string> parse(const std::string &bytes);

    [[nodiscard]] bool isOnThisHost() const;
    /// Only meaningful on this host.
    [[nodiscard]] bool isAlive() const;
};

} // namespace muster::backup
