// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/pgclient.h"
#include "models/facts/customfact.h"

namespace muster::postgres {

/// One statement of the environment's own, in a transaction that the server keeps read-only (25006 when it writes), under its
/// statement_timeout, on the connection that the source has anyway. `detail` of a fault starts with the SQLSTATE.
[[nodiscard]] std::expected<CustomAnswer, Fault> askCustom(PgClient &client, const CustomFact &fact, Deadline deadline);

/// One row with one column is a value; rows of a label and up to seven more columns are a table; everything else is unknown, with words.
[[nodiscard]] Value customValue(const Rows &rows, const std::string &unit);

} // namespace muster::postgres
