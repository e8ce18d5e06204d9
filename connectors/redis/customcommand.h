// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/reply.h"
#include "models/facts/customfact.h"

#include <functional>

namespace muster::redis {

/// Sends a command on the connection that the source has anyway.
using Call = std::function<std::expected<Reply, Fault>(const Command &, Deadline)>;

/// One command of the environment's own. Before it is sent, the server itself is asked what it is (COMMAND INFO): only what the server flags
/// `readonly`, and neither `blocking` nor @dangerous, is sent. `user` for the ACL lines of hints. `callAll`, of a cluster: sends a command that
/// names no key (DBSIZE), which every node answers for itself alone, to all primaries.
[[nodiscard]] std::expected<CustomAnswer, Fault> askCustom(const Call &call, const CustomFact &fact, const std::string &user, Deadline deadline, const Call &callAll = {});

/// Why the server's description of a command (COMMAND INFO) forbids to send it; nothing when it may be sent.
[[nodiscard]] std::optional<Fault> refusal(const Reply &description, const Command &command, const std::string &user);

/// An integer or a string is a value; nil, lists and errors are unknown, with words.
[[nodiscard]] Value customValue(const Reply &reply);

} // namespace muster::redis
