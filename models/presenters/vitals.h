// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/presenters/pagespec.h"

#include <string>
#include <string_view>
#include <vector>

namespace muster {

class SeriesBook;

/// The vitals of one source as rows: label, value now, its trend, its age.
namespace vitals {

inline constexpr qint64 kTrend = 300'000; ///< ms that the sparkline covers

[[nodiscard]] std::vector<RowColumn> columns(const PageSpec &spec);
[[nodiscard]] std::vector<Row> rows(const PageSpec &spec, const std::string &source, const Snapshot &snapshot, const SeriesBook &series);
/// Does a source of this id report this fact ("tls.*" belongs to whoever speaks TLS)?
[[nodiscard]] bool belongsTo(std::string_view fact, std::string_view source);

/// Names of the environment's own facts of a source, tables left out.
[[nodiscard]] std::vector<std::string> ownFacts(const std::string &source, const Snapshot &snapshot);

} // namespace vitals
} // namespace muster
