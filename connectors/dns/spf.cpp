// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/spf.h"

#include "connectors/dns/spfmacro.h"

#include <algorithm>
#include <cctype>

namespace muster::dns {

namespace {

constexpr int kMaxLookups = 10;
constexpr int kMaxVoids = 2;
constexpr int kMaxDepth = 20;
constexpr std::size_t kMaxNames = 10; ///< MX and PTR

bool isSameOrBelow(std::string_view name, std::string_view domain)
{
    const auto equal = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b)); };
    if (name.size() < domain.size() || !std::ranges::equal(name.substr(name.size() - domain.size()), domain, equal))
        return false;
    return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

/// Two labels at least, none empty or over 63 bytes: what RFC 7208 4.3 lets us ask for.
bool isAskable(std::string_view domain)
{
    if (domain.ends_with('.'))
        domain.remove_suffix(1);
    if (domain.empty() || domain.size() > 253 || domain.front() == '[' || domain.find('.') == std::string_view::npos)
        return false;
    while (true) {
        const auto dot = domain.find('.');
        const auto label = domain.substr(0, dot);
        if (label.empty() || label.size() > 63)
            return false;
        if (dot == std::string_view::npos)
            return true;
        domain.remove_prefix(dot + 1);
    }
}

SpfResult resultOf(char qualifier)
{
    switch (qualifier) {
    case '-': return SpfResult::Fail;
    case '~': return SpfResult::SoftFail;
    case '?': return SpfResult::Neutral;
    default: return SpfResult::Pass;
    }
}

bool isNear(const IpAddress &client, const IpAddress &found, const SpfTerm &term)
{
    return client.isWithin(found, found.isV4() ? term.v4Prefix : term.v6Prefix);
}

} // namespace

std::string_view toString(SpfResult result)
{
    switch (result) {
    case SpfResult::None: return "none";
    case SpfResult::Neutral: return "neutral";
    case SpfResult::Pass: return "pass";
    case SpfResult::Fail: return "fail";
    case SpfResult::SoftFail: return "softfail";
    case SpfResult::TempError: return "temperror";
    case SpfResult::PermError: return "permerror";
    }
    return "none";
}

SpfCheck::SpfCheck(Resolver &resolver, SpfQuestion question) : m_resolver(resolver), m_question(std::move(question))
{
    const auto &sender = m_question.mailFrom;
    const auto at = sender.rfind('@');
    m_local = at == std::string::npos ? std::string() : sender.substr(0, at);
    m_senderDomain = sender.empty() ? m_question.helo : at == std::string::npos ? sender : sender.substr(at + 1);
    if (m_local.empty())
        m_local = "postmaster";
}

SpfVerdict SpfCheck::run()
{
    m_verdict.result = check(m_senderDomain);
    return m_verdict;
}

SpfResult SpfCheck::check(const std::string &domain)
{
    if (!isAskable(domain))
        return SpfResult::None;
    const auto answer = m_resolver.txt(domain);
    if (answer.status == Status::Failed)
        return temporary(domain, answer.detail).error();
    std::vector<std::string> records;
    std::ranges::copy_if(answer.records, std::back_inserter(records), isSpf);
    if (records.empty())
        return SpfResult::None;
    if (records.size() > 1)
        return permanent(domain + " has " + std::to_string(records.size()) + " SPF records; receivers refuse more than one").error();
    if (m_depth == 0)
        m_verdict.record = records.front();
    const auto record = parseSpf(records.front());
    if (!record)
        return permanent("SPF of " + domain + ": " + record.error()).error();
    return evaluate(*record, domain);
}

SpfResult SpfCheck::evaluate(const SpfRecord &record, const std::string &domain)
{
    for (const auto &term : record.terms) {
        const auto match = matches(term, domain);
        if (!match)
            return match.error();
        if (*match) {
            if (m_depth == 0)
                m_verdict.matched = term.text;
            return resultOf(term.qualifier);
        }
    }
    return record.redirect ? follow(*record.redirect, domain) : SpfResult::Neutral;
}

SpfResult SpfCheck::follow(const std::string &redirect, const std::string &domain)
{
    if (const auto counted = countLookup(); !counted)
        return counted.error();
    const auto target = expandMacros(redirect, [&](char letter) { return valueOf(letter, domain); });
    const auto result = check(target);
    return result == SpfResult::None ? permanent("redirect=" + target + " leads to no SPF record").error() : result;
}

SpfCheck::Match SpfCheck::matches(const SpfTerm &term, const std::string &domain)
{
    if (term.mechanism == SpfMechanism::All)
        return true;
    if (term.mechanism == SpfMechanism::Ip4 || term.mechanism == SpfMechanism::Ip6)
        return m_question.client.isWithin(term.network, term.mechanism == SpfMechanism::Ip4 ? term.v4Prefix : term.v6Prefix);
    if (const auto counted = countLookup(); !counted)
        return std::unexpected(counted.error());
    const auto target = term.domain.empty() ? domain : expandMacros(term.domain, [&](char letter) { return valueOf(letter, domain); });
    switch (term.mechanism) {
    case SpfMechanism::Include: return matchesInclude(target);
    case SpfMechanism::A: return matchesAddress(target, term);
    case SpfMechanism::Mx: return matchesMx(target, term);
    case SpfMechanism::Ptr: return matchesPtr(target);
    default: return matchesExists(target);
    }
}

SpfCheck::Match SpfCheck::matchesInclude(const std::string &target)
{
    if (m_depth >= kMaxDepth)
        return permanent("includes lead into each other");
    ++m_depth;
    const auto result = check(target);
    --m_depth;
    switch (result) {
    case SpfResult::Pass: return true;
    case SpfResult::None: return permanent("include:" + target + " leads to no SPF record");
    case SpfResult::TempError:
    case SpfResult::PermError: return std::unexpected(result);
    default: return false;
    }
}

SpfCheck::Match SpfCheck::matchesAddress(const std::string &target, const SpfTerm &term)
{
    const auto answer = m_resolver.addresses(target, m_question.client.isV4());
    if (answer.status == Status::Failed)
        return temporary(target, answer.detail);
    if (const auto counted = countVoid(answer.isVoid()); !counted)
        return std::unexpected(counted.error());
    return std::ranges::any_of(answer.records, [&](const IpAddress &found) { return isNear(m_question.client, found, term); });
}

SpfCheck::Match SpfCheck::matchesMx(const std::string &target, const SpfTerm &term)
{
    const auto answer = m_resolver.mx(target);
    if (answer.status == Status::Failed)
        return temporary(target, answer.detail);
    if (const auto counted = countVoid(answer.isVoid()); !counted)
        return std::unexpected(counted.error());
    if (answer.records.size() > kMaxNames)
        return permanent(target + " has more than 10 MX records");
    for (const auto &mx : answer.records) {
        const auto match = matchesAddress(mx.exchange, term);
        if (!match || *match)
            return match;
    }
    return false;
}

std::vector<std::string> SpfCheck::validatedNames()
{
    auto answer = m_resolver.pointers(m_question.client);
    auto &names = answer.records;
    if (names.size() > kMaxNames)
        names.resize(kMaxNames);
    std::erase_if(names, [this](const std::string &name) {
        const auto addresses = m_resolver.addresses(name, m_question.client.isV4());
        return std::ranges::find(addresses.records, m_question.client) == addresses.records.end();
    });
    return names;
}

SpfCheck::Match SpfCheck::matchesPtr(const std::string &target)
{
    return std::ranges::any_of(validatedNames(), [&](const std::string &name) { return isSameOrBelow(name, target); });
}

SpfCheck::Match SpfCheck::matchesExists(const std::string &target)
{
    const auto answer = m_resolver.addresses(target, true);
    if (answer.status == Status::Failed)
        return temporary(target, answer.detail);
    if (const auto counted = countVoid(answer.isVoid()); !counted)
        return std::unexpected(counted.error());
    return answer.status == Status::Found;
}

std::string SpfCheck::validatedName(const std::string &domain)
{
    const auto names = validatedNames();
    for (const bool isExact : {true, false}) {
        for (const auto &name : names) {
            if (isSameOrBelow(name, domain) && (!isExact || name.size() == domain.size()))
                return name;
        }
    }
    return names.empty() ? "unknown" : names.front();
}

std::string SpfCheck::valueOf(char letter, const std::string &domain)
{
    switch (letter) {
    case 's': return m_local + "@" + m_senderDomain;
    case 'l': return m_local;
    case 'o': return m_senderDomain;
    case 'd': return domain;
    case 'i': return m_question.client.dotted();
    case 'p': return validatedName(domain);
    case 'v': return m_question.client.isV4() ? "in-addr" : "ip6";
    default: return m_question.helo;
    }
}

std::expected<void, SpfResult> SpfCheck::countLookup()
{
    if (++m_verdict.lookups > kMaxLookups)
        return permanent("more than 10 look-ups: receivers stop there and treat the record as broken");
    return {};
}

std::expected<void, SpfResult> SpfCheck::countVoid(bool isVoid)
{
    if (isVoid && ++m_voids > kMaxVoids)
        return permanent("more than 2 names in the record do not exist");
    return {};
}

std::unexpected<SpfResult> SpfCheck::temporary(const std::string &what, const std::string &detail)
{
    m_verdict.problem = "DNS did not answer for " + what + (detail.empty() ? std::string() : ": " + detail);
    return std::unexpected(SpfResult::TempError);
}

std::unexpected<SpfResult> SpfCheck::permanent(std::string problem)
{
    m_verdict.problem = std::move(problem);
    return std::unexpected(SpfResult::PermError);
}

} // namespace muster::dns
