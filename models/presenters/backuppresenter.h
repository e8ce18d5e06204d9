// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"
#include "models/presenters/detail.h"

#include <QStringList>

#include <optional>
#include <string>
#include <vector>

/// The backups of a set as rows, ladders and words. Pure; reads the fact table "backup.backups".
namespace muster::backups {

/// "finished", "complete", "verified", "restored".
[[nodiscard]] QStringList rungNames();
[[nodiscard]] Ladder ladderOf(const std::string &rung);
[[nodiscard]] CheckStatus statusOf(const std::string &rung);

[[nodiscard]] std::vector<RowColumn> columns();
/// Keyed by the backup's id.
[[nodiscard]] std::vector<Row> rows(const Table &table);
/// One backup, with the step that reads back exactly this one. Empty when it is gone.
[[nodiscard]] Detail detailOf(const Observed &observed, const QString &id, const std::string &set);

/// What was measured of the finished ones, oldest first; NaN where it is not known.
struct History {
    std::vector<double> sizes;     ///< B
    std::vector<double> durations; ///< s
    QStringList names;             ///< id and when
};
[[nodiscard]] History historyOf(const Table &table);

/// The age of the newest usable backup as a share of the window.
struct WindowAge {
    double share = 0; ///< over 1 = too old
    QString text;
    CheckStatus status = CheckStatus::Unknown;
};
[[nodiscard]] std::optional<WindowAge> windowAge(const Snapshot &snapshot, const std::string &source);

} // namespace muster::backups
