// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/query.h"

#include <span>
#include <string_view>

namespace muster::postgres {

// Tables of things that are few in a healthy server; each is cut at its limit and says so.

/// Everything that keeps dead rows from being removed, the oldest first: sessions, prepared transactions, slots, standbys with feedback.
[[nodiscard]] const Query &horizonQuery();
void addHorizonFacts(const Rows &rows, FactWriter &facts);

/// VACUUM, ANALYZE, CREATE INDEX, CLUSTER, COPY and base backups that run now.
[[nodiscard]] const Query &progressQuery(int version);
void addProgressFacts(const Rows &rows, FactWriter &facts);

[[nodiscard]] std::span<const std::string_view> factsOfHorizon();
[[nodiscard]] std::span<const std::string_view> factsOfProgress();

} // namespace muster::postgres
