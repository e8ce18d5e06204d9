// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace muster::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (the only form that may be sent today) as epoch seconds.
[[nodiscard]] std::optional<double> parseHttpDate(std::string_view text);

} // namespace muster::http
