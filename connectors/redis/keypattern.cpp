// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/keypattern.h"

#include <algorithm>

namespace muster::redis {

namespace {

constexpr std::size_t kPatternLimit = 512;    ///< of a glob: the server's matcher is slow on long ones
constexpr std::size_t kPrefixLimit = 65'536;   ///< a literal prefix costs it nothing
constexpr std::ptrdiff_t kStarLimit = 4;

/// Does the class that starts behind '[' at `at` hold `byte`? Moves `at` to its closing bracket (or the end, as the server does).
bool isInClass(std::string_view pattern, std::size_t &at, unsigned char byte)
{
    const auto code = [pattern](std::size_t index) { return static_cast<unsigned char>(pattern[index]); };
    ++at;
    const bool isNegated = at < pattern.size() && pattern[at] == '^';
    if (isNegated)
        ++at;
    bool isHit = false;
    for (; at < pattern.size() && pattern[at] != ']'; ++at) {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            ++at;
            isHit |= code(at) == byte;
        } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
            const auto [low, high] = std::minmax({code(at), code(at + 2)}); // by value: references would dangle
            isHit |= low <= byte && byte <= high;
            at += 2;
        } else {
            isHit |= code(at) == byte;
        }
    }
    if (at == pattern.size())
        --at;
    return isHit != isNegated;
}

/// Does the element of the pattern at `at` take `byte`? Moves `at` to its last character.
bool takes(std::string_view pattern, std::size_t &at, char byte)
{
    if (pattern[at] == '?')
        return true;
    if (pattern[at] == '[')
        return isInClass(pattern, at, static_cast<unsigned char>(byte));
    if (pattern[at] == '\\' && at + 1 < pattern.size())
        ++at;
    return pattern[at] == byte;
}

} // namespace

std::string patternForPrefix(std::string_view prefix)
{
    std::string pattern;
    pattern.reserve(prefix.size() + 8);
    for (const char byte : prefix) {
        if (std::string_view("\\*?[]").find(byte) != std::string_view::npos)
            pattern += '\\';
        pattern += byte;
    }
    return pattern + '*';
}

std::optional<std::string> patternProblem(const FlushRequest &request)
{
    const auto &pattern = request.pattern;
    if (request.scope != FlushRequest::Scope::Prefix && request.scope != FlushRequest::Scope::Glob)
        return request.stageShare > 0 ? std::optional<std::string>("only keys of a prefix or a pattern can go in stages; a whole database goes at once") : std::nullopt;
    if (pattern.empty())
        return "the pattern is empty; to flush a whole database, say so (--db N)";
    const auto limit = request.scope == FlushRequest::Scope::Prefix ? kPrefixLimit : kPatternLimit;
    if (pattern.size() > limit)
        return "the pattern is longer than " + std::to_string(limit) + " bytes";
    if (request.scope == FlushRequest::Scope::Prefix)
        return std::nullopt;
    if (std::ranges::all_of(pattern, [](char byte) { return byte == '*' || byte == '?'; }))
        return "the pattern matches every key; to flush a whole database, say so (--db N)";
    if (std::ranges::count(pattern, '*') > kStarLimit)
        return "the pattern has more than " + std::to_string(kStarLimit) + " stars; such patterns can stall the server";
    return std::nullopt;
}

bool isMatch(std::string_view pattern, std::string_view key)
{
    constexpr auto none = std::string_view::npos;
    std::size_t at = 0;
    std::size_t star = none; // the last star, and where its remainder began
    std::size_t resume = 0;
    std::size_t i = 0;
    while (i < key.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            resume = i;
            continue;
        }
        auto end = at;
        if (at < pattern.size() && takes(pattern, end, key[i])) {
            at = end + 1;
            ++i;
            continue;
        }
        if (star == none)
            return false;
        at = star + 1;
        i = ++resume;
    }
    while (at < pattern.size() && pattern[at] == '*')
        ++at;
    return at == pattern.size();
}

std::string displayKey(std::string_view key, std::size_t limit)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string shown;
    for (const char byte : key.substr(0, limit)) {
        const auto code = static_cast<unsigned char>(byte);
        if (code >= 0x20 && code < 0x7f && byte != '\\') {
            shown += byte;
        } else if (byte == '\\') {
            shown += "\\\\";
        } else {
            shown += "\\x";
            shown += digits[code >> 4U];
            shown += digits[code & 15U];
        }
    }
    return key.size() > limit ? shown + "…" : shown;
}

} // namespace muster::redis
