// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fact.h"

#include <cstddef>
#include <string_view>

namespace muster::redis {

/// CLIENT LIST as a table, the ones with the largest output buffers first: id, client, name, user, age (s), idle (s), command, memory (B), output (B).
///   id=3 addr=127.0.0.1:5 laddr=… fd=8 name=a=b age=1 idle=0 flags=N db=0 … omem=0 tot-mem=22298 … cmd=client|list user=default
/// A value may hold "=": only the first one separates.
[[nodiscard]] Table clientsTable(std::string_view list, std::size_t limit);

} // namespace muster::redis
