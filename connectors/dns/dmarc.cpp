// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/dmarc.h"

#include "connectors/dns/taglist.h"

#include <algorithm>
#include <cctype>
#include <libpsl.h>

namespace muster::dns {

namespace {

std::string lowered(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

bool isPolicy(const std::string &text)
{
    return text == "none" || text == "quarantine" || text == "reject";
}

/// The one DMARC record of `name`, into `finding`. True when there is something to say about it: a record, or trouble.
bool lookAt(Resolver &resolver, const std::string &name, DmarcFinding &finding)
{
    finding.name = "_dmarc." + name;
    const auto answer = resolver.txt(finding.name);
    finding.status = answer.status;
    if (answer.status == Status::Failed) {
        finding.problem = "DNS did not answer" + (answer.detail.empty() ? std::string() : ": " + answer.detail);
        return true;
    }
    const auto isDmarc = [](const std::string &text) { return text.starts_with("v=DMARC1") && (text.size() == 8 || text[8] == ';' || text[8] == ' '); };
    const auto count = std::ranges::count_if(answer.records, isDmarc);
    if (count == 0) {
        finding.status = Status::NoData;
        return false;
    }
    finding.record = *std::ranges::find_if(answer.records, isDmarc);
    if (count > 1) {
        finding.problem = "there are " + std::to_string(count) + " DMARC records; receivers then apply none";
        return true;
    }
    if (auto policy = parseDmarc(finding.record))
        finding.policy = std::move(*policy);
    else
        finding.problem = std::move(policy.error());
    return true;
}

} // namespace

std::string organizationalDomain(std::string_view domain)
{
    const auto name = lowered(domain);
    const char *found = psl_registrable_domain(psl_builtin(), name.c_str());
    return found ? found : name;
}

bool isAligned(std::string_view domain, std::string_view from, bool isStrict)
{
    return isStrict ? lowered(domain) == lowered(from) : organizationalDomain(domain) == organizationalDomain(from);
}

std::expected<DmarcPolicy, std::string> parseDmarc(std::string_view text)
{
    const auto tags = parseTags(text);
    if (!tags)
        return std::unexpected("the record is no list of tag=value");
    const auto valueOf = [&tags](const char *tag) {
        const auto at = tags->find(tag);
        return at == tags->end() ? std::string() : lowered(at->second);
    };
    DmarcPolicy result;
    result.policy = valueOf("p");
    if (!isPolicy(result.policy))
        return std::unexpected(result.policy.empty() ? "the policy p= is missing" : "p=" + result.policy + " is no policy");
    result.subdomainPolicy = valueOf("sp");
    if (!result.subdomainPolicy.empty() && !isPolicy(result.subdomainPolicy))
        return std::unexpected("sp=" + result.subdomainPolicy + " is no policy");
    result.isDkimStrict = valueOf("adkim") == "s";
    result.isSpfStrict = valueOf("aspf") == "s";
    if (const auto percent = valueOf("pct"); !percent.empty()) {
        if (percent.size() > 3 || !std::ranges::all_of(percent, [](char c) { return c >= '0' && c <= '9'; }) || std::stoi(percent) > 100)
            return std::unexpected("pct=" + percent + " is no percentage");
        result.percent = std::stoi(percent);
    }
    return result;
}

std::string DmarcFinding::effectivePolicy() const
{
    if (!policy)
        return {};
    return isInherited && !policy->subdomainPolicy.empty() ? policy->subdomainPolicy : policy->policy;
}

DmarcFinding findDmarc(Resolver &resolver, const std::string &fromDomain)
{
    DmarcFinding finding;
    if (lookAt(resolver, fromDomain, finding))
        return finding;
    const auto parent = organizationalDomain(fromDomain);
    if (parent == lowered(fromDomain))
        return finding;
    finding.isInherited = true;
    (void)lookAt(resolver, parent, finding);
    return finding;
}

} // namespace muster::dns
