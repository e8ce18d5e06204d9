// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"
#include "models/readiness/assessment.h"
#include "models/readiness/roadmap.h"

#include <QString>

#include <set>
#include <string>
#include <vector>

/// The plan to 100 as rows and words: what is left, what-if beside today, the path. Pure; all text is plain and clamped.
namespace muster::readiness {

/// What is left, ranked by gain per effort, with a what-if switch each. The gain is in points of the overall score.
[[nodiscard]] std::vector<RowColumn> planColumns();
[[nodiscard]] std::vector<Row> planRows(const Assessment &assessment, const std::set<std::string> &fixed);

/// One line of "today" beside "if fixed".
struct Comparison {
    QString id; ///< "score" | "measured" | "verdict" | "gates" | "criteria"
    QString label;
    QString today;
    QString then;
    QString todayTip; ///< "" = none
    QString thenTip;
    bool hasMoved = false;
};
[[nodiscard]] std::vector<Comparison> comparison(const Assessment &today, const Assessment &then);

/// Where a phase of the path ends.
struct Milestone {
    std::size_t step = 0;
    QString label; ///< "87.3": what is certain then
    QString title; ///< "now", "if fixed", "foundation", "named items", "all"
};
[[nodiscard]] std::vector<Milestone> milestones(const std::vector<PathStep> &steps);
/// "87.3 now → 96.8 named items → 100.0 all".
[[nodiscard]] QString pathSummary(const std::vector<PathStep> &steps);
/// "3 of 21 · HTTPS enforced +1.00 → 92.1 AT RISK".
[[nodiscard]] QString stepText(const std::vector<PathStep> &steps, std::size_t step);
/// The summary and every step, one a line: what the chart says to those who do not see it.
[[nodiscard]] QString pathText(const std::vector<PathStep> &steps);

} // namespace muster::readiness
