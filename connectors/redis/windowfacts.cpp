// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/infofacts.h"

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

void addLifetime(FactWriter &out, const RedisInfo &info)
{
    const auto hits = info.number("keyspace_hits");
    const auto misses = info.number("keyspace_misses");
    Value value = out.missing();
    if (hits && misses)
        value = *hits + *misses > 0 ? Value(*hits / (*hits + *misses)) : Value(Unknown{"no lookups since the start or the last reset", {}});
    out.add("redis.hit_ratio_lifetime", std::move(value), "ratio", info.lines({"keyspace_hits", "keyspace_misses", "uptime_in_seconds"}));
}

void addRates(FactWriter &out, const HitWindow &window, bool isInfoThere)
{
    const auto rates = window.rates();
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
}

} // namespace

std::optional<CounterSample> counterSample(const RedisInfo &info, BootTime at)
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
    return sample;
}

void addWindowFacts(FactWriter &writer, const HitWindow &window, const RedisInfo &info)
{
    const bool isInfoThere = !info.isEmpty();
    const auto recent = window.hitRate(std::chrono::minutes(1), false);
    writer.add("redis.hit_ratio", ratioOr(writer, recent, isInfoThere), "ratio", evidence(recent));
    const bool isSpanKnown = isInfoThere && recent.span > 0;
    const Unknown early = isInfoThere ? Unknown{recent.reason, {}} : writer.missing();
    writer.add("redis.lookups_rate", isSpanKnown ? Value(recent.lookups / recent.span) : Value(early), "1/s", evidence(recent));
    writer.add("redis.hit_ratio_window", isSpanKnown ? Value(recent.span) : Value(early), "s");
    for (const auto &[name, length] : kWindows) {
        const auto rate = window.hitRate(length, true);
        writer.add(std::string(name), ratioOr(writer, rate, isInfoThere), "ratio", evidence(rate));
    }
    addLifetime(writer, info);
    addRates(writer, window, isInfoThere);
}

} // namespace muster::redis
