// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace muster::redis {

/// Counters by name, of one server life.
using Counters = std::map<std::string, double, std::less<>>;

/// The counters of the last five minutes of one epoch: "how many of these lately", never "how many since some forgotten start".
/// The owner clears it when HitWindow sees a new epoch.
class CounterWindow {
public:
    void add(BootTime at, Counters counters);
    void clear() { m_samples.clear(); }

    /// Growth over what is watched. A counter that the server lists only once it is not zero (errorstat, cmdstat) began at 0.
    /// nullopt with fewer than two samples, or when the newest does not have it and `isBornLater` is not set.
    [[nodiscard]] std::optional<double> growth(std::string_view name, bool isBornLater = false) const;
    [[nodiscard]] double span() const; ///< s, between the samples that growth() compares
    [[nodiscard]] bool isReady() const { return m_samples.size() > 1; }
    [[nodiscard]] const Counters &newest() const { return m_samples.back().counters; } ///< only when isReady()

private:
    struct Sample {
        BootTime at{};
        Counters counters;
    };
    std::deque<Sample> m_samples; ///< 15 s apart, and the newest
};

} // namespace muster::redis
