// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

namespace muster::redis {

using Number = std::optional<double>;
using Truth = std::optional<bool>;
using Text = std::optional<std::string>;

[[nodiscard]] inline Number ratio(Number part, Number whole)
{
    return part && whole && *whole > 0 ? Number(*part / *whole) : std::nullopt;
}

/// `judge` of the value where it is known.
template<class T, class F>
[[nodiscard]] Truth when(const std::optional<T> &value, F judge)
{
    return value ? Truth(judge(*value)) : std::nullopt;
}

} // namespace muster::redis
