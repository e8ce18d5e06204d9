// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/promparser.h"

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Where Alertmanager sends what, read from the configuration that it runs with. Pure; the bytes came from a server.
namespace muster::prometheus {

struct Matcher {
    enum class Test : std::uint8_t { Equal, NotEqual, Matches, NotMatches };
    std::string label;
    Test test = Test::Equal;
    std::string value; ///< a text, or an anchored regular expression
    /// A label that is not there is empty, as Alertmanager has it. An expression that does not compile, or is longer than 1 KiB, matches nothing.
    [[nodiscard]] bool accepts(const Labels &labels) const;
    /// Does it let every alert through that carries the label ("=~.*", "=~.+", `!=""`)?
    [[nodiscard]] bool isOpen() const;
    [[nodiscard]] std::string text() const; ///< severity=~"a|b"
};
using Matchers = std::vector<Matcher>;

/// `severity="critical", team=~"a|b"`, with or without braces and quotes. Nothing: malformed.
[[nodiscard]] std::optional<Matchers> parseMatchers(std::string_view text);
[[nodiscard]] bool acceptsAll(const Matchers &matchers, const Labels &labels);

struct Route {
    std::string receiver; ///< the parent's where none is named
    Matchers matchers;
    bool goesOn = false;  ///< continue: siblings behind it are asked as well
    std::vector<Route> routes;
};

struct Inhibition {
    Matchers source;
    Matchers target;
    std::vector<std::string> equal;
};

struct Routing {
    std::map<std::string, std::vector<std::string>> receivers; ///< name → "webhook", "email", ...: none, and it notifies nobody
    Route root;
    std::vector<Inhibition> inhibitions;

    /// Names in the order of the tree.
    [[nodiscard]] std::vector<std::string> receiversOf(const Labels &labels) const;
    [[nodiscard]] bool isReal(const std::string &receiver) const;
};

/// `config.original` of /api/v2/status, YAML.
[[nodiscard]] std::expected<Routing, Fault> parseRouting(std::string_view yaml);

} // namespace muster::prometheus
