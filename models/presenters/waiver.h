// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"
#include "models/items/rowsmodel.h"
#include "models/readiness/assessment.h"
#include "models/readiness/profile.h"
#include "models/readiness/readiness.h"

#include <QDate>
#include <QString>

#include <cstdint>
#include <string>
#include <vector>

/// Waivers as rows, words and a form. Pure. Days are UTC.
namespace muster::waiver {

/// What the form holds.
struct Draft {
    QString check;
    QString owner;
    QString reason;
    QDate until; ///< last day it holds
};

enum class Field : std::uint8_t { Check, Owner, Reason, Until };

struct Problem {
    Field field = Field::Check;
    QString text;
};

inline constexpr int kMostLength = 200; ///< characters of owner and reason

/// What keeps it from being written, in the order of the form. Empty: it may be.
[[nodiscard]] std::vector<Problem> problems(const Draft &draft, const Profile &profile, const QDate &today);
/// Trimmed. Of a draft without problems.
[[nodiscard]] readiness::Waiver toWaiver(const Draft &draft);
[[nodiscard]] Draft draftOf(const readiness::Waiver &waiver);

/// The one of the check, null when there is none. The last one, where somebody wrote two.
[[nodiscard]] const readiness::Waiver *find(const std::vector<readiness::Waiver> &waivers, const std::string &check);
[[nodiscard]] bool isEnded(const readiness::Waiver &waiver, WallTime now);
/// "126 d left", "ends today", "ended 24 d ago: void".
[[nodiscard]] QString endText(const readiness::Waiver &waiver, WallTime now);

/// Keys are the checks' ids; a second one of the same check has "#2" behind it. Ended ones first, then by end.
[[nodiscard]] std::vector<RowColumn> columns();
[[nodiscard]] std::vector<Row> rows(const std::vector<readiness::Waiver> &waivers, const Assessment &assessment);
/// "2 waivers hold, 1 has ended and is void".
[[nodiscard]] QString summary(const std::vector<readiness::Waiver> &waivers, WallTime now);

/// What to paste into the environment file, as valid JSON whatever was typed:
///   "waivers": [ { "check": "performance/cdn", "owner": "ops",
///                  "reason": "internal users only", "until": "2027-03-31" } ]
[[nodiscard]] QString snippet(const Draft &draft);

} // namespace muster::waiver
