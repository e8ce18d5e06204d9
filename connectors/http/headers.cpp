// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/headers.h"

#include <algorithm>
#include <ranges>

namespace muster::http {

namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool equalsIgnoringCase(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string> splitOutsideQuotes(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    bool isQuoted = false;
    std::size_t begin = 0;
    const auto take = [&](std::size_t end) {
        if (const auto part = trimmed(text.substr(begin, end - begin)); !part.empty())
            parts.emplace_back(part);
        begin = end + 1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (isQuoted && text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            isQuoted = !isQuoted;
        else if (text[i] == separator && !isQuoted)
            take(i);
    }
    if (begin <= text.size())
        take(text.size());
    return parts;
}

std::pair<std::string, std::string> nameAndValue(std::string_view part)
{
    const auto equals = part.find('=');
    const auto name = trimmed(part.substr(0, equals));
    auto value = equals == std::string_view::npos ? std::string_view() : trimmed(part.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    return {std::string(name), std::string(value)};
}

long long wholeNumber(std::string_view text)
{
    if (text.empty() || text.size() > 18 || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
        return -1;
    long long number = 0;
    for (const char c : text)
        number = number * 10 + (c - '0');
    return number;
}

bool Headers::has(std::string_view name) const
{
    return std::ranges::any_of(m_fields, [&](const Header &h) { return equalsIgnoringCase(h.name, name); });
}

std::string Headers::first(std::string_view name) const
{
    const auto it = std::ranges::find_if(m_fields, [&](const Header &h) { return equalsIgnoringCase(h.name, name); });
    return it == m_fields.end() ? std::string() : it->value;
}

std::vector<std::string> Headers::all(std::string_view name) const
{
    std::vector<std::string> values;
    for (const auto &field : m_fields) {
        if (equalsIgnoringCase(field.name, name))
            values.push_back(field.value);
    }
    return values;
}

std::string Headers::joined(std::string_view name) const
{
    std::string text;
    for (const auto &value : all(name))
        text += (text.empty() ? "" : ", ") + value;
    return text;
}

std::string Headers::text() const
{
    std::string text;
    for (const auto &field : m_fields)
        text += field.name + ": " + field.value + "\n";
    return text;
}

} // namespace muster::http
