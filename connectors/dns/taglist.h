// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace muster::dns {

/// "v=DKIM1; k=rsa; p=MIIB…" (RFC 6376 3.2) by tag; names as they stand, values without space around. nullopt: a tag twice, or a part without "=".
[[nodiscard]] std::optional<std::map<std::string, std::string>> parseTags(std::string_view text);

} // namespace muster::dns
