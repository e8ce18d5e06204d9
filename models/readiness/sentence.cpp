// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/sentence.h"

#include "models/facts/factbook.h"
#include "models/facts/none.h"
#include "models/format/format.h"
#include "models/format/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace muster::readiness {

namespace {

constexpr std::string_view kFactPrefix = "fact:";
constexpr std::string_view kAgo = " ago";
constexpr std::size_t kDetailLimit = 160; // the whole of it stands with the raw material

std::string valueOf(std::string_view name, const SentenceParts &parts)
{
    if (name == "value")
        return parts.value;
    if (name == "limit")
        return parts.limit;
    if (name == "object")
        return parts.object;
    if (name.starts_with(kFactPrefix) && parts.fact)
        return parts.fact(std::string(name.substr(kFactPrefix.size())));
    return {};
}

std::string substitute(std::string_view placeholder, const SentenceParts &parts)
{
    // value     fact:redis.role     value?replica is|replicas are
    const auto question = placeholder.find('?');
    auto text = valueOf(placeholder.substr(0, question), parts);
    if (question == std::string_view::npos)
        return text;
    const auto words = placeholder.substr(question + 1);
    const auto bar = words.find('|');
    return std::string(text == "1" ? words.substr(0, bar) : words.substr(bar == std::string_view::npos ? 0 : bar + 1));
}

std::string_view deed(FaultKind kind)
{
    switch (kind) {
    case FaultKind::Refused:
        return "refused the connection";
    case FaultKind::Timeout:
        return "did not answer in time";
    case FaultKind::Dns:
        return "has a host name that does not resolve";
    case FaultKind::Tls:
        return "could not be trusted over TLS";
    case FaultKind::Auth:
        return "rejected the credentials";
    case FaultKind::Denied:
        return "denied a right that is needed";
    case FaultKind::Protocol:
        return "answered against the protocol";
    case FaultKind::Unavailable:
        return "cannot serve now";
    case FaultKind::TooLarge:
        return "answered with more than is accepted";
    case FaultKind::Config:
        return "is declared with something that cannot be used";
    case FaultKind::Cancelled:
        return "was not asked to the end";
    }
    return "cannot serve now";
}

std::string_view sectionOf(std::string_view kind)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSections{
        { { "backup", "backups" }, { "log", "logs" }, { "appaudit", "audit" }, { "sibling", "siblings" }, { "loadtest", "loadTests" } }
    };
    const auto it = std::ranges::find(kSections, kind, &std::pair<std::string_view, std::string_view>::first);
    return it == kSections.end() ? kind : it->second;
}

} // namespace

std::string fillSentence(std::string_view pattern, const SentenceParts &parts)
{
    std::string result;
    for (std::size_t at = 0; at < pattern.size();) {
        const auto open = pattern.find('{', at);
        const auto close = open == std::string_view::npos ? open : pattern.find('}', open);
        result += pattern.substr(at, close == std::string_view::npos ? close : open - at);
        if (close == std::string_view::npos)
            break;
        const auto text = substitute(pattern.substr(open + 1, close - open - 1), parts);
        result += text;
        at = close + 1;
        if (pattern.substr(at).starts_with(kAgo) && text == format::duration(kNoneAge))
            at += kAgo.size();
    }
    return result;
}

std::string faultInWords(std::string_view sourceId, const Fault &fault)
{
    const auto instance = instanceOf(sourceId);
    auto words = text::plain(instance.empty() ? sourceId : instance, 60) + ' ' + std::string(deed(fault.kind));
    if (!fault.stage.empty())
        words += " (" + text::plain(fault.stage, 40) + ')';
    if (!fault.detail.empty())
        words += ": " + text::plain(fault.detail, kDetailLimit);
    return words;
}

std::string undeclaredInWords(std::string_view kind)
{
    if (kind == "*")
        return "not configured: the environment declares no server at all";
    return "not configured: the environment declares no " + std::string(sectionOf(kind));
}

std::string declarationHint(std::string_view kind)
{
    return "Declare it in the section \"" + std::string(sectionOf(kind)) + "\" of the environment file.";
}

} // namespace muster::readiness
