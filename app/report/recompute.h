// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/readiness/readiness.h"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// Saved reports (JSON of `check` or of the final report) judged again, and compared.
namespace muster::report {

struct SavedCheck {
    std::string id;
    std::string title;
    std::string status;
    Interval earned;
    std::vector<std::string> facts;
};

/// What a saved report says, and what it was made of.
struct SavedReport {
    std::string program;
    std::string environment;
    std::string profileName;
    std::string profileHash;
    std::string verdict;
    Interval score; ///< to six decimals
    std::vector<SavedCheck> checks;
    Snapshot snapshot; ///< with the ages of that moment
    readiness::Context context;
};

/// The error names the JSON path and what was expected.
[[nodiscard]] std::expected<SavedReport, std::string> readReport(std::string_view bytes);

struct Recomputed {
    Assessment assessment;
    bool isSameProfile = false;
    bool isSameResult = false; ///< score and verdict
};

[[nodiscard]] Recomputed recompute(const SavedReport &saved, const Profile &profile);

/// What moved from one to the other in words: verdict, score, checks (with the facts that moved them), then the other facts.
[[nodiscard]] std::string differences(const SavedReport &before, const SavedReport &after);

} // namespace muster::report
