// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clustermerge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace muster::redis {

namespace {

enum class Merge : std::uint8_t { Sum, Max, Min, All, Any, Same, Join, Rows, Prefixes, Drop };

struct MergeRule {
    std::string_view fact;
    Merge how;
    bool isOfPrimaries = false; ///< replicas mirror these: counting them would count twice
};

// What is not here: a truth must hold on all nodes, the greatest number counts, a text has to agree, rows are put together.
constexpr std::array kRules{
    MergeRule{"redis.keys", Merge::Sum, true}, MergeRule{"redis.limiter_keys", Merge::Sum, true}, MergeRule{"redis.limiter_without_ttl", Merge::Sum, true},
    MergeRule{"redis.memory_used", Merge::Sum, true}, MergeRule{"redis.memory_max", Merge::Sum, true}, MergeRule{"redis.memory_peak", Merge::Sum, true},
    MergeRule{"redis.memory_fragmentation_bytes", Merge::Sum}, MergeRule{"redis.clients_connected", Merge::Sum}, MergeRule{"redis.clients_max", Merge::Sum},
    MergeRule{"redis.clients_blocked", Merge::Sum}, MergeRule{"redis.replicas", Merge::Sum}, MergeRule{"redis.replicas_online", Merge::Sum},
    MergeRule{"redis.replicas_not_online", Merge::Sum}, MergeRule{"redis.replicas_missing", Merge::Sum}, MergeRule{"redis.slowlog_length", Merge::Sum},
    MergeRule{"redis.slowlog_rate", Merge::Sum}, MergeRule{"redis.changes_since_save", Merge::Sum, true}, MergeRule{"redis.clients_evicted", Merge::Sum},
    MergeRule{"redis.clients_dropped_by_buffer", Merge::Sum}, MergeRule{"redis.expire_cycle_capped", Merge::Sum}, MergeRule{"redis.resyncs", Merge::Sum},
    MergeRule{"redis.resyncs_refused", Merge::Sum}, MergeRule{"redis.aof_delayed_fsyncs", Merge::Sum}, MergeRule{"redis.connections_rate", Merge::Sum},
    MergeRule{"redis.network_in_rate", Merge::Sum}, MergeRule{"redis.network_out_rate", Merge::Sum}, MergeRule{"redis.write_errors", Merge::Sum},
    MergeRule{"redis.auth_errors", Merge::Sum}, MergeRule{"redis.permission_errors", Merge::Sum}, MergeRule{"redis.busy_errors", Merge::Sum},
    MergeRule{"redis.lazyfree_pending", Merge::Sum}, MergeRule{"redis.turns", Merge::Sum}, MergeRule{"redis.uptime", Merge::Min},
    MergeRule{"redis.keys_with_ttl_ratio", Merge::Min, true}, MergeRule{"redis.evictable_ratio", Merge::Min, true}, MergeRule{"redis.writes_refused", Merge::Any, true},
    MergeRule{"redis.writes_refused_reason", Merge::Join, true}, MergeRule{"redis.fragmentation_reason", Merge::Join}, MergeRule{"redis.snapshot_reason", Merge::Join},
    MergeRule{"redis.write_errors_kinds", Merge::Join}, MergeRule{"redis.last_turn", Merge::Join}, MergeRule{"redis.plain_port_open", Merge::Any},
    MergeRule{"redis.swap_suspected", Merge::Any}, MergeRule{"redis.roles_shared", Merge::Any}, MergeRule{"redis.sync_in_progress", Merge::Any},
    MergeRule{"redis.prefixes", Merge::Prefixes, true}, MergeRule{"redis.address", Merge::Drop}, MergeRule{"redis.run_id", Merge::Drop}, MergeRule{"redis.role", Merge::Drop},
};

/// A fact of one node.
struct Part {
    const NodeRound *node;
    const Fact *fact;
};

Merge byType(const Value &value)
{
    return asTruth(value) ? Merge::All : asNumber(value) ? Merge::Max : asTable(value) ? Merge::Rows : Merge::Same;
}

template<class T>
std::vector<std::pair<std::string, T>> valuesOf(const std::vector<Part> &parts)
{
    std::vector<std::pair<std::string, T>> values;
    for (const auto &part : parts) {
        if (const auto *value = std::get_if<T>(&part.fact->value))
            values.emplace_back(part.node->node.name(), *value);
    }
    return values;
}

Value mergedNumber(Merge how, const std::vector<std::pair<std::string, double>> &values)
{
    double result = values.front().second;
    for (std::size_t i = 1; i < values.size(); ++i) {
        const auto value = values[i].second;
        result = how == Merge::Sum ? result + value : how == Merge::Min ? std::min(result, value) : std::max(result, value);
    }
    return result;
}

Value mergedText(Merge how, const std::vector<std::pair<std::string, std::string>> &values)
{
    std::string joined;
    bool isSame = true;
    for (const auto &[node, text] : values) {
        isSame = isSame && text == values.front().second;
        if (!text.empty() && text != "none seen")
            joined += (joined.empty() ? "" : "; ") + node + ": " + text;
    }
    if (isSame && (how == Merge::Same || joined.empty()))
        return values.front().second;
    return clamp(joined, 500);
}

/// All rows, with the node in front.
Table mergedRows(const std::vector<std::pair<std::string, Table>> &values)
{
    Table table;
    table.columns = values.front().second.columns;
    table.columns.insert(table.columns.begin(), {"node", ""});
    table.limit = 200;
    for (const auto &[node, part] : values) {
        if (part.columns != values.front().second.columns)
            continue;
        table.isTruncated |= part.isTruncated;
        for (const auto &row : part.rows) {
            if (table.rows.size() == table.limit) {
                table.isTruncated = true;
                break;
            }
            table.rows.push_back(row);
            table.rows.back().insert(table.rows.back().begin(), node);
        }
    }
    return table;
}

/// Keys of a prefix over the nodes, each sampled on its own: the estimates add up, their errors by squares.
Table mergedPrefixes(const std::vector<std::pair<std::string, Table>> &values, double keys)
{
    auto table = values.front().second;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        double sampled = 0;
        double estimate = 0;
        double variance = 0;
        for (const auto &[node, part] : values) {
            const auto share = part.number(row, "share").value_or(0);
            const auto here = part.number(row, "keys_estimate").value_or(0);
            sampled += part.number(row, "sampled").value_or(0);
            estimate += here;
            const auto error = share > 0 ? part.number(row, "margin").value_or(0) * here / share : 0;
            variance += error * error;
        }
        table.rows[row] = {table.text(row, "prefix"), sampled, keys > 0 ? std::min(1.0, estimate / keys) : 0, keys > 0 ? std::sqrt(variance) / keys : 0, estimate};
    }
    return table;
}

class Merger {
public:
    Merger(const std::vector<NodeRound> &nodes) : m_nodes(nodes) {}

    [[nodiscard]] Value merged(std::string_view name, const MergeRule &rule, double keys) const
    {
        std::vector<Part> parts;
        std::optional<Unknown> open;
        for (const auto &round : m_nodes) {
            if (rule.isOfPrimaries && !round.node.isPrimary)
                continue;
            const auto *fact = factOf(round, name);
            if (fact && !std::holds_alternative<Unknown>(fact->value))
                parts.push_back({&round, fact});
            else if (!open && (fact || round.isNeeded()))
                open = Unknown{round.node.name() + ": " + (fact ? std::get<Unknown>(fact->value).reason : round.fault ? round.fault->detail : std::string("not measured")),
                               fact ? std::get<Unknown>(fact->value).hint : round.fault ? round.fault->hint : std::string()};
        }
        return settled(parts, rule.how, open, keys);
    }

    [[nodiscard]] static const Fact *factOf(const NodeRound &round, std::string_view name)
    {
        if (!round.reading)
            return nullptr;
        const auto &facts = round.reading->batch.facts;
        const auto it = std::ranges::find(facts, name, &Fact::name);
        return it == facts.end() ? nullptr : &*it;
    }

private:
    [[nodiscard]] static Value settled(std::vector<Part> parts, Merge how, const std::optional<Unknown> &open, double keys)
    {
        const auto isNone = [](const Part &part) { return std::holds_alternative<NotApplicable>(part.fact->value); };
        if (!open && !parts.empty() && std::ranges::all_of(parts, isNone))
            return parts.front().fact->value;
        std::erase_if(parts, isNone);
        if (how == Merge::All || how == Merge::Any) {
            for (const auto &[node, truth] : valuesOf<bool>(parts)) {
                if (truth == (how == Merge::Any))
                    return truth; // one decides, whatever the missing ones would say
            }
        }
        if (open || parts.empty())
            return open.value_or(Unknown{"no node says it", ""});
        if (const auto numbers = valuesOf<double>(parts); !numbers.empty())
            return mergedNumber(how, numbers);
        if (const auto texts = valuesOf<std::string>(parts); !texts.empty())
            return mergedText(how, texts);
        if (const auto tables = valuesOf<Table>(parts); !tables.empty())
            return how == Merge::Prefixes ? mergedPrefixes(tables, keys) : mergedRows(tables);
        return parts.front().fact->value;
    }

    const std::vector<NodeRound> &m_nodes;
};

std::string shown(const Value &value)
{
    if (const auto *number = asNumber(value))
        return std::to_string(*number);
    if (const auto *truth = asTruth(value))
        return *truth ? "yes" : "no";
    const auto *text = asText(value);
    return text ? *text : "?";
}

MergeRule ruleOf(const Fact &sample)
{
    const auto it = std::ranges::find(kRules, sample.name, &MergeRule::fact);
    return it == kRules.end() ? MergeRule{sample.name, byType(sample.value), false} : *it;
}

/// A fact of that name which has a value, for its type and unit; any other when there is none.
std::map<std::string, const Fact *> samplesOf(const std::vector<NodeRound> &nodes)
{
    std::map<std::string, const Fact *> samples;
    for (const auto &round : nodes) {
        if (!round.reading)
            continue;
        for (const auto &fact : round.reading->batch.facts) {
            auto &sample = samples[fact.name];
            const bool isValue = !std::holds_alternative<Unknown>(fact.value) && !std::holds_alternative<NotApplicable>(fact.value);
            if (!sample || isValue)
                sample = &fact;
        }
    }
    return samples;
}

/// Rates over all nodes are made of the nodes' counters, not of their rates.
void addWindows(FactBatch &batch, const std::vector<NodeRound> &nodes)
{
    static const RedisInfo nothing;
    static const HitWindow unwatched;
    std::vector<NodeView> views;
    Unknown missing{"this server does not say it", "The version or the provider leaves it out of INFO."};
    for (const auto &round : nodes) {
        if (round.reading)
            views.push_back({&round.reading->info, round.window});
        else if (round.isNeeded()) {
            views.push_back({&nothing, &unwatched});
            missing = {round.node.name() + ": " + (round.fault ? round.fault->detail : std::string("no answer")), round.fault ? round.fault->hint : std::string()};
        }
    }
    FactBatch windows;
    FactWriter writer(windows, NodeProbe::kFastBudget, missing);
    addWindowFacts(writer, views);
    for (auto &fact : windows.facts) {
        std::erase_if(batch.facts, [&fact](const Fact &old) { return old.name == fact.name; });
        batch.facts.push_back(std::move(fact));
    }
}

} // namespace

FactBatch mergedFacts(const std::string &source, Stamp at, const std::vector<NodeRound> &nodes)
{
    FactBatch batch{source, at, {}};
    const Merger merger(nodes);
    const auto sum = merger.merged("redis.keys", {"redis.keys", Merge::Sum, true}, 0);
    const auto keys = asNumber(sum) ? *asNumber(sum) : 0;
    for (const auto &[name, sample] : samplesOf(nodes)) {
        const auto rule = ruleOf(*sample);
        if (rule.how == Merge::Drop)
            continue;
        std::string evidence;
        for (const auto &round : nodes) {
            if (const auto *fact = Merger::factOf(round, name); fact && !asTable(fact->value))
                evidence += round.node.name() + ": " + shown(fact->value) + "\n";
        }
        batch.add(name, merger.merged(name, rule, keys), sample->unit, sample->budget, clamp(evidence));
    }
    addWindows(batch, nodes);
    return batch;
}

} // namespace muster::redis
