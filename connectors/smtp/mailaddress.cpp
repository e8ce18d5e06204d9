// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/mailaddress.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace muster::smtp {

namespace {

constexpr std::size_t kMaxLocal = 64;
constexpr std::size_t kMaxDomain = 255;
constexpr std::size_t kMaxAddress = 254;
constexpr std::size_t kMaxLabel = 63;

bool isBeyondAscii(unsigned char c) { return c >= 0x80; }

bool isAtomChar(unsigned char c)
{
    return std::isalnum(c) != 0 || isBeyondAscii(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) != std::string_view::npos;
}

bool isLabelChar(unsigned char c) { return std::isalnum(c) != 0 || isBeyondAscii(c) || c == '-'; }

/// Parts between dots: none empty, each of characters that `accepts`.
template<class Accepts>
bool isDotted(std::string_view text, Accepts accepts)
{
    while (true) {
        const std::string_view part = text.substr(0, text.find('.'));
        if (part.empty() || !std::all_of(part.begin(), part.end(), accepts))
            return false;
        if (part.size() == text.size())
            return true;
        text.remove_prefix(part.size() + 1);
    }
}

bool hasGoodLabels(std::string_view domain)
{
    while (true) {
        const std::string_view label = domain.substr(0, domain.find('.'));
        if (label.size() > kMaxLabel || label.starts_with('-') || label.ends_with('-'))
            return false;
        if (label.size() == domain.size())
            return true;
        domain.remove_prefix(label.size() + 1);
    }
}

bool isDomain(std::string_view domain)
{
    if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']') {
        const std::string_view inner = domain.substr(1, domain.size() - 2);
        return std::all_of(inner.begin(), inner.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == ':'; });
    }
    return isDotted(domain, isLabelChar) && hasGoodLabels(domain);
}

/// Length of the UTF-8 sequence at `text`, 0 when it is not one.
std::size_t sequenceLength(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
    if (length == 0 || length > text.size())
        return 0;
    std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U)
            return 0;
        point = (point << 6U) | (next & 0x3FU);
    }
    const bool isOverlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool isSurrogate = point >= 0xD800 && point <= 0xDFFF;
    return isOverlong || isSurrogate || point > 0x10FFFF ? 0 : length;
}

} // namespace

bool MailAddress::isAscii() const
{
    return std::none_of(local.begin(), local.end(), isBeyondAscii) && std::none_of(domain.begin(), domain.end(), isBeyondAscii);
}

bool isUtf8(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t length = sequenceLength(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::expected<MailAddress, std::string> parseAddress(std::string_view text)
{
    if (text.empty())
        return std::unexpected("a mail address is empty");
    if (text.size() > kMaxAddress || !isUtf8(text))
        return std::unexpected("a mail address is longer than 254 bytes or not UTF-8");
    if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; }))
        return std::unexpected("a mail address must not have a space, a line end or another control character in it");
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos)
        return std::unexpected("“" + std::string(text) + "” has no @");
    const std::string_view local = text.substr(0, at);
    const std::string_view domain = text.substr(at + 1);
    if (local.size() > kMaxLocal || !isDotted(local, isAtomChar))
        return std::unexpected("“" + std::string(text) + "”: the part before @ must be letters, digits and dots, at most 64 bytes");
    if (domain.size() > kMaxDomain || !isDomain(domain))
        return std::unexpected("“" + std::string(text) + "”: the part after @ is not a domain");
    return MailAddress{std::string(local), std::string(domain)};
}

} // namespace muster::smtp
