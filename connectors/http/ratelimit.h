// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/headers.h"

#include <optional>
#include <string>

namespace muster::http {

/// What an answer says about the caller's quota, in whichever dialect.
struct RateLimit {
    std::string dialect;              ///< "structured (draft 8+)", "draft 7", "RateLimit-* (draft 6)", "X-RateLimit-*", "unknown form"; "" for none
    std::optional<double> limit;      ///< requests
    std::optional<double> remaining;  ///< requests
    std::optional<double> resetsIn;   ///< seconds
    [[nodiscard]] bool isSeen() const { return !dialect.empty(); }
};

/// `now` in epoch seconds: X-RateLimit-Reset is a moment in some dialects and a delta in others, told apart by size.
[[nodiscard]] RateLimit parseRateLimit(const Headers &headers, double now);

} // namespace muster::http
