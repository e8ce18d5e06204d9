// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/headers.h"

#include <string>

namespace muster::http {

/// The headers that a content delivery network or a shared cache leaves, as "Name: value" joined by "; "; "" for none.
[[nodiscard]] std::string cdnEvidence(const Headers &headers);
/// Did a cache answer (Age above 0, Cache-Status hit, a vendor's HIT)?
[[nodiscard]] bool isCacheHit(const Headers &headers);

} // namespace muster::http
