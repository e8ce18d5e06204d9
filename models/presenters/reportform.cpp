// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/reportform.h"

#include "models/format/format.h"

#include <QCoreApplication>
#include <QDir>
#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace muster::reportform {

namespace {

constexpr std::array kFormats{
    Format{"pdf", "pdf", QT_TRANSLATE_NOOP("ReportForm", "PDF, to hand over")},
    Format{"html", "html", QT_TRANSLATE_NOOP("ReportForm", "HTML, one file, nothing loaded from outside")},
    Format{"markdown", "md", QT_TRANSLATE_NOOP("ReportForm", "Markdown, for a ticket or a wiki")},
    Format{"json", "json", QT_TRANSLATE_NOOP("ReportForm", "JSON, for “musterctl recompute” and “musterctl report diff”")},
    Format{"csv", "csv", QT_TRANSLATE_NOOP("ReportForm", "CSV, the findings for a spreadsheet")},
};

constexpr qsizetype kLongest = 40; // characters of the environment's name

QString tr(const char *text)
{
    return QCoreApplication::translate("ReportForm", text);
}

} // namespace

std::span<const Format> formats()
{
    return kFormats;
}

QString title(const Format &format)
{
    return tr(format.title);
}

QString fileName(const std::string &environment, WallTime at, const Format &format)
{
    static const QRegularExpression kOdd(QStringLiteral("[^A-Za-z0-9_]+"));
    const QString name = QString::fromStdString(environment).replace(kOdd, QStringLiteral("-")).left(kLongest);
    const QString day = QString::fromStdString(format::iso(at)); // 2026-01-31T12:00:00.000Z
    return QStringLiteral("muster-%1-%2-%3.%4").arg(name, day.left(10), day.mid(11, 5).remove(QLatin1Char(':')), QString::fromUtf8(format.suffix));
}

QString withSuffix(const QString &path, const Format &format)
{
    const auto dot = path.lastIndexOf(QLatin1Char('.'));
    const QString suffix = path.mid(dot + 1);
    const bool isOurs = dot >= 0 && std::ranges::any_of(kFormats, [&suffix](const Format &each) { return suffix == QLatin1String(each.suffix); });
    return isOurs ? path.left(dot + 1) + QString::fromUtf8(format.suffix) : path;
}

QString absolute(const QString &path)
{
    const QString trimmed = path.trimmed();
    const bool isHome = trimmed == QLatin1String("~") || trimmed.startsWith(QLatin1String("~/"));
    return QDir::cleanPath(isHome ? QDir::homePath() + trimmed.mid(1) : trimmed);
}

QString problem(const QString &path)
{
    const QString whole = absolute(path);
    if (path.trimmed().isEmpty())
        return tr("Say where the file goes.");
    if (!QDir::isAbsolutePath(whole))
        return tr("“%1” does not say in which folder; begin with / or ~/.").arg(path.trimmed().left(80));
    if (path.trimmed().endsWith(QLatin1Char('/')) || whole == QDir::homePath())
        return tr("“%1” is a folder; add the file's name.").arg(path.trimmed().left(80));
    return {};
}

} // namespace muster::reportform
