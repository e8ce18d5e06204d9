// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/dns/resolver.h"
#include "connectors/dns/spfrecord.h"

#include <expected>
#include <string>
#include <string_view>

namespace muster::dns {

enum class SpfResult : std::uint8_t { None, Neutral, Pass, Fail, SoftFail, TempError, PermError };

/// "pass", "softfail", ...
[[nodiscard]] std::string_view toString(SpfResult result);

struct SpfQuestion {
    IpAddress client;     ///< the address that would deliver
    std::string mailFrom; ///< "" = the null sender: postmaster at the HELO name
    std::string helo;
};

struct SpfVerdict {
    SpfResult result = SpfResult::None;
    std::string record;  ///< of the domain asked for, as it stands in DNS
    std::string matched; ///< the term that decided, "" when none did
    std::string problem; ///< of an error, in words
    int lookups = 0;     ///< terms that cost a question; over 10 is an error
};

/// check_host() of RFC 7208, without explanations.
class SpfCheck {
public:
    SpfCheck(Resolver &resolver, SpfQuestion question);

    [[nodiscard]] SpfVerdict run();

private:
    using Match = std::expected<bool, SpfResult>;

    Resolver &m_resolver;
    SpfQuestion m_question;
    SpfVerdict m_verdict;
    std::string m_local;
    std::string m_senderDomain;
    int m_voids = 0;
    int m_depth = 0;

    [[nodiscard]] SpfResult check(const std::string &domain);
    [[nodiscard]] SpfResult evaluate(const SpfRecord &record, const std::string &domain);
    [[nodiscard]] SpfResult follow(const std::string &redirect, const std::string &domain);
    [[nodiscard]] Match matches(const SpfTerm &term, const std::string &domain);
    [[nodiscard]] Match matchesInclude(const std::string &target);
    [[nodiscard]] Match matchesAddress(const std::string &target, const SpfTerm &term);
    [[nodiscard]] Match matchesMx(const std::string &target, const SpfTerm &term);
    [[nodiscard]] Match matchesPtr(const std::string &target);
    [[nodiscard]] Match matchesExists(const std::string &target);
    [[nodiscard]] std::vector<std::string> validatedNames();
    [[nodiscard]] std::string valueOf(char letter, const std::string &domain);
    [[nodiscard]] std::string validatedName(const std::string &domain);
    [[nodiscard]] std::expected<void, SpfResult> countLookup();
    [[nodiscard]] std::expected<void, SpfResult> countVoid(bool isVoid);
    [[nodiscard]] std::unexpected<SpfResult> temporary(const std::string &what, const std::string &detail);
    [[nodiscard]] std::unexpected<SpfResult> permanent(std::string problem);
};

} // namespace muster::dns
