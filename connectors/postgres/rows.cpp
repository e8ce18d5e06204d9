// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/rows.h"

#include <charconv>
#include <cmath>

namespace muster::postgres {

std::optional<std::string> Rows::cell(std::size_t row, std::string_view column) const
{
    if (row >= rows.size())
        return std::nullopt;
    for (std::size_t i = 0; i < columns.size() && i < rows[row].size(); ++i) {
        if (columns[i] == column)
            return rows[row][i];
    }
    return std::nullopt;
}

std::string Rows::text(std::size_t row, std::string_view column) const
{
    return cell(row, column).value_or(std::string());
}

std::optional<double> Rows::number(std::size_t row, std::string_view column) const
{
    const auto value = cell(row, column);
    if (!value)
        return std::nullopt;
    double number = 0;
    const char *end = value->data() + value->size();
    const auto [stop, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc() || stop != end || !std::isfinite(number))
        return std::nullopt;
    return number;
}

std::optional<bool> Rows::truth(std::size_t row, std::string_view column) const
{
    const auto value = cell(row, column);
    if (!value)
        return std::nullopt;
    if (*value == "t" || *value == "on" || *value == "true")
        return true;
    if (*value == "f" || *value == "off" || *value == "false")
        return false;
    return std::nullopt;
}

} // namespace muster::postgres
