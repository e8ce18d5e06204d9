// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/presenters/detail.h"

#include <optional>
#include <string>
#include <vector>

/// Sessions of one PostgreSQL as rows and details. Pure; reads the fact table "postgres.sessions".
namespace muster::sessions {

/// "4711": a row's key.
[[nodiscard]] QString keyOf(const Table &sessions, std::size_t row);
[[nodiscard]] std::optional<std::size_t> rowOf(const Table &sessions, const QString &key);
/// "shop@orders, api".
[[nodiscard]] QString who(const Table &sessions, std::size_t row);
/// Pids of "blocked_by"; 0 is a prepared transaction.
[[nodiscard]] std::vector<qint64> blockersOf(const Table &sessions, std::size_t row);

[[nodiscard]] std::vector<RowColumn> columns();
/// Blockers, waiters, the oldest transactions, what runs; the idle ones by pid, so that they stay where they are from one round to the next.
[[nodiscard]] std::vector<Row> rows(const Table &sessions);

/// Cancel and terminate of one session of `instance`; none for a console's own.
[[nodiscard]] std::vector<Detail::Step> steps(const Table &sessions, std::size_t row, const std::string &instance);
/// Steps for a pid that another table names; what the sessions say of it decides which. Empty without a pid.
[[nodiscard]] std::vector<Detail::Step> stepsOf(qint64 pid, const Table *sessions, const std::string &instance);
/// All of a session; when it is not in the list any more, just that.
[[nodiscard]] Detail detailOf(const Observed &observed, const QString &key, const std::string &instance);

} // namespace muster::sessions
