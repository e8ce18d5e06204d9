// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace muster::http {

/// What a served OpenAPI document is worth.
struct OpenApiReport {
    bool isGood = false;
    std::string version;  ///< "3.1.0", "2.0"; "" when it is none
    std::string why;      ///< the first problem, or a summary
    std::size_t paths = 0;
    std::size_t operations = 0;
    std::size_t described = 0; ///< operations with a summary or a description
    std::vector<std::string> problems; ///< at most 20
};

/// JSON, versions 2.0, 3.0, 3.1 and 3.2. Local references are looked up (10 000 at most); remote ones are never fetched.
[[nodiscard]] OpenApiReport inspectOpenApi(std::string_view document);

/// Where documents are usually served, tried in this order when none is declared.
[[nodiscard]] const std::vector<std::string> &usualOpenApiPaths();

} // namespace muster::http
