// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/actionfactory.h"

#include <optional>
#include <string>
#include <string_view>

namespace muster::redis {

/// A literal prefix as a MATCH pattern: `\ * ? [ ]` escaped, `*` behind. Bytes of any kind pass through.
[[nodiscard]] std::string patternForPrefix(std::string_view prefix);

/// Why this request's pattern must not be run; nullopt when it may. Empty and all-matching patterns are refused (flushing everything has
/// its own scope), and globs that make the server's matcher backtrack without end (CVE-2022-36021, CVE-2024-31228).
[[nodiscard]] std::optional<std::string> patternProblem(const FlushRequest &request);

/// Redis' stringmatchlen(): `*`, `?`, `[a-z]`, `[^x]`, `\x`. For judging sampled keys on this side.
[[nodiscard]] bool isMatch(std::string_view pattern, std::string_view key);

/// A key for display: everything but printable ASCII as \xNN, cut to `limit` bytes.
[[nodiscard]] std::string displayKey(std::string_view key, std::size_t limit = 120);

} // namespace muster::redis
