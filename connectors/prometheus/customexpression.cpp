// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/customexpression.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace muster::prometheus {

namespace {

constexpr std::size_t kLabels = 7;

/// Labels that do not have the same value everywhere, in order.
std::vector<std::string> tellingLabels(const std::vector<Sample> &samples)
{
    std::map<std::string, std::set<std::string>> values;
    std::map<std::string, std::size_t> bearers;
    for (const auto &sample : samples) {
        for (const auto &[name, value] : sample.labels) {
            values[name].insert(value);
            ++bearers[name];
        }
    }
    std::vector<std::string> telling;
    for (const auto &[name, seen] : values) {
        if ((seen.size() > 1 || bearers[name] < samples.size()) && telling.size() < kLabels)
            telling.push_back(name);
    }
    return telling;
}

Cell cellOf(double value)
{
    return std::isnan(value) ? Cell() : Cell(value);
}

} // namespace

Value customValue(const QueryResult &result, const std::string &unit)
{
    const auto &samples = result.samples;
    if (samples.empty())
        return Unknown{"the expression gives no series", {}};
    if (samples.size() == 1)
        return std::isnan(samples.front().value) ? Value(Unknown{"the expression gives NaN (a division by nothing, for instance)", {}}) : Value(samples.front().value);
    Table table;
    table.limit = CustomFacts::kRows;
    const auto labels = tellingLabels(samples);
    for (const auto &label : labels)
        table.columns.push_back({clamp(label, 64), {}});
    table.columns.push_back({"value", unit});
    for (const auto &sample : samples) {
        if (table.rows.size() == table.limit) {
            table.isTruncated = true;
            break;
        }
        auto &row = table.rows.emplace_back();
        for (const auto &label : labels) {
            const auto at = sample.labels.find(label);
            row.push_back(at == sample.labels.end() ? Cell() : Cell(at->second));
        }
        row.push_back(cellOf(sample.value));
    }
    return table;
}

std::expected<CustomAnswer, Fault> askCustom(PromClient &client, const CustomFact &fact, Deadline deadline)
{
    const auto result = client.query(fact.question.front(), deadline);
    if (!result)
        return std::unexpected(result.error());
    std::string warnings;
    for (const auto &warning : result->warnings)
        warnings += "Prometheus warns: " + warning + "\n";
    return CustomAnswer{customValue(*result, fact.unit), std::move(warnings)};
}

} // namespace muster::prometheus
