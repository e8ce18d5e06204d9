// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/httpdate.h"

#include "connectors/http/headers.h"

#include <array>
#include <chrono>

namespace muster::http {

std::optional<double> parseHttpDate(std::string_view text)
{
    // 0         1         2
    // Sun, 06 Nov 1994 08:49:37 GMT
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':')
        return std::nullopt;
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    unsigned month = 0;
    while (month < months.size() && months[month] != text.substr(8, 3))
        ++month;
    const auto day = wholeNumber(text.substr(5, 2));
    const auto year = wholeNumber(text.substr(12, 4));
    const auto hour = wholeNumber(text.substr(17, 2));
    const auto minute = wholeNumber(text.substr(20, 2));
    const auto second = wholeNumber(text.substr(23, 2));
    using namespace std::chrono;
    const year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month + 1), std::chrono::day(static_cast<unsigned>(day))};
    if (day < 1 || year < 1970 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return std::nullopt;
    const auto days = sys_days(date).time_since_epoch().count();
    return static_cast<double>(days) * 86400.0 + static_cast<double>(hour * 3600 + minute * 60 + second);
}

} // namespace muster::http
