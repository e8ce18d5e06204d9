// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/reply.h"
#include "models/facts/fact.h"

#include <cstddef>
#include <string>

namespace muster::redis {

/// "GET (1 argument)", "CONFIG SET (2 arguments)": arguments may hold personal data or passwords and are never shown.
[[nodiscard]] std::string maskedCommand(const Reply &arguments);

/// SLOWLOG GET as a table: id, at (epoch), took (s), command (masked), client, client_name.
/// One entry is [id, unix time, microseconds, [arguments...], "10.0.0.1:4711", "name"]; entries of another shape are left out.
[[nodiscard]] Table slowlogTable(const Reply &reply, std::size_t limit);

/// COMMANDLOG GET of "large-request" and of "large-reply" (Valkey 8.1) as one table, newest first: what, at (epoch), size (B), command (masked),
/// client, client_name. Entries are those of SLOWLOG with bytes in the place of microseconds.
[[nodiscard]] Table largeCommandsTable(const Reply &requests, const Reply &replies, std::size_t limit);

} // namespace muster::redis
