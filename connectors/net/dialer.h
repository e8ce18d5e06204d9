// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/socket.h"
#include "connectors/net/stream.h"

#include <expected>
#include <string>
#include <vector>

namespace muster::net {

struct Dialled {
    Descriptor socket;
    Address peer;
};

/// Races the addresses: the next one starts 250 ms after the one before, or at once when that one failed; the first connection wins.
/// Fault: stage "tcp"; Refused when any address refused, else Timeout, else Unavailable; the detail lists every address.
[[nodiscard]] std::expected<Dialled, Fault> dial(const std::vector<Address> &addresses, Deadline deadline, const Interrupter &interrupter,
                                                 std::vector<Attempt> *attempts);

} // namespace muster::net
