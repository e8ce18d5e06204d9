// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDate>
#include <QString>

namespace muster::waiver {

/// What to paste into the environment file, as valid JSON whatever was typed:
///   "waivers": [ { "check": "performance/cdn", "owner": "ops",
///                  "reason": "internal users only", "until": "2027-03-31" } ]
[[nodiscard]] QString snippet(const QString &check, const QString &owner, const QString &reason, const QDate &until);

} // namespace muster::waiver
