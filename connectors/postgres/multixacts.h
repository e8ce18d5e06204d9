// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/rows.h"
#include "connectors/postgres/settings.h"

#include <span>
#include <string>
#include <string_view>

namespace muster::postgres {

// The members of multixacts are numbered with 32 bits until 18, and run out independently of the multixact ids: many transactions that lock
// the same rows use them up while mxid_age() is small (https://www.postgresql.org/docs/current/routine-vacuuming.html).

[[nodiscard]] std::span<const std::string_view> factsOfMembers();
/// By the files that are there, where this role may list them. Otherwise what was ever written, as long as the number of multixacts proves
/// that the numbering has not begun anew.
[[nodiscard]] std::string membersSql(const Rights &rights);
void addMemberFacts(const Rows &rows, const Context &context, FactWriter &facts);

} // namespace muster::postgres
