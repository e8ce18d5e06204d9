// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace muster {

/// Right-hand side of a comparison: a number, or another fact of the same source times a factor.
struct Operand {
    double number = 0;
    std::string fact; ///< "" = `number` itself
    double times = 1;
    friend bool operator==(const Operand &, const Operand &) = default;
};

/// One condition over one fact. In JSON:
///     {"fact": "postgres.connections_used_ratio", "atMost": 0.8, "failAbove": 0.9, "label": "connections in use"}
///     {"fact": "backup.usable_age", "atMost": {"fact": "backup.window", "times": 1}, "object": "backup.usable_name"}
///     {"fact": "redis.hit_ratio", "atLeast": 0.8, "failBelow": 0.6, "when": {"fact": "redis.declared_role", "is": "cache"}}
///     {"anyOf": [ {...}, {...} ]}: the best of them counts
struct Condition {
    enum class Test { Is, In, AtMost, AtLeast, AnyOf };
    /// What a source in fault makes of it: unknown, failed (reachability), or failed only when the server did answer, and badly (no TLS, wrong
    /// password): one that does not answer is lost, and a loss is no finding.
    enum class OnFault { Unknown, Fail, FailIfAnswered };

    std::string fact;
    Test test = Test::Is;
    std::vector<std::variant<bool, std::string>> accepted; ///< Is: one; In: several
    Operand limit; ///< AtMost, AtLeast
    std::optional<double> failBeyond; ///< failAbove / failBelow: between limit and this one it is a warning
    bool isLinear = false; ///< credit falls linearly between limit and failBeyond, else it is a half
    bool isWarnOnly = false; ///< a violation is a warning
    OnFault onFault = OnFault::Unknown;
    std::string label; ///< "connections in use": for the built-in sentence
    std::string object; ///< a text fact that names the object ("old" of a slot)
    std::string pass; ///< sentences; {value} {limit} {object} {fact:NAME}, and words that follow the number: {value?index is|indexes are}
    std::string fail;
    std::shared_ptr<const Condition> when; ///< guard: not applicable where it does not hold, unknown where it is unknown
    std::vector<Condition> anyOf;
};

/// All conditions must hold; the worst decides.
struct Rule {
    std::vector<Condition> conditions;
};

/// Every fact that the rule names: tested, limit, object, guard and in sentences. For the catalogue test and the reports.
[[nodiscard]] std::vector<std::string> factsOf(const Rule &rule);
/// The names in "{fact:NAME}" and "{fact:NAME?ONE|MORE}" of a sentence.
[[nodiscard]] std::vector<std::string> factsOfSentence(const std::string &sentence);

} // namespace muster
