// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clientlist.h"

#include "connectors/redis/keypattern.h"
#include "connectors/redis/redisinfoparser.h"

#include <algorithm>
#include <map>
#include <string>

namespace muster::redis {

namespace {

using Fields = std::map<std::string_view, std::string_view, std::less<>>;

std::string_view take(std::string_view &rest, char separator)
{
    const auto at = rest.find(separator);
    const auto part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return part;
}

Fields fieldsOf(std::string_view line)
{
    Fields fields;
    while (!line.empty()) {
        auto item = take(line, ' ');
        const auto name = take(item, '=');
        fields.emplace(name, item);
    }
    return fields;
}

Cell number(const Fields &fields, std::string_view name)
{
    const auto it = fields.find(name);
    const auto value = it == fields.end() ? std::nullopt : parseNumber(it->second);
    return value ? Cell(*value) : Cell();
}

Cell text(const Fields &fields, std::string_view name)
{
    const auto it = fields.find(name);
    return it == fields.end() ? Cell() : Cell(displayKey(it->second, 64));
}

double weight(const std::vector<Cell> &row)
{
    const auto of = [](const Cell &cell) { return std::holds_alternative<double>(cell) ? std::get<double>(cell) : 0; };
    return std::max(of(row[7]), of(row[8]));
}

} // namespace

Table clientsTable(std::string_view list, std::size_t limit)
{
    Table table;
    table.columns = {{"id", "count"}, {"client", ""}, {"name", ""}, {"user", ""}, {"age", "s"}, {"idle", "s"}, {"command", ""}, {"memory", "B"}, {"output", "B"}};
    table.limit = limit;
    while (!list.empty()) {
        auto line = take(list, '\n');
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        const auto fields = fieldsOf(line);
        if (!fields.contains("addr"))
            continue;
        table.rows.push_back({number(fields, "id"), text(fields, "addr"), text(fields, "name"), text(fields, "user"), number(fields, "age"), number(fields, "idle"), text(fields, "cmd"),
                              number(fields, "tot-mem"), number(fields, "omem")});
    }
    std::ranges::stable_sort(table.rows, std::greater(), weight);
    if (table.rows.size() > limit) {
        table.rows.resize(limit);
        table.isTruncated = true;
    }
    return table;
}

} // namespace muster::redis
