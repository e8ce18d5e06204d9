// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/items/rowsmodel.h"
#include "models/ports/action.h"

#include <QString>

#include <optional>
#include <string>
#include <vector>

/// What the sheet of an action says and enables. Pure; the rules themselves are the runner's (it refuses what must not run).
namespace muster::plan {

/// May Run be pressed now, and if not, why not: a sentence.
struct Permission {
    bool isAllowed = false;
    QString why;
};
[[nodiscard]] Permission permission(const Plan &plan, const EnvironmentInfo &environment, bool isArmed, const QString &typedName, BootTime now);

/// "expires in 42 s" or "expired".
[[nodiscard]] QString expiry(const Plan &plan, BootTime now);
/// "Delete", "Run backup", "Send": the verb on the button.
[[nodiscard]] QString runLabel(const Plan &plan);

[[nodiscard]] std::vector<RowColumn> checkColumns();
[[nodiscard]] std::vector<Row> checkRows(const Plan &plan);
[[nodiscard]] std::vector<RowColumn> lineColumns(const QString &title);
[[nodiscard]] std::vector<Row> lineRows(const std::vector<PlanLine> &lines);

/// "deleting · 12 000 of 200 000 keys · 6 %"; without a total no share is claimed.
[[nodiscard]] QString progressText(const Progress &progress);
/// 0-1000, or nullopt when no total is known.
[[nodiscard]] std::optional<int> progressPermille(const Progress &progress);

/// The word for an outcome: "Done and verified", "Outcome unknown" ...
/// `action` as Plan::action: a mail that a relay took is accepted, not delivered.
[[nodiscard]] QString outcomeTitle(OutcomeKind kind, const std::string &action);
[[nodiscard]] CheckStatus outcomeStatus(OutcomeKind kind);
/// Whole outcome as text for the clipboard.
[[nodiscard]] QString outcomeText(const Plan &plan, const Outcome &outcome);

} // namespace muster::plan
