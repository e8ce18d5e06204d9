// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/format/format.h"

#include "models/facts/none.h"
#include "models/format/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QTimeZone>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace muster::format {

namespace {

constexpr std::string_view kGroup = "\u202F";

std::string fixed(double value, int decimals)
{
    return QString::number(value, 'f', decimals).toStdString();
}

void trimZeros(std::string &digits)
{
    if (digits.find('.') == std::string::npos)
        return;
    while (digits.back() == '0')
        digits.pop_back();
    if (digits.back() == '.')
        digits.pop_back();
}

void groupThousands(std::string &digits)
{
    const std::size_t first = digits.starts_with('-') ? 1 : 0;
    auto end = digits.find('.');
    if (end == std::string::npos)
        end = digits.size();
    if (end - first < 5)
        return;
    for (auto at = end; at > first + 3;) {
        at -= 3;
        digits.insert(at, kGroup);
    }
}

/// One decimal below ten, none above: "4.2 ms", "42 ms".
std::string withUnit(double value, std::string_view unit)
{
    return number(value, std::abs(value) < 9.95 ? 1 : 0) + ' ' + std::string(unit);
}

std::string words(const char *source)
{
    return QCoreApplication::translate("muster::format", source).toStdString();
}

QDateTime toDateTime(WallTime at)
{
    return QDateTime::fromMSecsSinceEpoch(at.time_since_epoch().count(), QTimeZone::utc());
}

} // namespace

std::string number(double value, int decimals)
{
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value > 0 ? "∞" : "−∞";
    auto digits = fixed(value, decimals);
    trimZeros(digits);
    if (digits == "-0")
        digits = "0";
    groupThousands(digits);
    return digits;
}

std::string duration(double seconds)
{
    const double magnitude = std::abs(seconds);
    if (std::isnan(seconds))
        return "NaN";
    if (isNoneAge(magnitude))
        return words(QT_TRANSLATE_NOOP("muster::format", "never"));
    if (magnitude == 0)
        return "0 s";
    if (magnitude < 0.0009995)
        return withUnit(seconds * 1e6, "µs");
    if (magnitude < 0.9995)
        return withUnit(seconds * 1e3, "ms");
    if (magnitude < 120)
        return withUnit(seconds, "s");
    if (magnitude < 120.0 * 60)
        return number(std::floor(seconds / 60), 0) + " min";
    if (magnitude < 48.0 * 3600)
        return number(std::floor(seconds / 3600), 0) + " h";
    return number(std::floor(seconds / 86400), 0) + " d";
}

std::string size(double bytes)
{
    static constexpr std::array<std::string_view, 7> units{ "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    std::size_t unit = 0;
    while (std::abs(bytes) >= 999.5 && unit + 1 < units.size()) {
        bytes /= 1000;
        ++unit;
    }
    return unit == 0 ? number(bytes, 0) + " B" : withUnit(bytes, units[unit]);
}

std::string ratio(double share)
{
    if (!std::isfinite(share))
        return number(share);
    if (share < 1 && share >= 0.9995)
        return "> 99.9 %";
    if (share > 0 && share < 0.0005)
        return "< 0.1 %";
    return fixed(share * 100, 1) + " %";
}

std::string counted(double count, std::string_view one, std::string_view many)
{
    return number(count) + ' ' + std::string(count == 1 ? one : many);
}

std::string rate(double perSecond)
{
    static constexpr std::array<std::pair<double, std::string_view>, 4> spans{ { { 1, "/s" }, { 60, "/min" }, { 3600, "/h" }, { 86400, "/d" } } };
    const auto readable = perSecond == 0 ? spans.begin() : std::ranges::find_if(spans, [&](const auto &span) { return std::abs(perSecond) * span.first >= 0.095; });
    const auto &[seconds, unit] = readable == spans.end() ? spans.back() : *readable;
    const double value = perSecond * seconds;
    return number(value, std::abs(value) < 99.95 ? 1 : 0) + std::string(unit);
}

std::string value(double number, std::string_view unit)
{
    if (unit == "s")
        return duration(number);
    if (unit == "B")
        return size(number);
    if (unit == "ratio")
        return ratio(number);
    if (unit == "1/s")
        return rate(number);
    if (unit == "B/s")
        return size(number) + "/s";
    if (unit == "epoch" && std::abs(number) < 1e11)
        return utc(WallTime(Millis(std::llround(number * 1000))));
    auto text = format::number(number);
    return unit.empty() || unit == "count" ? text : text + ' ' + std::string(unit);
}

std::string value(const Value &value, std::string_view unit)
{
    if (const auto *number = asNumber(value))
        return format::value(*number, unit);
    if (const auto *truth = asTruth(value))
        return *truth ? words(QT_TRANSLATE_NOOP("muster::format", "yes")) : words(QT_TRANSLATE_NOOP("muster::format", "no"));
    if (const auto *string = asText(value))
        return text::plain(*string);
    if (const auto *table = asTable(value))
        return table->isTruncated ? format::number(static_cast<double>(table->rows.size()), 0) + "+ rows" : counted(static_cast<double>(table->rows.size()), "row", "rows");
    if (const auto *unknown = std::get_if<Unknown>(&value))
        return "unknown: " + text::plain(unknown->reason);
    return "not applicable: " + text::plain(std::get<NotApplicable>(value).reason);
}

std::string age(Millis age)
{
    // Whole seconds: an age that flickers between 1.1 s and 1.2 s tells nobody anything.
    return age < Millis{ 1000 } ? "0 s" : duration(std::floor(toSeconds(age)));
}

std::string ago(Millis age)
{
    if (age < Millis{ 500 })
        return words(QT_TRANSLATE_NOOP("muster::format", "just now"));
    return QCoreApplication::translate("muster::format", "%1 ago")
        .arg(QString::fromStdString(duration(std::max(1.0, std::floor(toSeconds(age))))))
        .toStdString();
}

std::string score(const Interval &score)
{
    const auto low = fixed(score.low, 1);
    const auto high = fixed(score.high, 1);
    return low == high ? low : low + "–" + high;
}

std::string measured(double share)
{
    if (share >= 1 - 1e-9)
        return {};
    const auto percent = std::min(99.0, std::round(share * 100)); // never "100 %" for less than all
    return QCoreApplication::translate("muster::format", "%1 % measured").arg(percent).toStdString();
}

std::string utc(WallTime at)
{
    return toDateTime(at).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss 'UTC'")).toStdString();
}

std::string iso(WallTime at)
{
    return toDateTime(at).toString(QStringLiteral("yyyy-MM-dd'T'HH:mm:ss.zzz'Z'")).toStdString();
}

std::string utcAndLocal(WallTime at)
{
    const auto local = toDateTime(at).toLocalTime();
    const auto hasSameDay = local.date() == toDateTime(at).date();
    const auto time = local.toString(hasSameDay ? QStringLiteral("HH:mm:ss") : QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    return utc(at) + " · " + time.toStdString() + ' ' + local.timeZoneAbbreviation().toStdString();
}

std::string status(CheckStatus status)
{
    if (status == CheckStatus::NotApplicable)
        return words(QT_TRANSLATE_NOOP("muster::format", "not applicable"));
    return QCoreApplication::translate("muster::format", std::string(toString(status)).c_str()).toStdString();
}

std::string verdict(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Ready:
        return words(QT_TRANSLATE_NOOP("muster::format", "READY"));
    case Verdict::AtRisk:
        return words(QT_TRANSLATE_NOOP("muster::format", "AT RISK"));
    case Verdict::NotReady:
        break;
    }
    return words(QT_TRANSLATE_NOOP("muster::format", "NOT READY"));
}

} // namespace muster::format
