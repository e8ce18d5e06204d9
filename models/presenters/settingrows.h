// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/presenters/detail.h"

#include <vector>

/// Settings of one PostgreSQL, with what a restart would change first. Pure; reads "postgres.settings" and "postgres.pending_settings".
namespace muster::settingrows {

[[nodiscard]] std::vector<RowColumn> columns();
/// Either may be null.
[[nodiscard]] std::vector<Row> rows(const Table *settings, const Table *pending);
[[nodiscard]] Detail detailOf(const Table *settings, const Table *pending, const QString &key);

} // namespace muster::settingrows
