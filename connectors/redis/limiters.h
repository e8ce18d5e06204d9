// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/prefixsample.h"
#include "connectors/redis/redisinfoparser.h"
#include "models/facts/fact.h"

namespace muster::redis {

/// How many rate-limiter keys have no TTL: each is a user who is locked out for ever. TTL itself would count as a keyspace hit, so this is
/// bounded from what INFO says anyway: of K keys E expire, so D = K - E do not. With L limiter keys, at least D - (K - L) and at most min(D, L)
/// of them lack a TTL. A number where the bounds meet or prove a fault; unknown else, with the way out.
[[nodiscard]] Value limitersWithoutTtl(const ShareEstimate &limiters, bool isExact, const RedisInfo &info, int database);

} // namespace muster::redis
