// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/historystore.h"

#include <string>
#include <vector>

/// The history on a terminal, and for other tools.
namespace muster::report {

/// "2026-01-31 12:00:00 UTC  96.8 → 95.8  NOT READY", the checks and gates that dropped it under each.
[[nodiscard]] std::string dropsToTable(const std::vector<HistoryDrop> &drops);
[[nodiscard]] std::string dropsToJson(const std::vector<HistoryDrop> &drops);
[[nodiscard]] std::string seriesToTable(const std::string &name, const std::vector<HistoryPoint> &points);
[[nodiscard]] std::string seriesToJson(const std::string &name, const std::vector<HistoryPoint> &points);

/// "96.8 → 95.8", and the verdict where it changed: one drop in a line, without its time.
[[nodiscard]] std::string dropInWords(const HistoryDrop &drop);
/// "−1.2  security/https-enforced: pass → fail: http:// answers 200".
[[nodiscard]] std::string causeInWords(const HistoryEvent &event);

} // namespace muster::report
