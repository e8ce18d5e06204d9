// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/headers.h"
#include "connectors/http/json.h"
#include "connectors/prometheus/promparser.h"

#include <array>
#include <chrono>
#include <utility>

namespace muster::prometheus {

using http::wholeNumber;

namespace {

/// "+01:00", "-05:30" or "Z" as seconds to take off; nullopt when malformed.
std::optional<double> zoneOffset(std::string_view zone)
{
    if (zone == "Z")
        return 0;
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':')
        return std::nullopt;
    const auto hours = wholeNumber(zone.substr(1, 2));
    const auto minutes = wholeNumber(zone.substr(4, 2));
    if (hours < 0 || minutes < 0)
        return std::nullopt;
    const auto seconds = static_cast<double>(hours * 3600 + minutes * 60);
    return zone[0] == '-' ? -seconds : seconds;
}

} // namespace

double parseTime(std::string_view text)
{
    // 0         1
    // 2023-02-20T12:34:56.789123456+01:00
    constexpr std::size_t kSeconds = 19;
    if (text.size() < kSeconds + 1 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
        return 0;
    const std::array parts = {wholeNumber(text.substr(0, 4)), wholeNumber(text.substr(5, 2)), wholeNumber(text.substr(8, 2)),
                              wholeNumber(text.substr(11, 2)), wholeNumber(text.substr(14, 2)), wholeNumber(text.substr(17, 2))};
    for (const auto part : parts) {
        if (part < 0)
            return 0;
    }
    auto rest = text.substr(kSeconds);
    double fraction = 0;
    if (rest.front() == '.') {
        const auto end = rest.find_first_not_of("0123456789", 1);
        fraction = http::parseNumber('0' + std::string(rest.substr(0, end))).value_or(0);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    }
    using namespace std::chrono;
    const year_month_day date{year(static_cast<int>(parts[0])), month(static_cast<unsigned>(parts[1])), day(static_cast<unsigned>(parts[2]))};
    const auto offset = zoneOffset(rest);
    if (!date.ok() || !offset || parts[0] < 1970)
        return 0;
    return static_cast<double>(sys_days(date).time_since_epoch().count()) * 86400.0 + static_cast<double>(parts[3] * 3600 + parts[4] * 60 + parts[5]) + fraction - *offset;
}

double parseDuration(std::string_view text)
{
    // 1h30m, 15s, 500ms
    constexpr std::array units = {std::pair{"ms", 0.001}, std::pair{"y", 31536000.0}, std::pair{"w", 604800.0}, std::pair{"d", 86400.0},
                                  std::pair{"h", 3600.0}, std::pair{"m", 60.0}, std::pair{"s", 1.0}};
    double seconds = 0;
    while (!text.empty()) {
        const auto digits = text.find_first_not_of("0123456789");
        const auto number = digits == std::string_view::npos ? -1 : wholeNumber(text.substr(0, digits));
        if (number < 0)
            return 0;
        text.remove_prefix(digits);
        bool isKnown = false;
        for (const auto &[unit, factor] : units) {
            if (!text.starts_with(unit))
                continue;
            seconds += static_cast<double>(number) * factor;
            text.remove_prefix(std::string_view(unit).size());
            isKnown = true;
            break;
        }
        if (!isKnown)
            return 0;
    }
    return seconds;
}

} // namespace muster::prometheus
