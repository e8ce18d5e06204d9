// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/yaml/yamlscalar.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace muster::yaml {

namespace {

using Json = nlohmann::json;

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::ranges::find(words, text) != words.end();
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// "0o17" and "0xff": unsigned, as the core schema has them.
std::optional<Json> based(std::string_view text)
{
    if (!text.starts_with("0o") && !text.starts_with("0x"))
        return std::nullopt;
    const int base = text[1] == 'o' ? 8 : 16;
    text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return Json(value);
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool isDecimal(std::string_view text, bool &isWhole)
{
    std::size_t at = 0;
    const auto digits = [&] {
        const auto from = at;
        while (at < text.size() && isDigit(text[at]))
            ++at;
        return at - from;
    };
    const auto sign = [&] { at += at < text.size() && (text[at] == '-' || text[at] == '+') ? 1U : 0U; };
    sign();
    const auto whole = digits();
    isWhole = at == text.size();
    std::size_t fraction = 0;
    if (at < text.size() && text[at] == '.') {
        ++at;
        fraction = digits();
    }
    if (whole + fraction == 0)
        return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        sign();
        if (digits() == 0)
            return false;
    }
    return at == text.size();
}

std::optional<Json> decimal(std::string_view text)
{
    bool isWhole = false;
    if (!isDecimal(text, isWhole))
        return std::nullopt;
    if (text.front() == '+')
        text.remove_prefix(1);
    const auto *end = text.data() + text.size();
    if (std::int64_t value = 0; isWhole && std::from_chars(text.data(), end, value).ec == std::errc{})
        return Json(value);
    double value = 0;
    if (std::from_chars(text.data(), end, value).ec != std::errc{} || !std::isfinite(value))
        return std::nullopt;
    return Json(value);
}

std::optional<Json> truth(std::string_view text)
{
    if (isOneOf(text, {"true", "True", "TRUE"}))
        return Json(true);
    if (isOneOf(text, {"false", "False", "FALSE"}))
        return Json(false);
    return std::nullopt;
}

Json plain(const std::string &text)
{
    if (isOneOf(text, {"", "~", "null", "Null", "NULL"}))
        return nullptr;
    for (const auto &value : {truth(text), based(text), decimal(text)}) {
        if (value)
            return *value;
    }
    return text;
}

} // namespace

Json scalar(const std::string &tag, const std::string &text)
{
    static constexpr std::array resolved{"?", "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"};
    return std::ranges::find(resolved, tag) != resolved.end() ? plain(text) : Json(text);
}

} // namespace muster::yaml
