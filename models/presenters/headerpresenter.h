// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/facts/factbook.h"
#include "models/presenters/series.h"
#include "models/readiness/assessment.h"

#include <QString>

#include <span>
#include <vector>

namespace muster {

/// What the header says, on every page. Pure.
struct HeaderText {
    QString kind;      ///< "PRODUCTION"
    QString name;      ///< "shop"
    Verdict verdict = Verdict::NotReady;
    QString verdictWord; ///< "NOT READY", or "MEASURING" before anything was
    QString gates;     ///< "3 gates: backup, HTTPS, slot"
    QString score;     ///< "89.9–90.4"
    QString measured;  ///< "98 % measured"
    QString oldest;    ///< "oldest fact 6 s"
    bool isMeasured = false; ///< false until one source has reported
    friend bool operator==(const HeaderText &, const HeaderText &) = default;
};

[[nodiscard]] HeaderText headerText(const EnvironmentInfo &environment, const Snapshot &snapshot, const Assessment &assessment);

/// One source in the status bar: "postgres/primary 2 s".
struct SourceAge {
    QString id;
    QString text;
    QString tip;
    CheckStatus status = CheckStatus::Unknown;
    friend bool operator==(const SourceAge &, const SourceAge &) = default;
};
[[nodiscard]] std::vector<SourceAge> sourceAges(const Snapshot &snapshot);

/// "clock in step (±0.1 s)" from the skews that sources report; "" when none does.
[[nodiscard]] QString clockText(const Snapshot &snapshot);

/// "was 96.8 until 22:41 UTC" where the score was higher in these points; "" else.
[[nodiscard]] QString dropText(std::span<const SeriesPoint> points, double current);

/// "Read-only · Arm…" or "Armed 14:32 · Disarm".
[[nodiscard]] QString armText(bool isArmed, Millis left);

} // namespace muster
