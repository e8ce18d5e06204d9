// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace muster::http {

/// 20, 30, 31 or 32 of "2.0", "3.0.3", "3.1.1", "3.2.0"; 0 for anything else.
[[nodiscard]] int openApiVersion(const std::string &version);

/// Does every object of the document have the fields, and the kinds of fields, that its version of the specification
/// gives it (spec.openapis.org/oas)? Says "paths./items.get: …" for each that does not. References are not followed here.
/// Works as deep as the document is nested: parse it with a limit.
void checkOpenApiShape(const nlohmann::json &root, int version, const std::function<void(std::string)> &complain);

} // namespace muster::http
