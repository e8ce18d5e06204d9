// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/limiters.h"

#include <algorithm>

namespace muster::redis {

Value limitersWithoutTtl(const ShareEstimate &limiters, bool isExact, const RedisInfo &info, int database)
{
    if (info.isEmpty())
        return Unknown{"INFO says which share of the keys expires", "Grant +info."};
    const auto *entry = info.database(database);
    const auto keys = entry ? entry->keys : 0;
    const auto lasting = entry ? std::max(0.0, entry->keys - entry->expires) : 0;
    if (lasting <= 0 || (isExact && limiters.keys <= 0))
        return 0.0;
    // Keys come and go between SCAN and INFO: only a clear excess is proof.
    const auto fewest = limiters.keys - (isExact ? 0 : limiters.keysMargin);
    if (const auto proven = lasting - (keys - fewest); proven > std::max(2.0, keys * 0.01))
        return proven;
    return Unknown{std::to_string(static_cast<long long>(lasting)) + " keys of the database have no TTL; whether limiter keys are among them cannot be read without counting as lookups",
                   "Keep the limiter in a database of its own, or give every key of this one a TTL."};
}

} // namespace muster::redis
