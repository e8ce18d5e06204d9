// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/jsonspans.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace muster::environment {

namespace {

bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}

bool isLineEnd(char c)
{
    return c == '\n' || c == '\r';
}

} // namespace

std::size_t JsonSpans::root() const
{
    return skip(m_bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);
}

std::size_t JsonSpans::endOfComment(std::size_t at) const
{
    if (byte(at) != '/')
        return at;
    const bool isBlock = byte(at + 1) == '*';
    const auto end = isBlock ? m_bytes.find("*/", at + 2) : m_bytes.find_first_of("\r\n", at);
    return end == std::string_view::npos ? m_bytes.size() : isBlock ? end + 2 : end;
}

std::size_t JsonSpans::skip(std::size_t at) const
{
    while (at < m_bytes.size()) {
        if (isBlank(m_bytes[at]) || isLineEnd(m_bytes[at]))
            ++at;
        else if (m_bytes[at] == '/')
            at = endOfComment(at);
        else
            break;
    }
    return at;
}

std::size_t JsonSpans::skipOnLine(std::size_t at) const
{
    while (at < m_bytes.size()) {
        auto next = at;
        while (isBlank(byte(next)))
            ++next;
        if (byte(next) != '/')
            return at;
        const auto end = endOfComment(next);
        if (m_bytes.substr(next, end - next).find_first_of("\r\n") != std::string_view::npos)
            return at;
        at = end;
    }
    return at;
}

std::size_t JsonSpans::endOfText(std::size_t at) const
{
    for (++at; at < m_bytes.size(); ++at) {
        if (m_bytes[at] == '\\')
            ++at;
        else if (m_bytes[at] == '"')
            return at + 1;
    }
    return m_bytes.size();
}

std::size_t JsonSpans::endOf(std::size_t at) const
{
    if (byte(at) == '"')
        return endOfText(at);
    if (byte(at) != '{' && byte(at) != '[')
        return std::min(m_bytes.find_first_of(",]} \t\r\n/", at), m_bytes.size());
    std::size_t depth = 0;
    while (at < m_bytes.size()) {
        const char c = m_bytes[at];
        if (c == '"' || c == '/') {
            at = c == '"' ? endOfText(at) : endOfComment(at);
            continue;
        }
        if (c == '{' || c == '[')
            ++depth;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at + 1;
        ++at;
    }
    return at;
}

std::vector<MemberSpan> JsonSpans::members(std::size_t at) const
{
    std::vector<MemberSpan> found;
    for (at = skip(at + 1); byte(at) == '"'; at = skip(at)) {
        const auto keyEnd = endOfText(at);
        const auto begin = skip(skip(keyEnd) + 1); // past the colon
        found.push_back({ nlohmann::json::parse(m_bytes.substr(at, keyEnd - at)).get<std::string>(), at, { begin, endOf(begin) } });
        at = skip(found.back().value.end);
        if (byte(at) == ',')
            ++at;
    }
    return found;
}

std::vector<Span> JsonSpans::elements(std::size_t at) const
{
    std::vector<Span> found;
    for (at = skip(at + 1); at < m_bytes.size() && m_bytes[at] != ']'; at = skip(at)) {
        found.push_back({ at, endOf(at) });
        at = skip(found.back().end);
        if (byte(at) == ',')
            ++at;
    }
    return found;
}

} // namespace muster::environment
