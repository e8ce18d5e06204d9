// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/mailmessage.h"

#include "connectors/net/digest.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace muster::smtp {

namespace {

constexpr std::size_t kMaxPlainLine = 998;
constexpr std::size_t kMaxEncodedWord = 45; ///< bytes before base64: 60 after, the whole word under 75
constexpr std::size_t kQuotedLine = 76;

bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
bool isAscii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

std::string withoutControls(std::string_view text)
{
    std::string result(text);
    std::replace_if(result.begin(), result.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
    return result;
}

bool hasLongLine(std::string_view text, std::size_t limit)
{
    std::size_t length = 0;
    for (const char c : text) {
        length = c == '\n' ? 0 : length + 1;
        if (length > limit)
            return true;
    }
    return false;
}

/// At most `limit` bytes from the head, cut between characters.
std::string_view headOf(std::string_view text, std::size_t limit)
{
    if (text.size() <= limit)
        return text;
    std::size_t end = limit;
    while (end > 1 && isContinuation(text[end]))
        --end;
    return text.substr(0, end);
}

std::string recipients(const std::vector<MailAddress> &list)
{
    std::string text;
    for (const MailAddress &address : list)
        text += (text.empty() ? "<" : ",\r\n <") + address.text() + ">";
    return text;
}

std::string_view encodingName(BodyEncoding encoding)
{
    switch (encoding) {
    case BodyEncoding::EightBit:
        return "8bit";
    case BodyEncoding::QuotedPrintable:
        return "quoted-printable";
    case BodyEncoding::SevenBit:
        break;
    }
    return "7bit";
}

} // namespace

std::string messageId(const MailDraft &draft) { return "<muster." + draft.runId + "@" + draft.from.domain + ">"; }

BodyEncoding chooseEncoding(std::string_view body, bool hasEightBitMime)
{
    if (hasLongLine(body, kMaxPlainLine - 2))
        return BodyEncoding::QuotedPrintable;
    if (isAscii(body))
        return BodyEncoding::SevenBit;
    return hasEightBitMime ? BodyEncoding::EightBit : BodyEncoding::QuotedPrintable;
}

std::string canonical(std::string_view text)
{
    std::string result;
    result.reserve(text.size() + text.size() / 32 + 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n')
            continue;
        if (c == '\r' || c == '\n')
            result += "\r\n";
        else
            result += c;
    }
    if (!result.ends_with("\r\n"))
        result += "\r\n";
    return result;
}

std::string dotStuffed(std::string_view message)
{
    std::string result;
    result.reserve(message.size() + 16);
    bool isLineStart = true;
    for (const char c : message) {
        if (isLineStart && c == '.')
            result += '.';
        result += c;
        isLineStart = c == '\n';
    }
    return result;
}

std::string encodedHeader(std::string_view text)
{
    const std::string clean = withoutControls(text);
    // "=?" in plain text would be read as an encoded word.
    if (isAscii(clean) && clean.size() <= 200 && clean.find("=?") == std::string::npos)
        return clean;
    std::string result;
    std::string_view rest = clean;
    while (!rest.empty()) {
        const std::string_view head = headOf(rest, kMaxEncodedWord);
        result += (result.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + net::toBase64(head) + "?=";
        rest.remove_prefix(head.size());
    }
    return result;
}

std::string quotedPrintable(std::string_view text)
{
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    const std::string lines = canonical(text);
    std::string result;
    std::size_t column = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto c = static_cast<unsigned char>(lines[i]);
        if (c == '\r') {
            result += "\r\n";
            column = 0;
            ++i;
            continue;
        }
        const bool isLineEnd = lines[i + 1] == '\r';
        const bool isPlain = c > ' ' && c < 0x7F && c != '=';
        const bool isInnerSpace = c == ' ' && !isLineEnd;
        const std::string token = isPlain || isInnerSpace ? std::string(1, lines[i]) : std::string{'=', kDigits[c >> 4U], kDigits[c & 15U]};
        if (column + token.size() > kQuotedLine - 1) {
            result += "=\r\n";
            column = 0;
        }
        result += token;
        column += token.size();
    }
    return result;
}

std::string dateHeader(WallTime at)
{
    static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    std::tm t{};
    ::gmtime_r(&seconds, &t);
    std::array<char, 64> text{};
    // Not strftime: its names follow the locale.
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000", kDays.at(static_cast<std::size_t>(t.tm_wday)), t.tm_mday,
                  kMonths.at(static_cast<std::size_t>(t.tm_mon)), t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    return text.data();
}

std::string compose(const MailDraft &draft, BodyEncoding encoding)
{
    std::string message;
    message += "Date: " + dateHeader(draft.at) + "\r\n";
    message += "From: <" + draft.from.text() + ">\r\n";
    message += "To: " + recipients(draft.to) + "\r\n";
    message += "Subject: " + encodedHeader(draft.subject) + "\r\n";
    message += "Message-ID: " + messageId(draft) + "\r\n";
    message += "MIME-Version: 1.0\r\n";
    message += "Content-Type: text/plain; charset=utf-8\r\n";
    message += "Content-Transfer-Encoding: " + std::string(encodingName(encoding)) + "\r\n";
    message += "Auto-Submitted: auto-generated\r\n";
    message += std::string(kRunHeader) + ": " + withoutControls(draft.runId) + "\r\n";
    message += "\r\n";
    message += encoding == BodyEncoding::QuotedPrintable ? quotedPrintable(draft.body) : canonical(draft.body);
    return message;
}

} // namespace muster::smtp
