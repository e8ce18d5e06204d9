// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/serverversion.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace muster::redis {

namespace {

using Series = std::pair<int, int>;
using namespace std::chrono_literals;

struct Life {
    std::string_view flavour;
    Series series;
    std::chrono::year_month_day until;
    std::string_view by;
};

// As of January 2026. Redis itself fixes its latest releases only, so a distribution's security support counts where it lasts longer.
constexpr std::array kLives{
    Life{"redis", {5, 0}, 2024y / 6 / 30, "Debian 10"},
    Life{"redis", {6, 0}, 2027y / 4 / 30, "Ubuntu 22.04"},
    Life{"redis", {6, 2}, 2025y / 8 / 31, "Redis"},
    Life{"redis", {7, 0}, 2029y / 5 / 31, "Ubuntu 24.04 (Debian 12: 2028-06-30)"},
    Life{"redis", {7, 2}, 2026y / 2 / 28, "Redis"},
    Life{"redis", {7, 4}, 2026y / 11 / 30, "Redis"},
    Life{"redis", {8, 0}, 2030y / 6 / 30, "Debian 13"},
    Life{"valkey", {7, 2}, 2027y / 4 / 16, "Valkey"},
    Life{"valkey", {8, 0}, 2027y / 9 / 15, "Valkey"},
    Life{"valkey", {8, 1}, 2030y / 6 / 30, "Debian 13"},
};

struct Fix {
    std::string_view cve;
    std::string_view flavour;
    std::array<int, 3> in; ///< the first release of its series without it
};

// Only what a client can trigger and what made the rounds. From the projects' release notes.
constexpr std::array kFixes{
    Fix{"CVE-2022-36021 (SCAN and KEYS patterns)", "redis", {6, 0, 18}},  Fix{"CVE-2022-36021 (SCAN and KEYS patterns)", "redis", {6, 2, 11}},
    Fix{"CVE-2022-36021 (SCAN and KEYS patterns)", "redis", {7, 0, 9}},   Fix{"CVE-2024-31228 (patterns)", "redis", {6, 2, 16}},
    Fix{"CVE-2024-31228 (patterns)", "redis", {7, 2, 6}},                 Fix{"CVE-2024-31228 (patterns)", "redis", {7, 4, 1}},
    Fix{"CVE-2024-31228 (patterns)", "valkey", {7, 2, 7}},                Fix{"CVE-2024-31228 (patterns)", "valkey", {8, 0, 1}},
    Fix{"CVE-2025-49844 (Lua)", "redis", {6, 2, 20}},                     Fix{"CVE-2025-49844 (Lua)", "redis", {7, 2, 11}},
    Fix{"CVE-2025-49844 (Lua)", "redis", {7, 4, 6}},                      Fix{"CVE-2025-49844 (Lua)", "redis", {8, 0, 4}},
    Fix{"CVE-2025-49844 (Lua)", "redis", {8, 2, 2}},                      Fix{"CVE-2025-49844 (Lua)", "valkey", {7, 2, 11}},
    Fix{"CVE-2025-49844 (Lua)", "valkey", {8, 0, 6}},                     Fix{"CVE-2025-49844 (Lua)", "valkey", {8, 1, 4}},
};

std::optional<Series> seriesOf(std::string_view version)
{
    Series series;
    const auto *end = version.data() + version.size();
    const auto major = std::from_chars(version.data(), end, series.first);
    if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.')
        return std::nullopt;
    const auto minor = std::from_chars(major.ptr + 1, end, series.second);
    return minor.ec == std::errc() ? std::optional(series) : std::nullopt;
}

std::string dateText(std::chrono::year_month_day date)
{
    const auto two = [](unsigned value) { return std::string(value < 10 ? "0" : "").append(std::to_string(value)); };
    return std::to_string(static_cast<int>(date.year())) + "-" + two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day()));
}

} // namespace

std::optional<Support> supportOf(std::string_view flavour, std::string_view version, WallTime now)
{
    const auto series = seriesOf(version);
    if (!series)
        return std::nullopt;
    const auto name = std::to_string(series->first) + "." + std::to_string(series->second);
    const Life *newest = nullptr;
    for (const auto &life : kLives) {
        if (life.flavour != flavour)
            continue;
        if (life.series == *series)
            return Support{std::chrono::sys_days(life.until) >= now, name + ": until " + dateText(life.until) + " by " + std::string(life.by)};
        if (!newest || newest->series < life.series)
            newest = &life;
    }
    if (newest && *series > newest->series)
        return Support{true, name + ": newer than the console's table"};
    return Support{false, name + ": nobody is known to fix this series"};
}

std::string knownCves(std::string_view flavour, std::string_view version)
{
    const auto series = seriesOf(version);
    if (!series)
        return {};
    int patch = 0;
    if (const auto dot = version.rfind('.'); dot != std::string_view::npos)
        std::from_chars(version.data() + dot + 1, version.data() + version.size(), patch);
    std::string found;
    for (const auto &fix : kFixes) {
        if (fix.flavour != flavour || fix.in[0] != series->first || fix.in[1] != series->second || patch >= fix.in[2])
            continue;
        found += (found.empty() ? "" : "; ") + std::string(fix.cve) + ", fixed upstream in " + std::to_string(fix.in[0]) + "." + std::to_string(fix.in[1]) + "." + std::to_string(fix.in[2]);
    }
    return found;
}

bool hasCommandLog(const RedisInfo &info)
{
    const auto series = seriesOf(info.text("valkey_version").value_or(""));
    return series && *series >= Series(8, 1);
}

} // namespace muster::redis
