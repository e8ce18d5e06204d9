// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/reply.h"
#include "models/facts/fact.h"

namespace muster::redis {

/// ACL LIST as a table: user, is_on, needs_password, keys ("all" or "some"), commands ("all", "dangerous", "some"). Password hashes are left out.
///   user app on #e3b0… ~cache:* resetchannels -@all +get
[[nodiscard]] Table usersTable(const Reply &reply);

} // namespace muster::redis
