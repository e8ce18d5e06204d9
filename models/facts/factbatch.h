// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fact.h"
#include "models/facts/fault.h"

#include <optional>
#include <string>
#include <vector>

namespace muster {

/// All that one round of one source observed. Facts missing from a batch keep their last value and go on ageing.
struct FactBatch {
    std::string source; ///< "redis/cache"
    Stamp at;           ///< when the sample was taken
    std::vector<Fact> facts;
    std::optional<Fault> fault{}; ///< what ended the round half-way; the facts seen before it count, the source is in fault

    void add(std::string name, Value value, std::string unit, Millis budget, std::string raw = {})
    {
        facts.push_back({std::move(name), std::move(value), std::move(unit), budget, std::move(raw)});
    }
};

} // namespace muster
