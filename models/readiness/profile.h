// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/rule.h"

#include <QByteArray>

#include <expected>
#include <string>
#include <vector>

namespace muster {

/// A check as the profile declares it. Data, not code.
struct CheckSpec {
    std::string id; ///< "database/automated-backups"
    std::string component;
    std::string title;
    std::string group;    ///< "foundation" | "named" | "rest"
    double points = 0;
    std::string priority; ///< "high" | "medium" | "low" | ""
    std::string tier;     ///< "must" | "should" | "nice" | ""
    std::string effort;   ///< "low" | "medium" | "high"
    std::string page;
    std::string action;
    std::string remedy;
    std::string over;     ///< source kind whose instances are judged one by one; "*" = every server
    Rule rule;
};

struct ComponentSpec {
    std::string id;
    std::string title;
    double weight = 0; ///< all together 1
    double target = 0;
    double review = 0;
};

struct GateSpec {
    std::string id;
    std::string title;
    std::string over;
    std::string page;
    bool isFailedWhenUndeclared = false; ///< no instance of `over` declared: fail instead of pass
    std::string undeclaredReason;
    bool isAnyEnough = false;            ///< one instance that passes is enough
    std::vector<std::string> kinds;      ///< environment kinds it holds for; empty = all
    std::vector<std::string> clearedBy;  ///< checks whose passing opens the gate; what-if goes by them
    Rule rule;
};

struct CriterionSpec {
    std::string id;
    std::string title;
    std::vector<std::string> checks; ///< ids, or "tier:must", "component:security"
    double minScore = 0;             ///< of a component named "component:x" in checks, when > 0
};

struct Profile {
    std::string name;
    double readyAt = 95;   ///< score.low for READY
    double notReadyBelow = 80; ///< score.high below it is NOT READY even without a gate
    std::vector<ComponentSpec> components;
    std::vector<CheckSpec> checks; ///< points of each component add up to exactly 100
    std::vector<GateSpec> gates;
    std::vector<CriterionSpec> criteria;
    std::string hash{}; ///< SHA-256 of its bytes, hex: says whether two reports were judged by the same one

    /// From JSON. The error names the JSON path (or line and column) and what was expected.
    [[nodiscard]] static std::expected<Profile, std::string> parse(const QByteArray &json);
};

} // namespace muster
