// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/acllist.h"

#include "connectors/redis/keypattern.h"

#include <algorithm>
#include <string>
#include <vector>

namespace muster::redis {

namespace {

constexpr std::size_t kUserRows = 64;

std::vector<std::string_view> words(std::string_view line)
{
    std::vector<std::string_view> result;
    while (!line.empty()) {
        const auto at = line.find(' ');
        if (at != 0)
            result.push_back(line.substr(0, at));
        line = at == std::string_view::npos ? std::string_view() : line.substr(at + 1);
    }
    return result;
}

/// The rules count in their order: "+@all -@dangerous" is not dangerous, "-@all +@admin" is.
std::string commandsOf(const std::vector<std::string_view> &rules)
{
    bool isAll = false;
    bool isDangerous = false;
    for (const auto rule : rules) {
        if (rule == "+@all" || rule == "allcommands")
            isAll = isDangerous = true;
        else if (rule == "-@all" || rule == "nocommands")
            isAll = isDangerous = false;
        else if (rule == "-@dangerous" || rule == "-@admin")
            isAll = isDangerous = false;
        else if (rule == "+@dangerous" || rule == "+@admin")
            isDangerous = true;
    }
    return isAll ? "all" : isDangerous ? "dangerous" : "some";
}

} // namespace

Table usersTable(const Reply &reply)
{
    Table table{{{"user", ""}, {"is_on", ""}, {"needs_password", ""}, {"keys", ""}, {"commands", ""}}, {}, kUserRows, reply.elements.size() > kUserRows};
    for (const auto &entry : reply.elements) {
        const auto rules = words(entry.text);
        if (rules.size() < 2 || rules[0] != "user" || table.rows.size() == kUserRows)
            continue;
        const auto has = [&rules](std::string_view word) { return std::ranges::find(rules.begin() + 2, rules.end(), word) != rules.end(); };
        table.rows.push_back({displayKey(rules[1], 64), has("on"), !has("nopass"), std::string(has("~*") || has("allkeys") ? "all" : "some"), commandsOf(rules)});
    }
    return table;
}

} // namespace muster::redis
