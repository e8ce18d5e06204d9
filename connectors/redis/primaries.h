// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/interrupter.h"
#include "connectors/redis/target.h"
#include "models/facts/fault.h"
#include "models/ports/deadline.h"

#include <expected>
#include <vector>

namespace muster::redis {

/// Where the keys of a declared Redis are now: the server itself, the primary that the Sentinels name, or every primary of the cluster that
/// owns slots. Asks the network for the last two; whether each is a primary is checked by who connects.
[[nodiscard]] std::expected<std::vector<Target>, Fault> primariesOf(const Target &target, Deadline deadline, net::Interrupter &interrupter);

} // namespace muster::redis
