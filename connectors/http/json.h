// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace muster::http {

/// Parses bytes that were capped already; deeper than `depthLimit` or malformed gives nullopt. For .cpp files of connectors only.
[[nodiscard]] std::optional<nlohmann::json> parseJson(std::string_view bytes, int depthLimit = 64);
/// The member as text; "" when absent or of another kind.
[[nodiscard]] std::string textAt(const nlohmann::json &object, const char *key);
/// The member as a number (also from a string that holds one); nullopt else.
[[nodiscard]] std::optional<double> numberAt(const nlohmann::json &object, const char *key);
/// The member, or an empty array / object when it is absent or of another kind.
[[nodiscard]] const nlohmann::json &arrayAt(const nlohmann::json &object, const char *key);
[[nodiscard]] const nlohmann::json &objectAt(const nlohmann::json &object, const char *key);
[[nodiscard]] bool truthAt(const nlohmann::json &object, const char *key);

/// "NaN", "+Inf", "-Inf" and decimal numbers as Prometheus writes them; the whole text must be one.
[[nodiscard]] std::optional<double> parseNumber(std::string_view text);

} // namespace muster::http
