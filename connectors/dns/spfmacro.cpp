// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/spfmacro.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

namespace muster::dns {

namespace {

constexpr std::string_view kLetters = "slodiphv";
constexpr std::string_view kDelimiters = ".-+,/_=";
constexpr std::size_t kMaxName = 253;

bool isAlpha(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isAlnum(char c) { return isAlpha(c) || isDigit(c); }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// "%{d2r-}" taken apart.
struct Macro {
    char letter = 0;
    bool isEscaped = false; ///< upper case: URL-escape
    std::size_t keep = 0;   ///< right-most parts; 0 = all
    bool isReversed = false;
    std::string delimiters;
    std::size_t length = 0; ///< of the whole macro
};

/// `text` begins with "%{".
std::optional<Macro> parseMacro(std::string_view text)
{
    const auto end = text.find('}');
    if (end == std::string_view::npos || end < 3)
        return std::nullopt;
    Macro macro;
    macro.length = end + 1;
    macro.letter = lower(text[2]);
    macro.isEscaped = text[2] != macro.letter;
    if (kLetters.find(macro.letter) == std::string_view::npos)
        return std::nullopt;
    std::size_t at = 3;
    bool hasDigits = false;
    for (; at < end && isDigit(text[at]); ++at) {
        hasDigits = true;
        macro.keep = std::min<std::size_t>(macro.keep * 10 + static_cast<std::size_t>(text[at] - '0'), 1000);
    }
    if (hasDigits && macro.keep == 0)
        return std::nullopt;
    if (at < end && lower(text[at]) == 'r') {
        macro.isReversed = true;
        ++at;
    }
    for (; at < end; ++at) {
        if (kDelimiters.find(text[at]) == std::string_view::npos)
            return std::nullopt;
        macro.delimiters += text[at];
    }
    if (macro.delimiters.empty())
        macro.delimiters = '.';
    return macro;
}

std::string escaped(std::string_view text)
{
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        if (isAlnum(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
            result += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += '%';
        result += hex[byte >> 4];
        result += hex[byte & 0x0f];
    }
    return result;
}

std::string transformed(const Macro &macro, const std::string &value)
{
    std::vector<std::string> parts{std::string()};
    for (const char c : value) {
        if (macro.delimiters.find(c) != std::string::npos)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    if (macro.isReversed)
        std::ranges::reverse(parts);
    if (macro.keep > 0 && macro.keep < parts.size())
        parts.erase(parts.begin(), parts.end() - static_cast<std::ptrdiff_t>(macro.keep));
    std::string result;
    for (std::size_t at = 0; at < parts.size(); ++at) {
        if (at > 0)
            result += '.';
        result += parts[at];
    }
    return macro.isEscaped ? escaped(result) : result;
}

/// Walks `text`: literals and macros. False where the grammar ends.
bool walk(std::string_view text, const std::function<void(std::string_view)> &onLiteral, const std::function<void(const Macro &)> &onMacro)
{
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c != '%') {
            if (c < 0x21 || c > 0x7e)
                return false;
            onLiteral(text.substr(at, 1));
            ++at;
            continue;
        }
        const char next = at + 1 < text.size() ? text[at + 1] : '\0';
        if (next == '{') {
            const auto macro = parseMacro(text.substr(at));
            if (!macro)
                return false;
            onMacro(*macro);
            at += macro->length;
        } else if (next == '%' || next == '_' || next == '-') {
            onLiteral(next == '%' ? "%" : next == '_' ? " " : "%20");
            at += 2;
        } else {
            return false;
        }
    }
    return true;
}

bool isTopLabel(std::string_view label)
{
    if (label.empty() || !std::ranges::all_of(label, [](char c) { return isAlnum(c) || c == '-'; }))
        return false;
    if (label.front() == '-' || label.back() == '-')
        return false;
    return !std::ranges::all_of(label, isDigit);
}

} // namespace

bool isMacroString(std::string_view text)
{
    return walk(text, [](std::string_view) {}, [](const Macro &) {});
}

bool isDomainSpec(std::string_view text)
{
    if (text.empty() || !isMacroString(text))
        return false;
    bool isMacroLast = false;
    (void)walk(text, [&](std::string_view) { isMacroLast = false; }, [&](const Macro &) { isMacroLast = true; });
    if (isMacroLast || text.ends_with("%%") || text.ends_with("%_") || text.ends_with("%-"))
        return true;
    if (text.ends_with('.'))
        text.remove_suffix(1);
    const auto dot = text.rfind('.');
    return dot != std::string_view::npos && isTopLabel(text.substr(dot + 1));
}

std::string expandMacros(std::string_view text, const std::function<std::string(char)> &valueOf)
{
    std::string result;
    (void)walk(text, [&](std::string_view literal) { result += literal; }, [&](const Macro &macro) { result += transformed(macro, valueOf(macro.letter)); });
    if (result.ends_with('.'))
        result.pop_back();
    while (result.size() > kMaxName) {
        const auto dot = result.find('.');
        result.erase(0, dot == std::string::npos ? result.size() - kMaxName : dot + 1);
    }
    return result;
}

} // namespace muster::dns
