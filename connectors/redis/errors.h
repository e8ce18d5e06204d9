// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/reply.h"
#include "models/facts/fact.h"
#include "models/facts/fault.h"

#include <string>
#include <string_view>

namespace muster::redis {

/// First word of an error reply: "WRONGPASS" of "WRONGPASS invalid username-password pair ...".
[[nodiscard]] std::string_view errorPrefix(std::string_view error);

/// What an error reply means to an operator. `stage` is "protocol", "auth" or "query".
[[nodiscard]] Fault faultFromError(std::string_view error, std::string stage);

/// The grant for one right: "ACL SETUSER oncall +slowlog|get".
[[nodiscard]] std::string aclLine(const std::string &user, std::string_view right);

/// A fact that an error reply kept from us. `right` as ACL writes it: "slowlog|get".
[[nodiscard]] Unknown unknownFromError(std::string_view error, const std::string &user, std::string_view right);

/// Why a reply is not what was asked for: an error in the server's words, or a foreign shape.
[[nodiscard]] Unknown unknownFromReply(const Reply &reply, const std::string &user, std::string_view right);

} // namespace muster::redis
