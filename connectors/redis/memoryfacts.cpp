// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/factmath.h"
#include "connectors/redis/infofacts.h"

#include <algorithm>
#include <array>

namespace muster::redis {

namespace {

constexpr double kMegabyte = 1024.0 * 1024.0;
constexpr double kTooSmall = 5 * kMegabyte; ///< below this the server's own doctor finds nothing worth saying

/// Which share of the keys could be evicted.
Value evictable(const FactWriter &out, const RedisInfo &info)
{
    const auto policy = info.text("maxmemory_policy");
    if (!policy)
        return out.missing();
    if (policy->starts_with("allkeys-"))
        return 1.0;
    if (!policy->starts_with("volatile-"))
        return NotApplicable{"the policy is " + clamp(*policy, 32) + ": nothing is evicted"};
    double expires = 0;
    for (const auto &entry : info.keyspace)
        expires += entry.expires;
    const auto keys = info.allKeys();
    return keys > 0 ? Value(expires / keys) : Value(NotApplicable{"there are no keys"});
}

/// One kind of waste, with the limits of the server's own MEMORY DOCTOR (object.c): a ratio alone is noise, it needs bytes behind it.
struct Waste {
    std::string_view name;
    std::string_view ratio;
    std::string_view bytes;
    double limit;
    double fewestBytes;
};

constexpr std::array kWastes{
    Waste{"resident memory over used memory", "mem_fragmentation_ratio", "mem_fragmentation_bytes", 1.4, 10 * kMegabyte},
    Waste{"allocator: external fragmentation", "allocator_frag_ratio", "allocator_frag_bytes", 1.1, 10 * kMegabyte},
    Waste{"allocator: pages kept", "allocator_rss_ratio", "allocator_rss_bytes", 1.1, 10 * kMegabyte},
    Waste{"process: other than the allocator", "rss_overhead_ratio", "rss_overhead_bytes", 1.1, 10 * kMegabyte},
};

/// Peak, client buffers and scripts, by the same doctor.
std::string otherFindings(const RedisInfo &info)
{
    std::string found;
    const auto used = info.number("used_memory").value_or(0);
    const auto clients = info.number("connected_clients").value_or(0);
    if (const auto buffers = info.number("mem_clients_normal").value_or(0); clients > 0 && buffers / clients > 200 * 1024)
        found += "client buffers of more than 200 KB on average; ";
    if (info.number("mem_clients_slaves").value_or(0) > 10 * kMegabyte)
        found += "replica buffers of more than 10 MB; ";
    if (info.number("number_of_cached_scripts").value_or(0) > 1000)
        found += "more than 1000 cached scripts; ";
    return used < kTooSmall ? std::string() : found;
}

void addFragmentation(FactWriter &out, const RedisInfo &info)
{
    const auto used = info.number("used_memory");
    const auto resident = info.number("used_memory_rss");
    Table table{{{"what", ""}, {"ratio", ""}, {"bytes", "B"}, {"limit", ""}, {"is_over", ""}}, {}, kWastes.size(), false};
    auto worst = otherFindings(info);
    for (const auto &waste : kWastes) {
        const auto ratio = info.number(waste.ratio);
        const auto bytes = info.number(waste.bytes);
        if (!ratio || !bytes)
            continue;
        const bool isOver = *ratio > waste.limit && *bytes > waste.fewestBytes && used.value_or(0) >= kTooSmall;
        if (isOver)
            worst += std::string(waste.name) + "; ";
        table.rows.push_back({std::string(waste.name), *ratio, *bytes, waste.limit, isOver});
    }
    const bool isKnown = used && !table.rows.empty();
    out.add("redis.fragmentation_ok", isKnown ? Truth(worst.empty()) : std::nullopt, "", info.lines({"mem_fragmentation_ratio", "mem_fragmentation_bytes"}));
    if (worst.size() > 2)
        worst.resize(worst.size() - 2);
    out.add("redis.fragmentation_reason", isKnown ? Text(worst) : std::nullopt, "");
    out.add("redis.fragmentation", isKnown ? Value(std::move(table)) : Value(out.missing()), "");
    // Less resident than used means that pages were swapped out; the allocator's own bookkeeping explains a few per cent.
    const bool isSmall = used.value_or(0) < kTooSmall;
    out.add("redis.swap_suspected", used && resident ? Truth(!isSmall && *resident < *used * 0.95) : std::nullopt, "", info.lines({"used_memory", "used_memory_rss"}));
}

} // namespace

void addMemoryFacts(FactWriter &out, const RedisInfo &info, const Target &target)
{
    const auto used = info.number("used_memory");
    const auto limit = info.number("maxmemory");
    const auto system = info.number("total_system_memory");
    auto fragmentation = info.number("mem_fragmentation_bytes");
    if (!fragmentation && used && info.number("used_memory_rss"))
        fragmentation = *info.number("used_memory_rss") - *used;
    const auto policy = info.text("maxmemory_policy");
    const bool isCache = target.declaredRole == Purpose::Cache;
    out.add("redis.memory_used", used, "B");
    out.add("redis.memory_max", limit, "B");
    out.add("redis.memory_used_ratio", ratio(used, limit && *limit > 0 ? limit : system), "ratio", info.lines({"used_memory", "maxmemory", "total_system_memory"}));
    out.add("redis.memory_fragmentation_ratio", info.number("mem_fragmentation_ratio"), "");
    out.add("redis.memory_fragmentation_bytes", fragmentation ? Number(std::max(0.0, *fragmentation)) : std::nullopt, "B",
            info.lines({"mem_fragmentation_ratio", "mem_fragmentation_bytes", "used_memory_rss"}));
    out.add("redis.memory_peak", info.number("used_memory_peak"), "B");
    out.add("redis.maxmemory_set", when(limit, [](double bytes) { return bytes > 0; }), "");
    out.add("redis.policy", policy, "");
    out.add("redis.policy_fits", when(policy, [isCache](const std::string &name) {
                return isCache ? name.starts_with("allkeys-") || name.starts_with("volatile-") : name == "noeviction";
            }), "", info.lines({"maxmemory_policy"}));
    out.add("redis.evictable_ratio", evictable(out, info), "ratio", info.lines({"maxmemory_policy"}));
    addFragmentation(out, info);
}

} // namespace muster::redis
