// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/dns/resolver.h"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

/// DMARC (RFC 7489): the policy of a domain, and whether two domains are aligned.
namespace muster::dns {

/// "shop.example" of "mail.eu.shop.example", by the public suffix list; the name itself where it is a public suffix or unknown.
[[nodiscard]] std::string organizationalDomain(std::string_view domain);

/// Relaxed: the same organizational domain. Strict: the same name.
[[nodiscard]] bool isAligned(std::string_view domain, std::string_view from, bool isStrict);

struct DmarcPolicy {
    std::string policy;          ///< "none", "quarantine", "reject"
    std::string subdomainPolicy; ///< "" = as `policy`
    bool isDkimStrict = false;
    bool isSpfStrict = false;
    int percent = 100;
};

/// "v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@shop.example". The error says what is wrong.
[[nodiscard]] std::expected<DmarcPolicy, std::string> parseDmarc(std::string_view text);

struct DmarcFinding {
    Status status = Status::NoName; ///< Found: the record is in `record`
    std::string name;   ///< "_dmarc.shop.example": where it was found, or looked for last
    std::string record;
    std::optional<DmarcPolicy> policy;
    std::string problem; ///< DNS failed, two records, or the record is wrong
    bool isInherited = false; ///< found at the organizational domain, not at the From domain

    /// What a receiver is asked to do with a mail from this domain that fails.
    [[nodiscard]] std::string effectivePolicy() const;
};

/// Looks at the From domain, then at its organizational domain.
[[nodiscard]] DmarcFinding findDmarc(Resolver &resolver, const std::string &fromDomain);

} // namespace muster::dns
