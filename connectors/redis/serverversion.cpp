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
    const auto two = [](unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); };
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

} // namespace muster::redis
