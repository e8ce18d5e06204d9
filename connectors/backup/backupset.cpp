// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupset.h"

#include "connectors/files/sha256.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace muster::backup {

std::uint32_t lockObject(const std::string &set)
{
    return static_cast<std::uint32_t>(std::stoul(files::sha256("muster/backup/" + set).substr(0, 8), nullptr, 16));
}

std::int64_t lockKey(const std::string &set)
{
    return static_cast<std::int64_t>((std::uint64_t{kLockClass} << 32U) | lockObject(set));
}

std::string safeName(std::string_view text)
{
    constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string name;
    for (const char c : text) {
        const bool isLeading = name.empty() && (c == '.' || c == '-');
        if (kAllowed.find(c) != std::string_view::npos && !isLeading) {
            name += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        name += '%';
        name += kDigits[byte >> 4U];
        name += kDigits[byte & 0xFU];
    }
    return name.empty() ? "%00" : name;
}

std::string backupId(const std::string &set, WallTime startedAt, const std::string &systemIdentifier)
{
    const auto seconds = std::chrono::system_clock::to_time_t(startedAt);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> stamp{};
    std::strftime(stamp.data(), stamp.size(), "%Y%m%dT%H%M%SZ", &parts);
    constexpr std::size_t kShort = 8;
    const auto tail = systemIdentifier.size() > kShort ? systemIdentifier.substr(systemIdentifier.size() - kShort) : systemIdentifier;
    return safeName(set) + '-' + stamp.data() + '-' + safeName(tail);
}

} // namespace muster::backup
