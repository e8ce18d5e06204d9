// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/presenters/detail.h"
#include "models/presenters/pagespec.h"

#include <cstdint>

/// Facts as text and rows. Pure; all text is plain and clamped.
namespace muster::facts {

enum class Freshness : std::uint8_t { Fresh, Stale, Unknown, NotApplicable, NotMeasured };

/// "redis.hit_ratio" → "Hit ratio", "tls.not_after" → "Not after".
[[nodiscard]] QString title(const std::string &fact);

/// A fact as a person reads it. A value past its age budget is not given as a number.
struct Shown {
    Freshness freshness = Freshness::NotMeasured;
    QString text;   ///< "93.1 %", "stale since 3 min", "unknown", "not measured yet"
    QString why;    ///< reason and hint of an unknown, the last value of a stale one
    QString origin; ///< "6 s ago · redis/cache"
    QString tip;    ///< all of it with UTC and local time
};

[[nodiscard]] Shown show(const Observed *observed);
/// The number, when it may be shown as one.
[[nodiscard]] std::optional<double> freshNumber(const Observed *observed);

/// Columns and rows of a table-valued fact.
[[nodiscard]] std::vector<RowColumn> tableColumns(const Table &table, const PageSpec::TableSpec &spec);
[[nodiscard]] std::vector<Row> tableRows(const Table &table, const PageSpec::TableSpec &spec);
/// Which row of the fact has this key; nullopt when it is gone.
[[nodiscard]] std::optional<std::size_t> rowIndex(const Table &table, const PageSpec::TableSpec &spec, const QString &key);
/// Every column of a row that says something, but those named in `but`.
[[nodiscard]] std::vector<Detail::Line> linesOf(const Table &table, std::size_t row, const std::vector<std::string_view> &but = {});
/// The row with this key as a detail: every column, shown or not. Empty when it is gone.
[[nodiscard]] Detail rowDetail(const Observed &observed, const PageSpec::TableSpec &spec, const QString &key);

/// Every fact: source, name, value, age.
[[nodiscard]] std::vector<RowColumn> factColumns();
[[nodiscard]] std::vector<Row> factRows(const Snapshot &snapshot);

} // namespace muster::facts
