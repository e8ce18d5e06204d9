// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"
#include "models/ports/historystore.h"
#include "models/presenters/series.h"
#include "models/readiness/assessment.h"

#include <QString>

#include <optional>
#include <string>
#include <vector>

/// The history as lines, rows and words. Pure; all text is plain and clamped.
namespace muster::past {

/// What one reading of the store gave.
struct Reading {
    qint64 from = 0; ///< ms since the epoch, UTC
    qint64 to = 0;
    std::vector<SeriesPoint> low;
    std::vector<SeriesPoint> high;
    std::vector<std::pair<std::string, std::vector<SeriesPoint>>> components; ///< by id, in the profile's order
    std::vector<HistoryDrop> drops;   ///< oldest first
    std::vector<HistoryEvent> events; ///< oldest first
    std::string notice;               ///< what happened to the store, or ""
    std::optional<Fault> fault;       ///< of the first part that could not be read
};

/// Blocks on the disk: not for the GUI thread.
[[nodiscard]] Reading read(const HistoryStore &store, const std::vector<std::string> &components, qint64 from, qint64 to);

/// "24 h", "30 d", "1 y".
[[nodiscard]] QString spanText(qint64 span);

/// What must be known before the chart is believed: the fault, what happened to the store, that nothing or less than asked for is recorded. "" = all is well.
[[nodiscard]] QString note(const Reading &reading);

[[nodiscard]] std::vector<RowColumn> dropColumns();
/// Newest first. A key is "drop:" and the time in ms.
[[nodiscard]] std::vector<Row> dropRows(const std::vector<HistoryDrop> &drops, const Assessment &assessment);
/// "3 drops in 24 h", "The score did not drop in 24 h".
[[nodiscard]] QString dropSummary(const Reading &reading);
/// The one of a row's key, null when there is none.
[[nodiscard]] const HistoryDrop *dropOf(const std::vector<HistoryDrop> &drops, const QString &key);
/// The check or gate that cost most; "" when none is known.
[[nodiscard]] QString causeOf(const HistoryDrop &drop);

[[nodiscard]] std::vector<RowColumn> eventColumns();
/// Newest first. A key is the time in ms, "/" and the check's or gate's id.
[[nodiscard]] std::vector<Row> eventRows(const std::vector<HistoryEvent> &events, const Assessment &assessment);

} // namespace muster::past
