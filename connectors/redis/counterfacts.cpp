// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/factmath.h"
#include "connectors/redis/infofacts.h"
#include "connectors/redis/keypattern.h"

#include <algorithm>
#include <array>

namespace muster::redis {

namespace {

constexpr std::size_t kCommandRows = 20;
constexpr std::size_t kErrorRows = 40;

/// A counter of INFO as a fact: how much it grew lately.
struct Growth {
    std::string_view fact;
    std::string_view field;
    std::string_view absent; ///< why an older server does not have it; "" = every server has it
};

constexpr std::array kGrowths{
    Growth{"redis.clients_evicted", "evicted_clients", "not counted before Redis 7"},
    Growth{"redis.clients_dropped_by_buffer", "client_output_buffer_limit_disconnections", "not counted before Redis 7.4 and Valkey 8"},
    Growth{"redis.expire_cycle_capped", "expired_time_cap_reached_count", ""},
    Growth{"redis.resyncs", "sync_full", ""},
    Growth{"redis.resyncs_refused", "sync_partial_err", ""},
};

/// Errors by what they say about the server. C26 of the catalogue; the prefixes are the server's own.
struct ErrorClass {
    std::string_view fact;
    std::array<std::string_view, 6> prefixes;
};

constexpr std::array kErrorClasses{
    ErrorClass{"redis.write_errors", {"OOM", "MISCONF", "READONLY", "NOREPLICAS", "CLUSTERDOWN", "MASTERDOWN"}},
    ErrorClass{"redis.auth_errors", {"NOAUTH", "WRONGPASS"}},
    ErrorClass{"redis.permission_errors", {"NOPERM"}},
    ErrorClass{"redis.busy_errors", {"BUSY", "LOADING"}},
};

/// What the console asks; a user's GET must not hide among them, nor they among the user's commands.
constexpr std::array kOwnCommands{std::string_view("info"), std::string_view("ping"), std::string_view("auth"), std::string_view("hello"), std::string_view("select"),
                                  std::string_view("scan"), std::string_view("time")};

/// Seconds of one core that the main thread worked; it serves every client.
constexpr std::array kCpuFields{std::string_view("used_cpu_sys_main_thread"), std::string_view("used_cpu_user_main_thread")}; // from 6.2 on
constexpr std::array kCpuFieldsBefore{std::string_view("used_cpu_sys"), std::string_view("used_cpu_user")};

Number cpuSeconds(const RedisInfo &info)
{
    const auto sum = [&info](const auto &fields) { return info.number(fields[0]) && info.number(fields[1]) ? Number(*info.number(fields[0]) + *info.number(fields[1])) : std::nullopt; };
    const auto now = sum(kCpuFields);
    return now ? now : sum(kCpuFieldsBefore);
}

/// Writes facts of growth; says why there is none.
class GrowthWriter {
public:
    GrowthWriter(FactWriter &out, const CounterWindow &window, const RedisInfo &info) : m_out(out), m_window(window), m_info(info) {}

    [[nodiscard]] Value early() const { return m_info.isEmpty() ? Value(m_out.missing()) : Value(Unknown{"needs two samples of the same server life", {}}); }
    [[nodiscard]] std::string over() const { return "in the last " + std::to_string(static_cast<long>(m_window.span())) + " s"; }

    void add(const Growth &growth)
    {
        Value value = early();
        if (m_window.isReady() && !m_info.isEmpty()) {
            const auto grown = m_window.growth(growth.field);
            value = grown ? Value(*grown) : growth.absent.empty() ? Value(m_out.missing()) : Value(NotApplicable{std::string(growth.absent)});
        }
        m_out.add(std::string(growth.fact), std::move(value), "count", over());
    }

    void rate(std::string_view fact, std::string_view counter, std::string_view unit)
    {
        const auto grown = m_window.growth(counter);
        const bool isKnown = grown && m_window.span() > 0 && !m_info.isEmpty();
        m_out.add(std::string(fact), isKnown ? Value(*grown / m_window.span()) : m_window.isReady() && !m_info.isEmpty() ? Value(m_out.missing()) : early(), std::string(unit), over());
    }

private:
    FactWriter &m_out;
    const CounterWindow &m_window;
    const RedisInfo &m_info;
};

void addErrors(FactWriter &out, const CounterWindow &window, const RedisInfo &info, const GrowthWriter &growth)
{
    const bool isCounted = info.number("total_error_replies").has_value();
    const NotApplicable uncounted{"errors are not counted by kind before Redis 6.2"};
    // The server stops counting kinds when somebody floods it with invented ones.
    const bool isFlooded = info.errors.contains("ERRORSTATS_DISABLED");
    const Value instead = info.isEmpty() ? Value(out.missing()) : !isCounted ? Value(uncounted) : isFlooded ? Value(Unknown{"the server gave up counting error kinds: too many different ones", "CONFIG RESETSTAT starts it anew."})
                                                                                                             : growth.early();
    for (const auto &each : kErrorClasses) {
        double sum = 0;
        std::string evidence;
        for (const auto prefix : each.prefixes) {
            const auto grown = prefix.empty() ? 0 : window.growth("error:" + std::string(prefix), true).value_or(0);
            sum += grown;
            if (grown > 0)
                evidence += (evidence.empty() ? "" : ", ") + std::string(prefix) + " " + std::to_string(static_cast<long long>(grown));
        }
        const bool isKnown = isCounted && !isFlooded && window.isReady();
        out.add(std::string(each.fact), isKnown ? Value(sum) : instead, "count", evidence);
        if (each.fact == "redis.write_errors")
            out.add("redis.write_errors_kinds", isKnown ? Value(evidence) : instead, "");
    }
    Table table{{{"error", ""}, {"lately", "count"}, {"since_start", "count"}}, {}, kErrorRows, info.errors.size() > kErrorRows};
    for (const auto &[prefix, total] : info.errors) {
        if (table.rows.size() < kErrorRows)
            table.rows.push_back({displayKey(prefix, 64), window.growth("error:" + prefix, true).value_or(0), total});
    }
    out.add("redis.errors_table", isCounted ? Value(std::move(table)) : instead, "", "lately: " + growth.over() + ", without the answers to the console itself");
}

void addCommands(FactWriter &out, const CounterWindow &window, const RedisInfo &info, const GrowthWriter &growth)
{
    struct Row {
        std::string command;
        double calls;
        double time;
        double refused;
    };
    std::vector<Row> rows;
    double calls = 0;
    double time = 0;
    for (const auto &[command, entry] : info.commands) {
        const Row row{command, window.growth("calls:" + command, true).value_or(0), window.growth("time:" + command, true).value_or(0), window.growth("refused:" + command, true).value_or(0)};
        if (row.calls + row.refused <= 0 || isAdministrative(command))
            continue;
        calls += row.calls;
        time += row.time;
        rows.push_back(row);
    }
    std::ranges::sort(rows, std::greater(), &Row::time);
    Table table{{{"command", ""}, {"calls_rate", "1/s"}, {"mean_time", "s"}, {"share", "ratio"}, {"refused", "count"}}, {}, kCommandRows, rows.size() > kCommandRows};
    for (const auto &row : rows) {
        if (table.rows.size() < kCommandRows)
            table.rows.push_back({displayKey(row.command, 40), row.calls / window.span(), row.calls > 0 ? row.time / row.calls : 0, time > 0 ? row.time / time : 0, row.refused});
    }
    const bool isKnown = window.isReady() && !info.commands.empty();
    const Value instead = window.isReady() && !info.isEmpty() ? Value(Unknown{"INFO says nothing about commands here", "The provider leaves commandstats out."}) : growth.early();
    out.add("redis.commands_table", isKnown ? Value(std::move(table)) : instead, "", growth.over());
    out.add("redis.command_time", !isKnown ? instead : calls > 0 ? Value(time / calls) : Value(NotApplicable{"nobody but the console asked anything " + growth.over()}), "s", growth.over());
}

} // namespace

bool isAdministrative(std::string_view command)
{
    constexpr std::array starts{std::string_view("slowlog"), std::string_view("latency"), std::string_view("config"), std::string_view("client"), std::string_view("acl"),
                                std::string_view("memory"), std::string_view("cluster"), std::string_view("command"), std::string_view("replconf"), std::string_view("psync")};
    return std::ranges::find(kOwnCommands, command) != kOwnCommands.end() || std::ranges::any_of(starts, [command](auto start) { return command.starts_with(start); });
}

Counters countersOf(const RedisInfo &info, const Traffic &own)
{
    Counters counters;
    const auto keep = [&](std::string_view field) {
        if (const auto value = info.number(field))
            counters.emplace(field, *value);
    };
    for (const auto &growth : kGrowths)
        keep(growth.field);
    for (const auto field : {"aof_delayed_fsync", "total_net_input_bytes", "total_net_output_bytes"})
        keep(field);
    if (const auto received = info.number("total_connections_received"))
        counters.emplace("connections", *received - own.connections);
    if (const auto cpu = cpuSeconds(info))
        counters.emplace("cpu", *cpu);
    for (const auto &[prefix, count] : info.errors) {
        const auto it = own.errors.find(prefix);
        counters.emplace("error:" + prefix, count - (it == own.errors.end() ? 0 : it->second));
    }
    for (const auto &[command, entry] : info.commands) {
        counters.emplace("calls:" + command, entry.calls);
        counters.emplace("time:" + command, entry.time);
        counters.emplace("refused:" + command, entry.refused);
    }
    return counters;
}

void addCounterFacts(FactWriter &writer, const CounterWindow &window, const RedisInfo &info)
{
    GrowthWriter growth(writer, window, info);
    for (const auto &each : kGrowths)
        growth.add(each);
    if (info.truth("aof_enabled") == false)
        writer.add("redis.aof_delayed_fsyncs", NotApplicable{"AOF is off"}, "count");
    else
        growth.add({"redis.aof_delayed_fsyncs", "aof_delayed_fsync", ""});
    growth.rate("redis.connections_rate", "connections", "1/s");
    growth.rate("redis.network_in_rate", "total_net_input_bytes", "B/s");
    growth.rate("redis.network_out_rate", "total_net_output_bytes", "B/s");
    growth.rate("redis.cpu_used", "cpu", "ratio");
    addErrors(writer, window, info, growth);
    addCommands(writer, window, info, growth);
}

} // namespace muster::redis
