// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/spfrecord.h"

#include "connectors/dns/spfmacro.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace muster::dns {

namespace {

constexpr std::array<std::pair<std::string_view, SpfMechanism>, 8> kNames{{{"all", SpfMechanism::All},
                                                                            {"include", SpfMechanism::Include},
                                                                            {"a", SpfMechanism::A},
                                                                            {"mx", SpfMechanism::Mx},
                                                                            {"ptr", SpfMechanism::Ptr},
                                                                            {"ip4", SpfMechanism::Ip4},
                                                                            {"ip6", SpfMechanism::Ip6},
                                                                            {"exists", SpfMechanism::Exists}}};

std::string lowered(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

bool isNameChar(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

/// "0" or digits without a leading zero, at most `limit`.
std::optional<int> prefixLength(std::string_view digits, int limit)
{
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0') || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    const int value = std::stoi(std::string(digits));
    return value <= limit ? std::optional(value) : std::nullopt;
}

/// Takes "/24", "//64" or "/24//64" off the end of `text`. False when what stands there is no length.
bool takeDualPrefix(std::string &text, SpfTerm &term)
{
    const auto takeDigits = [&text](std::string_view mark, int limit, int &target) {
        const auto at = text.rfind('/');
        if (at == std::string::npos || !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return true; // a slash inside the domain-spec; its grammar decides
        const bool isDouble = at > 0 && text[at - 1] == '/';
        if (isDouble != (mark == "//"))
            return true;
        const auto length = prefixLength(std::string_view(text).substr(at + 1), limit);
        if (!length)
            return false;
        target = *length;
        text.erase(at + 1 - mark.size());
        return true;
    };
    return takeDigits("//", 128, term.v6Prefix) && takeDigits("/", 32, term.v4Prefix);
}

std::optional<std::string> parseNetwork(std::string_view text, SpfTerm &term)
{
    const bool isV4 = term.mechanism == SpfMechanism::Ip4;
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) {
        const auto length = prefixLength(text.substr(slash + 1), isV4 ? 32 : 128);
        if (!length)
            return "the length of the network is wrong";
        (isV4 ? term.v4Prefix : term.v6Prefix) = *length;
    }
    const auto address = text.substr(0, slash);
    const auto network = IpAddress::parse(address);
    // An IPv4-mapped address is written as IPv6 and matches IPv4; its length counts from 96.
    const bool isWrittenAsV4 = address.find(':') == std::string_view::npos;
    if (!network || isWrittenAsV4 != isV4)
        return "no address";
    term.network = *network;
    if (!isV4 && network->isV4())
        term.v6Prefix = std::max(0, term.v6Prefix - 96);
    return std::nullopt;
}

std::optional<std::string> parseArgument(std::string argument, SpfTerm &term)
{
    switch (term.mechanism) {
    case SpfMechanism::All:
        return argument.empty() ? std::nullopt : std::optional<std::string>("takes no argument");
    case SpfMechanism::Ip4:
    case SpfMechanism::Ip6:
        return argument.starts_with(':') ? parseNetwork(std::string_view(argument).substr(1), term) : std::optional<std::string>("needs an address");
    default:
        break;
    }
    const bool hasPrefix = term.mechanism == SpfMechanism::A || term.mechanism == SpfMechanism::Mx;
    if (hasPrefix && !takeDualPrefix(argument, term))
        return "the length of the network is wrong";
    const bool isNeeded = term.mechanism == SpfMechanism::Include || term.mechanism == SpfMechanism::Exists;
    if (argument.empty())
        return isNeeded ? std::optional<std::string>("needs a domain") : std::nullopt;
    if (!argument.starts_with(':') || !isDomainSpec(std::string_view(argument).substr(1)))
        return "no domain";
    term.domain = argument.substr(1);
    return std::nullopt;
}

std::expected<SpfTerm, std::string> parseMechanism(std::string_view text)
{
    SpfTerm term;
    term.text = text;
    if (std::string_view("+-~?").find(text.front()) != std::string_view::npos) {
        term.qualifier = text.front();
        text.remove_prefix(1);
    }
    const auto end = std::min(text.find_first_of(":/"), text.size());
    const auto name = lowered(text.substr(0, end));
    const auto known = std::ranges::find(kNames, name, &std::pair<std::string_view, SpfMechanism>::first);
    if (known == kNames.end())
        return std::unexpected("unknown mechanism “" + term.text + "”");
    term.mechanism = known->second;
    if (const auto problem = parseArgument(std::string(text.substr(end)), term))
        return std::unexpected("“" + term.text + "”: " + *problem);
    return term;
}

/// name=value; `equals` is where the sign stands.
std::optional<std::string> parseModifier(std::string_view text, std::size_t equals, SpfRecord &record, bool &hasExplanation)
{
    const auto name = lowered(text.substr(0, equals));
    const auto value = text.substr(equals + 1);
    if (name == "redirect" || name == "exp") {
        if (!isDomainSpec(value))
            return "“" + std::string(text) + "”: no domain";
        if (name == "redirect" ? record.redirect.has_value() : hasExplanation)
            return "“" + name + "” stands twice";
        if (name == "redirect")
            record.redirect = value;
        else
            hasExplanation = true;
        return std::nullopt;
    }
    return isMacroString(value) ? std::nullopt : std::optional<std::string>("“" + std::string(text) + "”: wrong macro");
}

std::size_t modifierSign(std::string_view text)
{
    if (std::isalpha(static_cast<unsigned char>(text.front())) == 0)
        return std::string_view::npos;
    const auto end = std::ranges::find_if_not(text, isNameChar);
    return end != text.end() && *end == '=' ? static_cast<std::size_t>(end - text.begin()) : std::string_view::npos;
}

} // namespace

bool isSpf(std::string_view text)
{
    constexpr std::string_view mark = "v=spf1";
    return lowered(text.substr(0, mark.size())) == mark && (text.size() == mark.size() || text[mark.size()] == ' ');
}

std::expected<SpfRecord, std::string> parseSpf(std::string_view text)
{
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7e; }))
        return std::unexpected("holds bytes that are not ASCII");
    SpfRecord record;
    bool hasExplanation = false;
    text.remove_prefix(std::min<std::size_t>(6, text.size()));
    while (!text.empty()) {
        const auto from = text.find_first_not_of(' ');
        if (from == std::string_view::npos)
            break;
        text.remove_prefix(from);
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        if (const auto equals = modifierSign(word); equals != std::string_view::npos) {
            if (auto problem = parseModifier(word, equals, record, hasExplanation))
                return std::unexpected(std::move(*problem));
            continue;
        }
        auto term = parseMechanism(word);
        if (!term)
            return std::unexpected(std::move(term.error()));
        record.terms.push_back(std::move(*term));
    }
    return record;
}

} // namespace muster::dns
