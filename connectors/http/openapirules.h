// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace muster::http {

using Complain = std::function<void(std::string)>;

/// What the specification asks of one object beyond the kinds of its fields: fields that exclude each other, names, styles.
void checkOpenApiRules(const nlohmann::json &node, const std::string &shape, int version, const Complain &complain);

/// The lower-case methods that a path item has as fields.
[[nodiscard]] bool isOpenApiMethod(const std::string &name);

} // namespace muster::http
