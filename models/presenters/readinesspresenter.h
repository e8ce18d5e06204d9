// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/facts/factbook.h"
#include "models/items/rowsmodel.h"
#include "models/readiness/assessment.h"
#include "models/readiness/finalmetrics.h"

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
/// "must", "should", "nice to have"; "–" for none.
[[nodiscard]] QString tierWord(const std::string &tier);

/// What is wrong now: failing gates first, then checks that fail, warn, are unknown or stale, by what they cost: in points of the overall score. `page` "" = all.
[[nodiscard]] std::vector<RowColumn> findingColumns();
[[nodiscard]] std::vector<Row> findingRows(const Assessment &assessment, const std::string &page);

/// Components as bullet bars; `trend` gives the sparkline of a component.
[[nodiscard]] std::vector<RowColumn> componentColumns();
[[nodiscard]] std::vector<Row> componentRows(const Assessment &assessment, const std::function<Sparkline(const std::string &)> &trend);

[[nodiscard]] std::vector<RowColumn> criteriaColumns();
[[nodiscard]] std::vector<Row> criteriaRows(const Assessment &assessment);
[[nodiscard]] int criteriaMet(const Assessment &assessment);

/// Keys are "metric:ID".
[[nodiscard]] std::vector<RowColumn> metricColumns();
[[nodiscard]] std::vector<Row> metricRows(const std::vector<FinalMetric> &metrics);
[[nodiscard]] int metricsReached(const std::vector<FinalMetric> &metrics);
/// What keeps a metric from being full, worst and dearest first.
[[nodiscard]] std::vector<const CheckResult *> checksBehind(const std::string &metric, const Assessment &assessment);
/// "98", "95–98".
[[nodiscard]] QString expectedText(const Interval &expected);

[[nodiscard]] std::vector<RowColumn> checkColumns();
[[nodiscard]] std::vector<Row> checkRows(const Assessment &assessment);

/// The badge of a page in the navigation: how many findings, and the worst.
struct Badge {
    int count = 0;
    CheckStatus worst = CheckStatus::Pass;
    friend bool operator==(const Badge &, const Badge &) = default;
};
[[nodiscard]] Badge badge(const Assessment &assessment, const std::string &page);

} // namespace muster::readiness
