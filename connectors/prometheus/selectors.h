// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::prometheus {

/// The metrics whose presence an expression needs before it can yield anything.
struct Needs {
    std::vector<std::string> metrics; ///< each once, in the order of the text; at most 50
    bool isOneEnough = false;         ///< "or", "unless": the expression goes on without the others
};

/// Reads PromQL as far as its selectors. What absent() and absent_over_time() look at is no need, nor are Prometheus's own ALERTS series;
/// names in quotes ({"my.metric"}) and patterns of names are left out.
[[nodiscard]] Needs needsOf(std::string_view promql);

} // namespace muster::prometheus
