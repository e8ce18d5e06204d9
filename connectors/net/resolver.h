// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/socket.h"
#include "models/facts/fault.h"

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace muster::net {

/// Every address of `host` in the system's order, IPv6 and IPv4 interleaved (RFC 8305), at most 16.
/// getaddrinfo() cannot be stopped: it runs in a helper thread that is left alone when the deadline passes or the interrupter fires;
/// the helper then ends by itself with the resolver's own time-out. At most 32 such lookups may be pending in the process.
/// Faults: stage "dns"; kinds Dns, Timeout, Cancelled, Config (not a host name).
[[nodiscard]] std::expected<std::vector<Address>, Fault> resolve(const std::string &host, std::uint16_t port, Deadline deadline,
                                                                 const Interrupter &interrupter);

} // namespace muster::net
