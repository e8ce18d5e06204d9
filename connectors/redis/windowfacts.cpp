// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/infofacts.h"

#include <algorithm>
#include <array>

namespace muster::redis {

namespace {

struct Window {
    std::string_view name;
    Millis length;
};

constexpr std::array kWindows{
    Window{"redis.hit_ratio_1m", std::chrono::minutes(1)},
    Window{"redis.hit_ratio_5m", std::chrono::minutes(5)},
    Window{"redis.hit_ratio_1h", std::chrono::hours(1)},
};

std::string evidence(const HitRate &rate)
{
    return std::to_string(static_cast<long long>(rate.lookups)) + " lookups in " + std::to_string(rate.span) + " s";
}

Value ratioOr(const FactWriter &out, const HitRate &rate, bool isInfoThere)
{
    if (!isInfoThere)
        return out.missing();
    return rate.ratio ? Value(*rate.ratio) : Value(Unknown{rate.reason, {}});
}

void addLifetime(FactWriter &out, std::span<const NodeView> nodes)
{
    double hits = 0;
    double lookups = 0;
    std::string evidence;
    for (const auto &node : nodes) {
        const auto hit = node.info->number("keyspace_hits");
        const auto missed = node.info->number("keyspace_misses");
        if (!hit || !missed) {
            out.add("redis.hit_ratio_lifetime", out.missing(), "ratio");
            return;
        }
        hits += *hit;
        lookups += *hit + *missed;
        evidence += node.info->lines({"keyspace_hits", "keyspace_misses", "uptime_in_seconds"});
    }
    out.add("redis.hit_ratio_lifetime", lookups > 0 ? Value(hits / lookups) : Value(Unknown{"no lookups since the start or the last reset", {}}), "ratio", evidence);
}

void addRates(FactWriter &out, std::span<const NodeView> nodes, bool isInfoThere)
{
    std::vector<std::optional<CounterRates>> each;
    for (const auto &node : nodes)
        each.push_back(node.window->rates());
    const auto rates = combined(each);
    const auto value = [&](std::optional<double> rate) {
        if (!isInfoThere)
            return Value(out.missing());
        if (!rates)
            return Value(Unknown{"needs two samples of the same server life", {}});
        return rate ? Value(*rate) : Value(Unknown{"the server does not count this before Redis 6.2", {}});
    };
    const auto known = rates.value_or(CounterRates{});
    out.add("redis.operations_rate", value(known.operations), "1/s");
    out.add("redis.evictions_rate", value(known.evictions), "1/s");
    out.add("redis.expirations_rate", value(known.expirations), "1/s");
    out.add("redis.rejected_rate", value(known.rejected), "1/s");
    out.add("redis.errors_rate", value(known.errors), "1/s");
    out.add("redis.console_commands_rate", value(known.consoleCommands), "1/s");
    out.add("redis.console_bytes_rate", value(known.consoleBytes), "B/s");
}

/// Against what this very console has learned; a run of a few seconds has learned nothing.
void addDrop(FactWriter &out, std::span<const NodeView> nodes, bool isInfoThere)
{
    const auto drop = nodes.size() == 1 ? nodes.front().window->drop() : std::nullopt;
    const NotApplicable early{nodes.size() == 1 ? "compared after half an hour of watching, with traffic" : "compared node by node only"};
    const auto value = [&](double known) { return !isInfoThere ? Value(out.missing()) : drop ? Value(known) : Value(early); };
    out.add("redis.hit_ratio_baseline", value(drop ? drop->baseline : 0), "ratio");
    out.add("redis.hit_ratio_drop", value(drop ? drop->drop : 0), "ratio");
}

/// At the growth of the last hour (ten minutes at least), how long until the limit is reached.
Value fullIn(const FactWriter &out, const NodeView &node)
{
    constexpr double leastSpan = 600;
    const auto limit = node.info->number("maxmemory");
    const auto &samples = node.window->samples();
    if (!limit)
        return out.missing();
    if (*limit <= 0)
        return NotApplicable{"there is no limit"};
    const auto span = samples.size() < 2 ? 0 : toSeconds(samples.back().at - samples.front().at);
    if (span < leastSpan)
        return NotApplicable{"told after ten minutes of watching"};
    const auto growth = (samples.back().memory - samples.front().memory) / span;
    if (growth <= 0)
        return NotApplicable{"the memory in use does not grow"};
    return std::max(0.0, (*limit - samples.back().memory) / growth);
}

} // namespace

std::optional<CounterSample> counterSample(const RedisInfo &info, BootTime at, const Traffic &own)
{
    const auto runId = info.text("run_id");
    const auto role = info.text("role");
    const auto hits = info.number("keyspace_hits");
    const auto misses = info.number("keyspace_misses");
    if (!runId || !role || !hits || !misses)
        return std::nullopt;
    CounterSample sample;
    sample.at = at;
    sample.runId = *runId;
    sample.role = *role;
    sample.uptime = info.number("uptime_in_seconds").value_or(0);
    sample.hits = *hits;
    sample.misses = *misses;
    sample.commands = info.number("total_commands_processed").value_or(0);
    sample.evicted = info.number("evicted_keys").value_or(0);
    sample.expired = info.number("expired_keys").value_or(0);
    sample.rejected = info.number("rejected_connections").value_or(0);
    sample.errors = info.number("total_error_replies");
    sample.memory = info.number("used_memory").value_or(0);
    sample.ownErrors = own.allErrors();
    sample.ownCommands = own.replies;
    sample.ownBytes = own.bytes;
    return sample;
}

void addWindowFacts(FactWriter &writer, std::span<const NodeView> nodes)
{
    const bool isInfoThere = std::ranges::none_of(nodes, [](const NodeView &node) { return node.info->isEmpty(); });
    const auto over = [nodes](Millis window, bool isWholeNeeded) {
        std::vector<HitRate> rates;
        for (const auto &node : nodes)
            rates.push_back(node.window->hitRate(window, isWholeNeeded));
        return combined(rates);
    };
    const auto recent = over(std::chrono::minutes(1), false);
    writer.add("redis.hit_ratio", ratioOr(writer, recent, isInfoThere), "ratio", evidence(recent));
    const bool isSpanKnown = isInfoThere && recent.span > 0;
    const Unknown early = isInfoThere ? Unknown{recent.reason, {}} : writer.missing();
    writer.add("redis.lookups_rate", isSpanKnown ? Value(recent.lookups / recent.span) : Value(early), "1/s", evidence(recent));
    writer.add("redis.hit_ratio_window", isSpanKnown ? Value(recent.span) : Value(early), "s");
    for (const auto &[name, length] : kWindows) {
        const auto rate = over(length, true);
        writer.add(std::string(name), ratioOr(writer, rate, isInfoThere), "ratio", evidence(rate));
    }
    addLifetime(writer, nodes);
    addRates(writer, nodes, isInfoThere);
    addDrop(writer, nodes, isInfoThere);
    if (nodes.size() == 1)
        writer.add("redis.memory_full_in", fullIn(writer, nodes.front()), "s");
    else
        writer.add("redis.memory_full_in", NotApplicable{"told node by node only"}, "s");
}

} // namespace muster::redis
