// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"

#include <string>
#include <vector>

/// One Redis in a handful of sentences, each with its window and its limit: hits, memory, what leaves, clients, persistence, replication. Pure.
namespace muster::cachestory {

[[nodiscard]] std::vector<RowColumn> columns();
/// A subject without any fact is left out. Keys are "source\x1ffact", so that the detail is that fact.
[[nodiscard]] std::vector<Row> rows(const Snapshot &snapshot, const std::string &source);

/// Prefixes of the sampled keys with the 95 % interval of their share; keyed by the whole prefix.
[[nodiscard]] std::vector<RowColumn> prefixColumns();
[[nodiscard]] std::vector<Row> prefixRows(const Table &prefixes);

/// Commands by their own counters, with the percentiles of the latency histogram where there is one.
[[nodiscard]] std::vector<RowColumn> commandColumns();
[[nodiscard]] std::vector<Row> commandRows(const Table &commands, const Table *latency);

/// Every declared Redis beside the others; keys are source ids.
[[nodiscard]] std::vector<RowColumn> instanceColumns();
[[nodiscard]] std::vector<Row> instanceRows(const Snapshot &snapshot);

} // namespace muster::cachestory
