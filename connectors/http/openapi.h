// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace muster::http {

/// What a served OpenAPI document is worth.
struct OpenApiReport {
    bool isGood = false;  ///< valid, and nothing of it leads nowhere
    bool isValid = false; ///< of the form that its version of the specification asks for
    std::string version;  ///< "3.1.0", "2.0"; "" when it is none
    std::string why;      ///< the first problem, or a summary
    std::size_t operations = 0;
    std::size_t described = 0;    ///< operations with a summary or a description
    std::size_t exemplified = 0;  ///< operations with an example of a parameter, of what is sent or of what is answered
    std::size_t withErrors = 0;   ///< operations that say how they fail (4XX, 5XX or default)
    std::size_t remoteReferences = 0; ///< never fetched, so never judged
    std::vector<std::string> paths;    ///< "/items/{id}", with what the server's address adds before them
    std::vector<std::string> problems; ///< at most 20
};

/// Longer documents are refused, bytes.
inline constexpr std::size_t kOpenApiLimit = 12UL * 1024 * 1024;

/// JSON or YAML, versions 2.0, 3.0, 3.1 and 3.2. Local references are looked up (100 000 at most, chains of 16); remote ones are never fetched.
[[nodiscard]] OpenApiReport inspectOpenApi(std::string_view document);

/// Where documents are usually served, tried in this order when none is declared.
[[nodiscard]] const std::vector<std::string> &usualOpenApiPaths();

/// Of paths seen in use, those that no documented one covers ("/items/7" and "/items/:id" are covered by "/items/{id}"); each once.
[[nodiscard]] std::vector<std::string> undocumentedPaths(const std::vector<std::string> &seen, const std::vector<std::string> &documented);

} // namespace muster::http
