// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/readiness/readiness.h"

#include <functional>
#include <string>
#include <vector>

/// Worlds made to order for readiness tests.
namespace muster::test {

[[nodiscard]] Profile shippedProfile();
/// Parses or aborts with the error: for profiles written in a test.
[[nodiscard]] Profile profileOf(const QByteArray &json);
/// A rule from JSON, by way of a one-check profile.
[[nodiscard]] Rule ruleOf(const QByteArray &conditions);

using Picks = std::function<bool(const CheckSpec &)>;

/// Declared sources and their facts, on a fake clock.
class World {
public:
    static constexpr Millis kBudget{ 30000 };

    void declare(const std::string &source);
    void set(const std::string &source, const std::string &fact, Value value, const std::string &unit = {}, Millis age = Millis{ 0 });
    void drop(const std::string &source, const std::string &fact);
    void fail(const std::string &source, FaultKind kind = FaultKind::Refused, const std::string &stage = "tcp");
    /// Makes every condition of the rule hold / fail, on every source that it reads. Declares what is missing as "kind/one".
    void satisfy(const Rule &rule, const std::string &over);
    void violate(const Rule &rule, const std::string &over);
    void satisfyAll(const Profile &profile, const Picks &picks);
    void violateAll(const Profile &profile, const Picks &picks);

    [[nodiscard]] const Snapshot &snapshot() const { return m_snapshot; }
    [[nodiscard]] Snapshot &snapshot() { return m_snapshot; }

private:
    void applyAll(const Rule &rule, const std::string &over, bool isGood);
    void apply(const Condition &condition, const std::string &over, bool isGood);
    void setEverywhere(const std::string &fact, const std::string &over, const Value &value);
    Snapshot m_snapshot{ WallTime(Millis(1769860800000)), {}, {} }; // 2026-01-31T12:00:00Z
};

/// "foundation", "named", "rest".
[[nodiscard]] Picks inGroup(const std::string &group);

/// The state of the review: foundations pass, named and rest items fail.
[[nodiscard]] World reviewWorld(const Profile &profile);
/// Everything passes, gates too.
[[nodiscard]] World perfectWorld(const Profile &profile);

} // namespace muster::test
