// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/format/text.h"

#include <QChar>
#include <QList>

#include <algorithm>

namespace muster::text {

namespace {

constexpr int kMaxCombining = 4;

bool isInvisible(char32_t c)
{
    // Bidirectional overrides and isolates, zero-width characters, byte order mark, line and paragraph separators, tags.
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || (c >= 0x200B && c <= 0x200F) || c == 0x061C || c == 0xFEFF
        || c == 0x2028 || c == 0x2029 || (c >= 0x2060 && c <= 0x2064) || (c >= 0xE0000 && c <= 0xE007F) || c == 0x00AD;
}

bool isCombining(char32_t c)
{
    switch (QChar::category(c)) {
    case QChar::Mark_NonSpacing:
    case QChar::Mark_Enclosing:
    case QChar::Mark_SpacingCombining:
        return true;
    default:
        return false;
    }
}

QString codePoint(char32_t c)
{
    return QStringLiteral("‹U+%1›").arg(static_cast<quint32>(c), 4, 16, QLatin1Char('0')).toUpper();
}

QString visible(char32_t c, bool isBlock)
{
    if (isBlock && (c == '\n' || c == '\t'))
        return QString(QChar(static_cast<char16_t>(c)));
    if (c == '\n')
        return QStringLiteral("⏎");
    if (c < 0x20)
        return QString(QChar(static_cast<char16_t>(0x2400 + c))); // ␀ … ␟, the control pictures
    if (c == 0x7F)
        return QStringLiteral("␡");
    if ((c >= 0x80 && c < 0xA0) || isInvisible(c))
        return codePoint(c);
    return QString::fromUcs4(&c, 1);
}

bool isPrintableAscii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

QString inert(std::string_view text, std::size_t limit, bool isBlock)
{
    // Nearly every text of a table of thousands of rows.
    if (const auto shown = text.substr(0, limit); isPrintableAscii(shown) && shown.size() == text.size())
        return QString::fromLatin1(shown.data(), static_cast<qsizetype>(shown.size()));
    // At most four bytes a character are of interest, so that a megabyte costs nothing.
    const auto head = text.substr(0, std::min(text.size(), limit * 4 + 4));
    const auto codes = QString::fromUtf8(head.data(), static_cast<qsizetype>(head.size())).toUcs4();
    QString result;
    result.reserve(static_cast<qsizetype>(std::min<std::size_t>(head.size(), limit + 1)));
    std::size_t shown = 0;
    int marks = 0;
    for (qsizetype i = 0; i < codes.size(); ++i) {
        const char32_t c = codes[i];
        if (shown == limit)
            return result + QChar(0x2026);
        if (c == '\r' && i + 1 < codes.size() && codes[i + 1] == '\n')
            continue;
        marks = isCombining(c) ? marks + 1 : 0;
        if (marks > kMaxCombining)
            continue;
        result += visible(c, isBlock);
        ++shown;
    }
    return head.size() < text.size() ? result + QChar(0x2026) : result;
}

} // namespace

std::string plain(std::string_view text, std::size_t limit)
{
    return inert(text, limit, false).toStdString();
}

std::string block(std::string_view text, std::size_t limit)
{
    return inert(text, limit, true).toStdString();
}

QString label(std::string_view text, std::size_t limit)
{
    return inert(text, limit, false);
}

QString toolTip(std::string_view text, std::size_t limit)
{
    return QStringLiteral("<span>") + inert(text, limit, false).toHtmlEscaped() + QStringLiteral("</span>");
}

} // namespace muster::text
