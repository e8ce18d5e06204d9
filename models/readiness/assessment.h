// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

enum class CheckStatus : std::uint8_t { Pass, Warn, Fail, Unknown, Stale, NotApplicable, Waived };
enum class Verdict : std::uint8_t { Ready, AtRisk, NotReady };

/// "pass", "not-applicable", ... : the words of the JSON contract.
[[nodiscard]] std::string_view toString(CheckStatus status);
/// "ready", "at-risk", "not-ready".
[[nodiscard]] std::string_view toString(Verdict verdict);
/// Worst first: Fail, Warn, Unknown, Stale, Pass, Waived, NotApplicable.
[[nodiscard]] int severityRank(CheckStatus status);

/// What is certain at least and possible at most. They meet when everything was measured.
struct Interval {
    double low = 0;
    double high = 0;
    friend bool operator==(const Interval &, const Interval &) = default;
};

/// One check on one instance.
struct Finding {
    std::string instance;           ///< source id, "" when nothing is declared
    CheckStatus status = CheckStatus::Unknown;
    Interval credit;                ///< share of the points, 0-1
    std::string evidence;           ///< value, threshold, object; one sentence, plain text
    std::string hint;               ///< the exact grant or next step where the facts carry one
    std::string raw;                ///< raw material of the deciding fact
    std::vector<std::string> facts; ///< names of the facts that were read
    Millis age{0};                  ///< of the oldest fact that was read
};

/// One check over all its instances: the worst decides.
struct CheckResult {
    std::string id; ///< "database/automated-backups"
    std::string component;
    std::string title;
    std::string group;    ///< "foundation" | "named" | "rest"
    std::string priority; ///< "high" | "medium" | "low"
    std::string tier;     ///< "must" | "should" | "nice"
    std::string effort;   ///< "low" | "medium" | "high"
    std::string page;     ///< the page that shows it: "database", "cache", "backups", "endpoints", "mail", "alerts"
    std::string action;   ///< "backup", "flush", "mail-test" or ""
    std::string remedy;
    double points = 0;    ///< as the profile says
    double gain = 0;      ///< points of the total score that a pass would add at the low end now
    CheckStatus status = CheckStatus::Unknown;
    Interval earned;      ///< points
    std::vector<Finding> findings; ///< worst first; at least one
    std::string waiver;   ///< "ops: internal users only, until 2027-03-31" when waived, else ""

    [[nodiscard]] const Finding &worst() const { return findings.front(); }
};

struct ComponentResult {
    std::string id;
    std::string title;
    double weight = 0;   ///< 0-1
    double target = 0;   ///< 0-100
    double review = 0;   ///< where the review found it
    Interval score;      ///< 0-100
    double measured = 1; ///< share of its points that is known
};

struct GateResult {
    std::string id;
    std::string title;
    CheckStatus status = CheckStatus::Pass; ///< Fail caps the verdict at NOT READY, Unknown at AT RISK
    std::string reason; ///< in words; "" when passed
    std::string page;
};

struct CriterionResult {
    std::string id;
    std::string title;
    CheckStatus status = CheckStatus::Unknown;
    std::vector<std::string> checks;
    std::string evidence;
};

/// The whole judgement of one snapshot. A pure function of profile, facts and waivers.
struct Assessment {
    WallTime at{};
    Verdict verdict = Verdict::NotReady;
    Interval score; ///< 0-100
    double measured = 0;
    std::vector<GateResult> gates; ///< all of them, failing first
    std::vector<ComponentResult> components;
    std::vector<CheckResult> checks; ///< in the profile's order
    std::vector<CriterionResult> criteria;
    Millis oldestAge{0}; ///< since the source that was heard from longest ago, of those that count

    [[nodiscard]] const CheckResult *check(std::string_view id) const;
};

} // namespace muster
