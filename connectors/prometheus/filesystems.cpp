// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/promfacts.h"
#include "models/format/format.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

/// What is free on the declared filesystems, and how long it lasts: from node-exporter's series. SQL cannot tell.
namespace muster::prometheus {

namespace {

using Key = std::pair<std::string, std::string>; // instance, mount

constexpr std::size_t kMountsNamed = 8;

/// Above this share nothing is said to fill: a restore or a backup falls for an hour and ends. The limit of node-exporter's own alerts.
constexpr double kTrendBelow = 0.4;

struct Seen {
    Filesystem filesystem;
    double free = 0;            ///< B
    double size = 0;            ///< B
    std::optional<double> rate; ///< B/s over six hours; negative while it fills; nothing without an hour of samples

    [[nodiscard]] double ratio() const { return free / size; }
    [[nodiscard]] bool isTight() const { return ratio() < kTrendBelow; }
    /// s, infinite while it does not fill.
    [[nodiscard]] double timeToFull() const { return rate && *rate < 0 ? free / -*rate : std::numeric_limits<double>::infinity(); }
    [[nodiscard]] std::string words() const { return filesystem.mount + " at " + filesystem.instance + " (" + format::size(free) + " of " + format::size(size) + ')'; }
};

std::string quoted(const std::string &text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        result += c;
    }
    return result + '"';
}

std::string selector(const std::string &metric, const Filesystem &filesystem)
{
    return metric + "{instance=" + quoted(filesystem.instance) + ",mountpoint=" + quoted(filesystem.mount) + '}';
}

/// One expression for all of them, with one answer each.
std::string query(const std::vector<Filesystem> &filesystems, const std::function<std::string(const Filesystem &)> &one)
{
    std::string united;
    for (const auto &filesystem : filesystems)
        united += (united.empty() ? "" : " or ") + one(filesystem);
    return "min by (instance, mountpoint) (" + united + ')';
}

std::string labelOf(const Sample &sample, const char *name)
{
    const auto it = sample.labels.find(name);
    return it == sample.labels.end() ? std::string() : it->second;
}

std::map<Key, double> byKey(const QueryResult &result)
{
    std::map<Key, double> values;
    for (const auto &sample : result.samples) {
        if (std::isfinite(sample.value))
            values[{labelOf(sample, "instance"), labelOf(sample, "mountpoint")}] = sample.value;
    }
    return values;
}

void addInstead(FactBatch &batch, const Value &why)
{
    for (const auto &[name, unit] : {std::pair{"prometheus.filesystems", ""}, std::pair{"prometheus.filesystems_seen", ""}, std::pair{"prometheus.filesystem_free_ratio", "ratio"},
                                     std::pair{"prometheus.filesystem_tightest", ""}, std::pair{"prometheus.filesystem_time_to_full", "s"},
                                     std::pair{"prometheus.filesystem_filling", ""}})
        batch.add(name, why, unit, kBudget);
}

/// Whoever misspelt a mount sees those that there are.
std::string mountsKnown(PromClient &client, Deadline deadline)
{
    const auto result = client.query("group by (instance, mountpoint) (node_filesystem_avail_bytes)", deadline);
    std::string words;
    for (std::size_t i = 0; result && i < std::min(result->samples.size(), kMountsNamed); ++i)
        words += (i > 0 ? ", " : "Prometheus has ") + labelOf(result->samples[i], "mountpoint") + " at " + labelOf(result->samples[i], "instance");
    if (words.empty())
        return "Prometheus has no such series now: is node-exporter scraped?";
    return clamp(words, 500) + (result->samples.size() > kMountsNamed ? ", and others" : "");
}

void addTable(FactBatch &batch, const std::vector<Seen> &seen, const std::string &raw)
{
    auto table = tableOf({{"instance", ""}, {"mount", ""}, {"free", "B"}, {"size", "B"}, {"free_ratio", "ratio"}, {"rate", "B/s"}, {"time_to_full", "s"}});
    for (const auto &one : seen) {
        const auto left = one.timeToFull();
        addRow(table, {one.filesystem.instance, one.filesystem.mount, one.free, one.size, one.ratio(), one.rate ? Cell(*one.rate) : Cell(), std::isfinite(left) ? Cell(left) : Cell()});
    }
    batch.add("prometheus.filesystems", std::move(table), "", kBudget, raw);
}

/// How long the tight ones last; those with room are left out.
void addTimeToFull(FactBatch &batch, const std::vector<Seen> &seen, const std::string &raw)
{
    const auto add = [&](const Value &time, const Value &words) {
        batch.add("prometheus.filesystem_time_to_full", time, "s", kBudget, raw);
        batch.add("prometheus.filesystem_filling", words, "", kBudget);
    };
    const auto first = std::ranges::min_element(seen, {}, [](const Seen &one) { return one.isTight() ? one.timeToFull() : std::numeric_limits<double>::infinity(); });
    if (std::ranges::none_of(seen, &Seen::isTight)) {
        const NotApplicable why{"more than " + format::ratio(kTrendBelow) + " is free everywhere"};
        return add(why, why);
    }
    if (first->isTight() && std::isfinite(first->timeToFull()))
        return add(first->timeToFull(), first->words());
    const auto young = std::ranges::find_if(seen, [](const Seen &one) { return one.isTight() && !one.rate; });
    if (young != seen.end()) {
        const Unknown why{"no hour of samples yet of " + young->filesystem.mount + " at " + young->filesystem.instance, {}};
        return add(why, why);
    }
    const NotApplicable why{"nothing fills"};
    add(why, why);
}

} // namespace

void addFilesystemFacts(FactBatch &batch, PromClient &client, const Target &target, Deadline deadline)
{
    const auto &declared = target.filesystems;
    if (declared.empty())
        return addInstead(batch, NotApplicable{"no filesystem is declared"});
    const auto freeQuery = query(declared, [](const Filesystem &one) { return selector("node_filesystem_avail_bytes", one); });
    const auto sizeQuery = query(declared, [](const Filesystem &one) { return selector("node_filesystem_size_bytes", one); });
    const auto rateQuery = query(declared, [](const Filesystem &one) {
        const auto free = selector("node_filesystem_avail_bytes", one);
        return "(deriv(" + free + "[6h]) and " + free + " offset 1h)";
    });
    const auto free = client.query(freeQuery, deadline);
    const auto size = free ? client.query(sizeQuery, deadline) : free;
    const auto rate = size ? client.query(rateQuery, deadline) : size;
    if (!rate)
        return addInstead(batch, Unknown{rate.error().detail, rate.error().hint});

    const auto frees = byKey(*free);
    const auto sizes = byKey(*size);
    const auto rates = byKey(*rate);
    std::vector<Seen> seen;
    std::string missing;
    for (const auto &one : declared) {
        const Key key{one.instance, one.mount};
        if (frees.contains(key) && sizes.contains(key) && sizes.at(key) > 0)
            seen.push_back({one, frees.at(key), sizes.at(key), rates.contains(key) ? std::optional(rates.at(key)) : std::nullopt});
        else
            missing += (missing.empty() ? "" : ", ") + one.mount + " at " + one.instance;
    }
    const Value absent = missing.empty() ? Value(true) : Value(Unknown{"node-exporter's series are missing: " + clamp(missing, 300), mountsKnown(client, deadline)});
    if (seen.empty())
        return addInstead(batch, absent);
    batch.add("prometheus.filesystems_seen", absent, "", kBudget);
    addTable(batch, seen, clamp(freeQuery + '\n' + sizeQuery));
    const auto tightest = std::ranges::min_element(seen, {}, &Seen::ratio);
    batch.add("prometheus.filesystem_free_ratio", tightest->ratio(), "ratio", kBudget, clamp(freeQuery + '\n' + sizeQuery));
    batch.add("prometheus.filesystem_tightest", tightest->words(), "", kBudget);
    addTimeToFull(batch, seen, clamp(rateQuery));
}

} // namespace muster::prometheus
