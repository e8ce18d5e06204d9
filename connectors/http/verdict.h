// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fact.h"

#include <optional>
#include <string>
#include <utility>

namespace muster::http {

/// What an analyser says: good, bad, or not judged (with the reason why not). `why` is a plain sentence in every case.
struct Verdict {
    std::optional<bool> isGood;
    std::string why;

    [[nodiscard]] static Verdict good(std::string why = {}) { return {true, std::move(why)}; }
    [[nodiscard]] static Verdict bad(std::string why) { return {false, std::move(why)}; }
    [[nodiscard]] static Verdict unknown(std::string why) { return {std::nullopt, std::move(why)}; }
    [[nodiscard]] Value value() const { return isGood ? Value(*isGood) : Value(Unknown{why, {}}); }
    friend bool operator==(const Verdict &, const Verdict &) = default;
};

/// The worse of two: bad before unknown before good.
[[nodiscard]] inline Verdict worse(Verdict a, Verdict b)
{
    const auto rank = [](const Verdict &v) { return !v.isGood ? 1 : *v.isGood ? 2 : 0; };
    return rank(b) < rank(a) ? b : a;
}

} // namespace muster::http
