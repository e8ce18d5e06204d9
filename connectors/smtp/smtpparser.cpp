// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpparser.h"

#include "connectors/smtp/mailaddress.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

namespace muster::smtp {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string upper(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return result;
}

std::string cleaned(std::string_view text)
{
    std::string result(text);
    std::replace_if(result.begin(), result.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
    if (!isUtf8(result))
        std::replace_if(result.begin(), result.end(), [](unsigned char c) { return c >= 0x80; }, '?');
    return result;
}

std::vector<std::string> words(std::string_view text)
{
    std::vector<std::string> list;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(' ', at)) != std::string_view::npos) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        list.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return list;
}

/// "5.7.8" at the head of a reply line of that class, or "".
std::string enhancedCode(int code, std::string_view text)
{
    const std::string_view head = text.substr(0, text.find(' '));
    if (head.size() < 5 || head.size() > 9 || head[0] != static_cast<char>('0' + code / 100) || head[1] != '.')
        return {};
    const std::size_t dot = head.find('.', 2);
    const bool isNumeric = std::all_of(head.begin(), head.end(), [](char c) { return isDigit(c) || c == '.'; });
    if (!isNumeric || dot == std::string_view::npos || dot == 2 || dot + 1 >= head.size() || head.find('.', dot + 1) != std::string_view::npos)
        return {};
    return std::string(head);
}

std::string_view keywordOf(std::string_view line) { return line.substr(0, line.find_first_of(" =")); }

void addAuth(Capabilities &capabilities, std::string_view parameters)
{
    for (std::string &mechanism : words(parameters)) {
        if (std::find(capabilities.auth.begin(), capabilities.auth.end(), mechanism) == capabilities.auth.end())
            capabilities.auth.push_back(std::move(mechanism));
    }
}

/// The run of id characters at `at`.
std::string idAt(std::string_view text, std::size_t at)
{
    std::size_t end = at;
    while (end < text.size() && (isWordChar(text[end]) || std::string_view("-_.@+/").find(text[end]) != std::string_view::npos))
        ++end;
    while (end > at && text[end - 1] == '.')
        --end;
    return std::string(text.substr(at, std::min<std::size_t>(end - at, 128)));
}

std::string idAfter(std::string_view text, std::string_view lower, std::string_view marker)
{
    const std::size_t found = lower.find(marker);
    if (found == std::string_view::npos)
        return {};
    const std::size_t at = text.find_first_not_of(" :=<[", found + marker.size());
    return at == std::string_view::npos ? std::string() : idAt(text, at);
}

/// A first word that looks like an id: letters and digits mixed, long enough (Sendmail puts it there).
std::string leadingId(const std::string &text)
{
    const std::string id = idAt(text, 0);
    const bool hasDigit = std::any_of(id.begin(), id.end(), isDigit);
    const bool hasLetter = std::any_of(id.begin(), id.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
    return id.size() >= 8 && hasDigit && hasLetter ? id : std::string();
}

} // namespace

std::string Reply::text() const
{
    std::string result = std::to_string(code);
    for (std::size_t i = 0; i < lines.size(); ++i)
        result += (i == 0 ? " " : " / ") + lines[i];
    return result;
}

std::expected<std::optional<Reply>, std::string> ReplyAssembler::feed(std::string_view line)
{
    const bool hasCode = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && isDigit(line[1]) && isDigit(line[2]);
    const bool hasMark = line.size() == 3 || (line.size() > 3 && (line[3] == ' ' || line[3] == '-'));
    if (!hasCode || !hasMark)
        return std::unexpected("not an SMTP reply: “" + cleaned(line.substr(0, 80)) + "”");
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (!m_reply.lines.empty() && code != m_reply.code)
        return std::unexpected("a reply that changes its code from " + std::to_string(m_reply.code) + " to " + std::to_string(code));
    if (m_reply.lines.size() >= kMaxLines)
        return std::unexpected("a reply of more than " + std::to_string(kMaxLines) + " lines");
    m_reply.code = code;
    m_reply.lines.push_back(cleaned(line.size() > 4 ? line.substr(4) : std::string_view()));
    if (line.size() > 3 && line[3] == '-')
        return std::nullopt;
    m_reply.enhanced = enhancedCode(code, m_reply.lines.front());
    return std::exchange(m_reply, {});
}

bool Capabilities::has(std::string_view keyword) const
{
    return std::any_of(keywords.begin(), keywords.end(), [keyword](const std::string &line) { return keywordOf(line) == keyword; });
}

Capabilities parseCapabilities(const Reply &ehlo)
{
    Capabilities capabilities;
    if (ehlo.lines.empty())
        return capabilities;
    capabilities.greeting = ehlo.lines.front();
    for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {
        const std::string line = upper(ehlo.lines[i]);
        const std::string_view keyword = keywordOf(line);
        const std::string_view parameters = keyword.size() < line.size() ? std::string_view(line).substr(keyword.size() + 1) : std::string_view();
        if (keyword.empty())
            continue;
        capabilities.keywords.push_back(line);
        if (keyword == "AUTH")
            addAuth(capabilities, parameters);
        std::uint64_t size = 0;
        if (keyword == "SIZE" && std::from_chars(parameters.data(), parameters.data() + parameters.size(), size).ec == std::errc())
            capabilities.size = size;
    }
    return capabilities;
}

std::string difference(const Capabilities &before, const Capabilities &after)
{
    std::string text;
    const auto add = [&text](char sign, const std::vector<std::string> &from, const std::vector<std::string> &to) {
        for (const std::string &line : from) {
            if (std::find(to.begin(), to.end(), line) == to.end())
                text += (text.empty() ? "" : " ") + std::string(1, sign) + line;
        }
    };
    add('+', after.keywords, before.keywords);
    add('-', before.keywords, after.keywords);
    return text;
}

std::string bannerHost(const Reply &banner)
{
    const auto list = words(banner.lines.empty() ? std::string() : banner.lines.front());
    if (list.empty() || list.front().size() > 255)
        return {};
    const std::string &host = list.front();
    const bool isHost = std::all_of(host.begin(), host.end(), [](char c) { return isWordChar(c) || std::string_view("-._[]:").find(c) != std::string_view::npos; });
    return isHost ? host : std::string();
}

std::string queueId(const Reply &reply)
{
    for (const std::string &line : reply.lines) {
        std::string text = line;
        if (const std::string code = enhancedCode(reply.code, text); !code.empty())
            text.erase(0, std::min(text.size(), code.size() + 1));
        std::string lower = text;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        for (const std::string_view marker : std::array<std::string_view, 6>{"queued as", "internalid=", " id=", "queued with id", "message-id:", "queue id"}) {
            if (std::string id = idAfter(text, lower, marker); !id.empty())
                return id;
        }
        if (std::string id = leadingId(text); !id.empty())
            return id;
    }
    return {};
}

} // namespace muster::smtp
