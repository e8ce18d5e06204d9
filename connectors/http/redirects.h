// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/headers.h"
#include "connectors/http/verdict.h"
#include "models/facts/fault.h"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace muster::http {

/// Strict-Transport-Security (RFC 6797). Not valid when sent twice or when max-age is missing or no number.
struct Hsts {
    bool isPresent = false;
    bool isValid = false;
    long long maxAge = 0; ///< seconds
    bool hasSubDomains = false;
    bool hasPreload = false;
};
[[nodiscard]] Hsts parseHsts(const Headers &headers);

/// Half a year (180 days) in seconds: what the usual graders ask for.
inline constexpr long long kHstsMinimum = 15552000;

/// One answer on the way from the plain address.
struct Hop {
    std::string url;
    int status = 0;
    std::string location; ///< resolved to an absolute address; "" when there is none
    bool hasHsts = false; ///< a valid Strict-Transport-Security that is not 0
    friend bool operator==(const Hop &, const Hop &) = default;
};

/// From the plain-HTTP address on, or why there was no answer at all.
using Chain = std::expected<std::vector<Hop>, Fault>;

[[nodiscard]] bool isRedirect(int status);

/// "http://h/ 301 → https://h/ 200", or the fault in words.
[[nodiscard]] std::string chainWords(const Chain &chain);
/// The first hop must lead to https on `host` (or the plain port refuses), no later hop leaves https, every https hop on `host` says HSTS, and `hsts` is long enough.
[[nodiscard]] Verdict judgeEnforcement(const Chain &chain, const std::string &host, const Hsts &hsts);

/// Where a path that should answer leads: `hops` from its own redirect on, at least one; `fault`: why the last Location could not be asked.
/// Good is what ends in a 2xx over temporary redirects, or permanent ones that stay on the host. `why` goes on from "PATH answers 302".
[[nodiscard]] Verdict judgeLead(const std::vector<Hop> &hops, const std::optional<Fault> &fault);

} // namespace muster::http
