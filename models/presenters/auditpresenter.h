// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"
#include "models/ports/auditlog.h"

#include <vector>

/// The audit log as rows: one line an action, its intent joined with its outcome. Pure.
namespace muster::audit {

[[nodiscard]] std::vector<RowColumn> columns();
[[nodiscard]] std::vector<Row> rows(const std::vector<AuditEntry> &entries);
/// "chain intact, 124 lines" or "broken at line 17: ...".
[[nodiscard]] QString chainText(const AuditVerdict &verdict);

} // namespace muster::audit
