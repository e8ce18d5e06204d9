// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/readiness/assessment.h"

#include <string>
#include <vector>

namespace muster::report {

/// One quoted cell (RFC 4180) that no spreadsheet takes for a formula.
[[nodiscard]] std::string csvCell(const std::string &untrusted);
/// One row for each check and instance.
[[nodiscard]] std::string findingsToCsv(const Assessment &assessment);
/// Facts, one a line; `prefixes` empty = all of them.
[[nodiscard]] std::string factsToCsv(const Snapshot &snapshot, const std::vector<std::string> &prefixes);

} // namespace muster::report
