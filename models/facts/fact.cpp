// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/facts/fact.h"

#include <algorithm>

namespace muster {

namespace {

const Cell *cellAt(const Table &table, std::size_t row, std::string_view name)
{
    const auto index = table.column(name);
    if (index == Table::npos || row >= table.rows.size() || index >= table.rows[row].size())
        return nullptr;
    return &table.rows[row][index];
}

} // namespace

std::size_t Table::column(std::string_view name) const
{
    const auto it = std::ranges::find(columns, name, &Column::name);
    return it == columns.end() ? npos : static_cast<std::size_t>(it - columns.begin());
}

std::optional<double> Table::number(std::size_t row, std::string_view name) const
{
    const auto *cell = cellAt(*this, row, name);
    const auto *number = cell ? std::get_if<double>(cell) : nullptr;
    return number ? std::optional(*number) : std::nullopt;
}

std::string Table::text(std::size_t row, std::string_view name) const
{
    const auto *cell = cellAt(*this, row, name);
    const auto *text = cell ? std::get_if<std::string>(cell) : nullptr;
    return text ? *text : std::string();
}

bool Table::truth(std::size_t row, std::string_view name) const
{
    const auto *cell = cellAt(*this, row, name);
    const auto *truth = cell ? std::get_if<bool>(cell) : nullptr;
    return truth && *truth;
}

const double *asNumber(const Value &value)
{
    return std::get_if<double>(&value);
}

const bool *asTruth(const Value &value)
{
    return std::get_if<bool>(&value);
}

const std::string *asText(const Value &value)
{
    return std::get_if<std::string>(&value);
}

const Table *asTable(const Value &value)
{
    return std::get_if<Table>(&value);
}

std::string clamp(std::string_view text, std::size_t limit)
{
    if (text.size() <= limit)
        return std::string(text);
    auto cut = limit;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U)
        --cut;
    return std::string(text.substr(0, cut)) + "… (" + std::to_string(text.size() - cut) + " bytes more)";
}

} // namespace muster
