// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/imap/arrival.h"

#include <QDateTime>
#include <QString>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

namespace muster::imap {

namespace {

constexpr std::size_t kMaxHops = 50;
constexpr std::size_t kMaxResults = 30;

using Field = std::pair<std::string, std::string>; ///< lower-case name, unfolded value

std::string_view trimmed(std::string_view text)
{
    const auto from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos)
        return {};
    return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string lowered(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::vector<Field> fieldsOf(std::string_view header)
{
    std::vector<Field> fields;
    while (!header.empty()) {
        const auto line = header.substr(0, header.find('\n'));
        header.remove_prefix(std::min(line.size() + 1, header.size()));
        if (trimmed(line).empty())
            break;
        if ((line.front() == ' ' || line.front() == '\t') && !fields.empty()) {
            fields.back().second.append(" ").append(trimmed(line));
            continue;
        }
        if (const auto colon = line.find(':'); colon != std::string_view::npos)
            fields.emplace_back(lowered(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1))));
    }
    return fields;
}

/// Comments of RFC 5322 in parentheses, nested ones too, taken out.
std::string withoutComments(std::string_view text)
{
    std::string result;
    int depth = 0;
    for (const char c : text) {
        if (c == '(')
            ++depth;
        else if (c == ')' && depth > 0)
            --depth;
        else if (depth == 0)
            result += c;
    }
    return result;
}

std::optional<WallTime> dateOf(std::string_view text)
{
    const auto date = QDateTime::fromString(QString::fromStdString(std::string(trimmed(withoutComments(text)))), Qt::RFC2822Date);
    if (!date.isValid())
        return std::nullopt;
    return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::milliseconds(date.toMSecsSinceEpoch())));
}

/// The word after `keyword` in "from a by b with c".
std::string wordAfter(std::string_view text, std::string_view keyword)
{
    const auto plain = ' ' + withoutComments(text) + ' ';
    const auto at = lowered(plain).find(' ' + std::string(keyword) + ' ');
    if (at == std::string::npos)
        return {};
    const auto rest = trimmed(std::string_view(plain).substr(at + keyword.size() + 2));
    return std::string(rest.substr(0, rest.find_first_of(" \t;")));
}

Hop hopOf(std::string_view value)
{
    Hop hop;
    const auto semicolon = value.rfind(';');
    const auto words = value.substr(0, semicolon);
    hop.from = wordAfter(words, "from");
    hop.by = wordAfter(words, "by");
    if (semicolon != std::string_view::npos)
        hop.at = dateOf(value.substr(semicolon + 1));
    return hop;
}

void readResults(std::string_view value, Arrival &arrival)
{
    const auto text = withoutComments(value);
    std::string_view rest = text;
    bool isFirst = true;
    while (!rest.empty() && arrival.results.size() < kMaxResults) {
        const auto part = trimmed(rest.substr(0, rest.find(';')));
        rest.remove_prefix(std::min(rest.find(';') == std::string_view::npos ? rest.size() : rest.find(';') + 1, rest.size()));
        if (isFirst) {
            arrival.judge = std::string(part.substr(0, part.find(' ')));
            isFirst = false;
            continue;
        }
        const auto equals = part.find('=');
        if (equals == std::string_view::npos)
            continue;
        const auto end = std::min(part.find(' ', equals), part.size());
        arrival.results.push_back({lowered(part.substr(0, equals)), lowered(part.substr(equals + 1, end - equals - 1)), std::string(trimmed(part.substr(end)))});
    }
}

} // namespace

Arrival readHeader(std::string_view header)
{
    Arrival arrival;
    bool hasResults = false;
    for (const auto &[name, value] : fieldsOf(header)) {
        if (name == "received" && arrival.hops.size() < kMaxHops) {
            arrival.hops.push_back(hopOf(value));
        } else if (name == "authentication-results" && !hasResults) {
            hasResults = true;
            readResults(value, arrival);
        } else if (name == "message-id" && arrival.messageId.empty()) {
            arrival.messageId = value;
        } else if (name == "date" && !arrival.sent) {
            arrival.sent = dateOf(value);
        }
    }
    if (!arrival.hops.empty())
        arrival.arrived = arrival.hops.front().at;
    std::ranges::reverse(arrival.hops);
    return arrival;
}

} // namespace muster::imap
