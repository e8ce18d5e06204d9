// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"
#include "connectors/postgres/settings.h"

#include <map>
#include <string>
#include <vector>

namespace muster::postgres {

/// One entry of pg_stat_statements; times in seconds.
struct Statement {
    std::string key; ///< user, database and query id
    std::string user;
    std::string database;
    std::string query;
    double calls = 0;
    double total = 0;
    double rows = 0;
};

struct StatementSample {
    std::string life; ///< postmaster start and reset: another one means that the counters began anew
    std::map<std::string, Statement> statements;
};

/// "mean_exec_time", or what it was called before 1.8.
[[nodiscard]] std::string meanColumn(const Rights &rights);
/// Names of columns go by the extension's version, since an upgraded server may keep the old one.
[[nodiscard]] std::string statementsSql(int version, const Rights &rights);
[[nodiscard]] StatementSample parseStatements(const Rows &rows, std::string life);
/// What ran between two samples; everything since the reset where there is no earlier one of the same life.
[[nodiscard]] std::vector<Statement> statementsBetween(const StatementSample &before, const StatementSample &now);
void addStatementFacts(const std::vector<Statement> &window, const std::string &windowText, FactWriter &facts);

constexpr double kMinCalls = 50;

} // namespace muster::postgres
