// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/readiness/assessment.h"

#include <optional>
#include <string>
#include <string_view>

/// One fact of one source, or why it cannot be used. Private to the judge.
namespace muster::readiness {

inline constexpr Interval kAll{ 1, 1 };
inline constexpr Interval kNone{ 0, 0 };
inline constexpr Interval kOpen{ 0, 1 }; ///< nothing is known

[[nodiscard]] Finding finding(CheckStatus status, Interval credit, std::string evidence);

/// A fact that can be used, or the finding that stands in its place.
struct Reading {
    const Observed *observed = nullptr;
    std::optional<Finding> instead;
    bool isFault = false;
};

/// In fault, unmeasured, stale, unknown and not applicable are told apart; each says so in its own words.
[[nodiscard]] Reading read(const Snapshot &snapshot, const std::string &source, const std::string &fact);
/// The reading of any fact of a source in fault.
[[nodiscard]] Reading unusable(const SourceState &state);
[[nodiscard]] Finding unmeasured(const SourceState *state, std::string_view source, std::string_view fact);

} // namespace muster::readiness
