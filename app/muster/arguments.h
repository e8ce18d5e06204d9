// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace muster {

inline constexpr int kBadArguments = 3; ///< also a broken environment or profile file, as musterctl's

struct Arguments {
    std::string environment; ///< path or name; "" = ask
    std::string profile;
    std::string open;        ///< what to show first: a page ("cache"), or "check:database/automated-backups"
};

/// Help and version (no error), or what is wrong.
struct ArgumentText {
    std::string text;
    bool isError = true;
};

[[nodiscard]] std::expected<Arguments, ArgumentText> parseArguments(const std::vector<std::string> &arguments);

} // namespace muster
