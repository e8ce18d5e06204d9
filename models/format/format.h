// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"
#include "models/facts/fact.h"
#include "models/readiness/assessment.h"

#include <string>
#include <string_view>

/// Numbers, ages, sizes and times as an operator reads them. UTF-8, plain text, units said, independent of the locale.
namespace muster::format {

/// "0.25", "12.5", "1 250", "1 250 000": at most `decimals` places, none where they are zero; thousands grouped (U+202F) from 10 000 on.
[[nodiscard]] std::string number(double value, int decimals = 2);
/// "320 µs", "4.2 ms", "2 s", "90 s", "5 min", "31 h", "12 d"; "never" from 3000 years on (models/facts/none.h) and for infinity.
[[nodiscard]] std::string duration(double seconds);
/// Decimal units: "512 B", "3.1 GB".
[[nodiscard]] std::string size(double bytes);
/// "93.1 %". What is not all of it never reads "100.0 %": "> 99.9 %"; what is not nothing never reads "0.0 %": "< 0.1 %".
[[nodiscard]] std::string ratio(double share);
/// "1 index", "2 indexes", "0 indexes".
[[nodiscard]] std::string counted(double count, std::string_view one, std::string_view many);
/// "12.5/s"; what is less than 0.1/s by the minute, the hour or the day: "1/min", "4.2/h".
[[nodiscard]] std::string rate(double perSecond);

/// By the fact's unit ("s", "B", "ratio", "count", "1/s", "B/s", "epoch", "").
[[nodiscard]] std::string value(double number, std::string_view unit);
/// Any value: "yes"/"no", the text made inert, "12 rows", "unknown: no traffic", "not applicable: ...".
[[nodiscard]] std::string value(const Value &value, std::string_view unit);

/// "2 s", "31 h".
[[nodiscard]] std::string age(Millis age);
/// "2 s ago", "just now" under half a second.
[[nodiscard]] std::string ago(Millis age);

/// "87.3", or "76.0–91.0" where the ends differ at one decimal.
[[nodiscard]] std::string score(const Interval &score);
/// "85 % measured"; "" when all of it is.
[[nodiscard]] std::string measured(double share);

/// "2026-01-31 12:00:00 UTC".
[[nodiscard]] std::string utc(WallTime at);
/// "2026-01-31T12:00:00.000Z", the form of the JSON contract.
[[nodiscard]] std::string iso(WallTime at);
/// "2026-01-31 12:00:00 UTC · 13:00:00 CET": for hovers.
[[nodiscard]] std::string utcAndLocal(WallTime at);

/// "pass", "warn" ... as a person reads them: "not applicable".
[[nodiscard]] std::string status(CheckStatus status);
/// "READY", "AT RISK", "NOT READY".
[[nodiscard]] std::string verdict(Verdict verdict);

} // namespace muster::format
