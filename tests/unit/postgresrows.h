// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

/// Small makers for the tests of what PostgreSQL's rows mean.
namespace muster::test {

inline postgres::Rows rowsOf(std::vector<std::string> columns, std::vector<std::vector<std::optional<std::string>>> rows)
{
    return { std::move(columns), std::move(rows) };
}

/// One row from name and value pairs.
inline postgres::Rows oneRow(const std::vector<std::pair<std::string, std::optional<std::string>>> &cells)
{
    postgres::Rows rows;
    rows.rows.emplace_back();
    for (const auto &[name, value] : cells) {
        rows.columns.push_back(name);
        rows.rows[0].push_back(value);
    }
    return rows;
}

inline const Fact *find(const FactBatch &batch, const std::string &name)
{
    const auto found = std::ranges::find(batch.facts, name, &Fact::name);
    return found == batch.facts.end() ? nullptr : &*found;
}

/// −1 when the fact is absent or no number.
inline double numberOf(const FactBatch &batch, const std::string &name)
{
    const Fact *fact = find(batch, name);
    const double *number = fact ? asNumber(fact->value) : nullptr;
    return number ? *number : -1;
}

inline bool isTrue(const FactBatch &batch, const std::string &name)
{
    const Fact *fact = find(batch, name);
    const bool *truth = fact ? asTruth(fact->value) : nullptr;
    return truth && *truth;
}

inline bool isFalse(const FactBatch &batch, const std::string &name)
{
    const Fact *fact = find(batch, name);
    const bool *truth = fact ? asTruth(fact->value) : nullptr;
    return truth && !*truth;
}

inline std::string textOf(const FactBatch &batch, const std::string &name)
{
    const Fact *fact = find(batch, name);
    const std::string *text = fact ? asText(fact->value) : nullptr;
    return text ? *text : std::string();
}

inline Table tableOf(const FactBatch &batch, const std::string &name)
{
    const Fact *fact = find(batch, name);
    const Table *table = fact ? asTable(fact->value) : nullptr;
    return table ? *table : Table();
}

/// "" when the fact is not unknown.
inline std::string unknownReason(const FactBatch &batch, const std::string &name)
{
    const Fact *fact = find(batch, name);
    const auto *unknown = fact ? std::get_if<Unknown>(&fact->value) : nullptr;
    return unknown ? unknown->reason : std::string();
}

inline std::string unknownHint(const FactBatch &batch, const std::string &name)
{
    const Fact *fact = find(batch, name);
    const auto *unknown = fact ? std::get_if<Unknown>(&fact->value) : nullptr;
    return unknown ? unknown->hint : std::string();
}

inline bool isNotApplicable(const FactBatch &batch, const std::string &name)
{
    const Fact *fact = find(batch, name);
    return fact && std::holds_alternative<NotApplicable>(fact->value);
}

/// A batch with its writer and the context of a PostgreSQL 15 that "oncall" looks at.
struct FactBench {
    postgres::Target target;
    postgres::ConnectionInfo info;
    FactBatch batch;
    postgres::FactWriter facts{ batch, Millis{ 30000 } };
    bool isStandby = false;

    FactBench()
    {
        info.serverVersion = 150018;
        info.serverVersionText = "15.18 (Debian 15.18-1)";
        info.user = "oncall";
    }
    [[nodiscard]] postgres::Context context() const
    {
        return { target, info, Stamp{ std::chrono::sys_days(std::chrono::year{ 2026 } / 8 / 1), {} }, isStandby };
    }
};

} // namespace muster::test
