// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::http {

/// An http(s) address taken apart. `host` is lower case, IPv6 without brackets; `target` starts with "/" and holds path and query.
struct Url {
    std::string scheme; ///< "http" or "https"
    std::string host;
    std::uint16_t port = 0;
    std::string target = "/";

    /// nullopt for another scheme, no host, user data in it, or more than 4096 bytes.
    [[nodiscard]] static std::optional<Url> parse(std::string_view text);
    [[nodiscard]] bool isTls() const { return scheme == "https"; }
    [[nodiscard]] bool hasDefaultPort() const { return port == (isTls() ? 443 : 80); }
    /// "https://host:port", the port always written: what decides whether credentials may travel.
    [[nodiscard]] std::string origin() const;
    /// "host" or "host:port" as a Host header says it.
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] std::string text() const;
    /// The same server with another path appended to this one's base path.
    [[nodiscard]] Url withPath(std::string_view path) const;
    /// A Location header seen from here; nullopt when it is not http(s).
    [[nodiscard]] std::optional<Url> resolved(std::string_view location) const;
    [[nodiscard]] bool hasLiteralHost() const;
};

/// "[::1]" for an IPv6 literal, else unchanged.
[[nodiscard]] std::string bracketed(std::string_view host);

} // namespace muster::http
