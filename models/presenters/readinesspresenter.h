// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/ports/historystore.h"
#include "models/readiness/assessment.h"

#include <QString>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

/// The judgement as rows and words. Pure; all text is plain and clamped.
namespace muster::readiness {

/// The word that stands beside every icon and colour: "failed", "warning", "unknown" ...
[[nodiscard]] QString statusWord(CheckStatus status);

/// What is wrong now: failing gates first, then checks that fail, warn, are unknown or stale, by what they cost. `page` "" = all.
[[nodiscard]] std::vector<RowColumn> findingColumns();
[[nodiscard]] std::vector<Row> findingRows(const Assessment &assessment, const std::string &page);

/// Components as bullet bars; `trend` gives the sparkline of a component.
[[nodiscard]] std::vector<RowColumn> componentColumns();
[[nodiscard]] std::vector<Row> componentRows(const Assessment &assessment, const std::function<Sparkline(const std::string &)> &trend);

/// What is left on the way to 100, ranked by gain per effort, with a what-if switch each.
[[nodiscard]] std::vector<RowColumn> planColumns();
[[nodiscard]] std::vector<Row> planRows(const Assessment &assessment, const std::set<std::string> &fixed);

[[nodiscard]] std::vector<RowColumn> criteriaColumns();
[[nodiscard]] std::vector<Row> criteriaRows(const Assessment &assessment);
[[nodiscard]] int criteriaMet(const Assessment &assessment);

[[nodiscard]] std::vector<RowColumn> checkColumns();
[[nodiscard]] std::vector<Row> checkRows(const Assessment &assessment);

[[nodiscard]] std::vector<RowColumn> eventColumns();
[[nodiscard]] std::vector<Row> eventRows(const std::vector<HistoryEvent> &events, const Assessment &assessment);

/// The badge of a page in the navigation: how many findings, and the worst.
struct Badge {
    int count = 0;
    CheckStatus worst = CheckStatus::Pass;
    friend bool operator==(const Badge &, const Badge &) = default;
};
[[nodiscard]] Badge badge(const Assessment &assessment, const std::string &page);

} // namespace muster::readiness
