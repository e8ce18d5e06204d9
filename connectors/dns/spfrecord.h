// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/dns/ipaddress.h"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Pure: the text of one SPF record (RFC 7208) into terms, for example
///     v=spf1 mx ip4:192.0.2.0/24 include:_spf.example.net -all
///     v=spf1 redirect=_spf.example.com
namespace muster::dns {

enum class SpfMechanism : std::uint8_t { All, Include, A, Mx, Ptr, Ip4, Ip6, Exists };

struct SpfTerm {
    char qualifier = '+'; ///< one of + - ~ ?
    SpfMechanism mechanism = SpfMechanism::All;
    std::string domain;   ///< with its macros; "" = the current domain
    IpAddress network;    ///< of ip4 and ip6
    int v4Prefix = 32;
    int v6Prefix = 128;
    std::string text;     ///< as it stands in the record
};

struct SpfRecord {
    std::vector<SpfTerm> terms;
    std::optional<std::string> redirect;
};

/// Does the text claim to be an SPF record? "v=spf1" alone or before a space, any case.
[[nodiscard]] bool isSpf(std::string_view text);

/// The error names the term and what is wrong with it.
[[nodiscard]] std::expected<SpfRecord, std::string> parseSpf(std::string_view text);

} // namespace muster::dns
