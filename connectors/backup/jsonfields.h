// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fact.h"

#include <nlohmann/json.hpp>

#include <string>

/// Members of what the tools print; one that is absent or of another kind is nothing, never an error. For .cpp files of this folder.
namespace muster::backup::fields {

using Json = nlohmann::json;

/// The member, or null.
[[nodiscard]] inline const Json &at(const Json &object, const char *key)
{
    static const Json kNull;
    if (!object.is_object())
        return kNull;
    const auto it = object.find(key);
    return it == object.end() ? kNull : *it;
}

/// The member as text of at most `limit` bytes; "" when it is none.
[[nodiscard]] inline std::string text(const Json &object, const char *key, std::size_t limit = 500)
{
    const auto &value = at(object, key);
    return value.is_string() ? muster::clamp(value.get<std::string>(), limit) : std::string();
}

} // namespace muster::backup::fields
