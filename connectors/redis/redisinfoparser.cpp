// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/redisinfoparser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace muster::redis {

namespace {

constexpr std::size_t kLineLimit = 4000;
constexpr std::size_t kLineBytes = 1024;

/// The part up to `separator`, which is taken off `rest` with it.
std::string_view take(std::string_view &rest, char separator)
{
    const auto at = rest.find(separator);
    const auto part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return part;
}

bool isIndexed(std::string_view name, std::string_view word)
{
    return name.size() > word.size() && name.starts_with(word) && name.find_first_not_of("0123456789", word.size()) == std::string_view::npos;
}

using Pairs = std::map<std::string_view, std::string_view, std::less<>>;

/// "keys=10,expires=2" as pairs.
Pairs pairsOf(std::string_view value)
{
    Pairs pairs;
    while (!value.empty()) {
        auto item = take(value, ',');
        const auto key = take(item, '=');
        pairs.emplace(key, item);
    }
    return pairs;
}

double numberIn(const Pairs &pairs, std::string_view key)
{
    const auto it = pairs.find(key);
    return it == pairs.end() ? 0 : parseNumber(it->second).value_or(0);
}

std::string textIn(const Pairs &pairs, std::string_view key)
{
    const auto it = pairs.find(key);
    return it == pairs.end() ? std::string() : std::string(it->second);
}

/// "db0_distrib_strings_sizes" with "1=2,8=4,1K=1".
void keepSizes(RedisInfo &info, std::string_view name, std::string_view value)
{
    const auto database = parseNumber(take(name, '_').substr(2));
    (void)take(name, '_'); // distrib
    const auto type = take(name, '_');
    if (!database || *database >= 1e6 || type.empty())
        return;
    for (const auto &[bound, keys] : pairsOf(value)) {
        auto digits = bound;
        double unit = 1;
        if (const auto at = std::string_view("KMGT").find(digits.empty() ? ' ' : digits.back()); at != std::string_view::npos) {
            unit = std::pow(1024.0, static_cast<double>(at + 1));
            digits.remove_suffix(1);
        }
        if (const auto from = parseNumber(digits))
            info.keySizes.push_back({static_cast<int>(*database), std::string(type), *from * unit, parseNumber(keys).value_or(0)});
    }
}

void keep(RedisInfo &info, std::string_view name, std::string_view value)
{
    if (isIndexed(name, "db")) {
        if (const auto database = parseNumber(name.substr(2)); database && *database < 1e6) {
            const auto pairs = pairsOf(value);
            info.keyspace.push_back({static_cast<int>(*database), numberIn(pairs, "keys"), numberIn(pairs, "expires"), numberIn(pairs, "avg_ttl") / 1000});
        }
    } else if (isIndexed(name, "slave")) {
        const auto pairs = pairsOf(value);
        info.replicas.push_back({textIn(pairs, "ip") + ":" + textIn(pairs, "port"), textIn(pairs, "state"), numberIn(pairs, "offset"), numberIn(pairs, "lag")});
    } else if (name.starts_with("errorstat_")) {
        info.errors.emplace(name.substr(10), numberIn(pairsOf(value), "count"));
    } else if (name.starts_with("cmdstat_")) {
        const auto pairs = pairsOf(value);
        info.commands.emplace(name.substr(8), CommandEntry{numberIn(pairs, "calls"), numberIn(pairs, "usec") / 1e6,
                                                           numberIn(pairs, "rejected_calls") + numberIn(pairs, "failed_calls")});
        return; // many, and nobody looks them up by name
    } else if (name.starts_with("db") && name.find("_distrib_") != std::string_view::npos) {
        keepSizes(info, name, value);
    }
    info.fields.emplace(name, value);
}

} // namespace

std::optional<double> parseNumber(std::string_view text)
{
    double value = 0;
    const auto *end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || stop != end || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<std::string> RedisInfo::text(std::string_view name) const
{
    const auto it = fields.find(name);
    return it == fields.end() ? std::nullopt : std::optional(it->second);
}

std::optional<double> RedisInfo::number(std::string_view name) const
{
    const auto it = fields.find(name);
    return it == fields.end() ? std::nullopt : parseNumber(it->second);
}

std::optional<bool> RedisInfo::truth(std::string_view name) const
{
    const auto value = text(name);
    if (!value)
        return std::nullopt;
    return *value == "1" || *value == "ok" || *value == "up";
}

std::string RedisInfo::lines(std::initializer_list<std::string_view> names) const
{
    std::string result;
    for (const auto name : names) {
        if (const auto it = fields.find(name); it != fields.end())
            result += it->first + ":" + it->second + "\n";
    }
    return result;
}

const KeyspaceEntry *RedisInfo::database(int number) const
{
    const auto it = std::ranges::find(keyspace, number, &KeyspaceEntry::database);
    return it == keyspace.end() ? nullptr : &*it;
}

double RedisInfo::keysOf(int database) const
{
    const auto *entry = this->database(database);
    return entry ? entry->keys : 0;
}

double RedisInfo::allKeys() const
{
    return std::accumulate(keyspace.begin(), keyspace.end(), 0.0, [](double sum, const KeyspaceEntry &entry) { return sum + entry.keys; });
}

RedisInfo parseInfo(std::string_view reply)
{
    RedisInfo info;
    for (std::size_t count = 0; !reply.empty() && count < kLineLimit; ++count) {
        auto line = take(reply, '\n');
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.empty() || line.starts_with('#') || line.size() > kLineBytes)
            continue;
        if (line.find(':') == std::string_view::npos)
            continue;
        const auto name = take(line, ':');
        if (!name.empty())
            keep(info, name, line);
    }
    return info;
}

} // namespace muster::redis
