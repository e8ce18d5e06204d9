// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/slowlog.h"

#include "connectors/redis/keypattern.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <utility>

namespace muster::redis {

namespace {

constexpr std::size_t kWordLimit = 32;

/// Commands whose second word names the operation and not a key.
constexpr std::array<std::string_view, 15> kContainers{"ACL", "CLIENT", "CLUSTER", "COMMAND", "COMMANDLOG", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY", "MODULE",
                                                       "PUBSUB", "SCRIPT", "SLOWLOG", "XGROUP"};

std::string upper(std::string_view word)
{
    auto text = displayKey(word, kWordLimit);
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

bool isEntry(const Reply &entry)
{
    const auto &parts = entry.elements;
    return parts.size() >= 4 && parts[0].isInteger() && parts[1].isInteger() && parts[2].isInteger() && parts[3].isArray();
}

std::vector<Cell> rowOf(const Reply &entry, Cell first, double measure)
{
    const auto &parts = entry.elements;
    return {std::move(first), static_cast<double>(parts[1].integer), measure, maskedCommand(parts[3]), parts.size() > 4 ? displayKey(parts[4].text) : std::string(),
            parts.size() > 5 ? displayKey(parts[5].text) : std::string()};
}

} // namespace

std::string maskedCommand(const Reply &arguments)
{
    if (arguments.elements.empty())
        return {};
    auto command = upper(arguments.elements.front().text);
    std::size_t shown = 1;
    if (arguments.elements.size() > 1 && std::ranges::find(kContainers, command) != kContainers.end()) {
        command.append(" ").append(upper(arguments.elements[1].text));
        shown = 2;
    }
    const auto hidden = arguments.elements.size() - shown;
    return command + " (" + std::to_string(hidden) + (hidden == 1 ? " argument)" : " arguments)");
}

Table slowlogTable(const Reply &reply, std::size_t limit)
{
    Table table{{{"id", "count"}, {"at", "epoch"}, {"took", "s"}, {"command", ""}, {"client", ""}, {"client_name", ""}}, {}, limit, false};
    for (const auto &entry : reply.elements) {
        if (table.rows.size() == limit) {
            table.isTruncated = true;
            break;
        }
        if (isEntry(entry))
            table.rows.push_back(rowOf(entry, static_cast<double>(entry.elements[0].integer), static_cast<double>(entry.elements[2].integer) / 1e6));
    }
    return table;
}

Table largeCommandsTable(const Reply &requests, const Reply &replies, std::size_t limit)
{
    Table table{{{"what", ""}, {"at", "epoch"}, {"size", "B"}, {"command", ""}, {"client", ""}, {"client_name", ""}}, {}, limit, false};
    for (const auto &[what, log] : {std::pair("request", &requests), std::pair("reply", &replies)}) {
        for (const auto &entry : log->elements) {
            if (isEntry(entry))
                table.rows.push_back(rowOf(entry, std::string(what), static_cast<double>(entry.elements[2].integer)));
        }
    }
    std::ranges::stable_sort(table.rows, std::greater(), [](const auto &row) { return std::get<double>(row[1]); });
    table.isTruncated = table.rows.size() > limit;
    table.rows.resize(std::min(table.rows.size(), limit));
    return table;
}

} // namespace muster::redis
