// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/redisinfoparser.h"
#include "models/facts/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace muster::redis {

/// Whether a release series still gets security fixes, and from whom.
struct Support {
    bool isSupported = false;
    std::string evidence; ///< "7.0: until 2029-05-31 by Ubuntu 24.04"
};

/// `flavour` is "redis" or "valkey", `version` "7.0.15". Series newer than the table count as supported; nullopt when no version can be read.
[[nodiscard]] std::optional<Support> supportOf(std::string_view flavour, std::string_view version, WallTime now);

/// Widely known vulnerabilities that upstream fixed after this version: "CVE-2024-31228, fixed in 7.2.6". "" = none in the table.
/// Not scored: a distribution patches without changing the number.
[[nodiscard]] std::string knownCves(std::string_view flavour, std::string_view version);

/// COMMANDLOG came with Valkey 8.1.
[[nodiscard]] bool hasCommandLog(const RedisInfo &info);

} // namespace muster::redis
