// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/readiness/assessment.h"
#include "models/readiness/rule.h"

#include <string>
#include <vector>

/// Rules over a snapshot. Pure.
namespace muster::readiness {

/// True of every source that answered in its last round; the only fact that no connector reports.
inline constexpr std::string_view kAnsweringFact = "source.answering";

/// One rule on one declared source. Facts of another kind ("prometheus.ready" in a rule over postgres) are looked up in every declared
/// source of that kind, and all must hold; tls.* belongs to the source itself.
[[nodiscard]] Finding judge(const Rule &rule, const Snapshot &snapshot, const std::string &source);

/// Is this kind of source a server of production, and not a file or a neighbour?
[[nodiscard]] bool isServer(std::string_view kind);

/// One finding for each declared source of the kind `over` ("*" = every server), worst first. None declared: one failing "not configured".
[[nodiscard]] std::vector<Finding> judgeAll(const Rule &rule, const Snapshot &snapshot, const std::string &over);

/// Status and credit of several findings together: the worst decides, those that do not apply are left out.
[[nodiscard]] Finding combined(const std::vector<Finding> &findings);

} // namespace muster::readiness
