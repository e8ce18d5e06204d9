// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"

#include "ui/theme/quietstyle.h"

#include <QApplication>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QPainter>
#include <QPixmapCache>
#include <QStyleHints>
#include <QSvgRenderer>
#include <QVariant>

namespace muster::theme {

namespace {

constexpr const char *kSystemIsDark = "musterSystemIsDark"; // property of the application: lightness before our own palette
constexpr qreal kBasePoints = 10;

QColor rgb(QRgb value)
{
    return QColor::fromRgb(value);
}

bool systemIsDark(QApplication &application)
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    if (QGuiApplication::styleHints()->colorScheme() != Qt::ColorScheme::Unknown)
        return QGuiApplication::styleHints()->colorScheme() == Qt::ColorScheme::Dark;
#endif
    if (!application.property(kSystemIsDark).isValid())
        application.setProperty(kSystemIsDark, isDark(QGuiApplication::palette()));
    return application.property(kSystemIsDark).toBool();
}

} // namespace

const Colors &light()
{
    static const Colors colors{rgb(0xf6f7f8), rgb(0xffffff), rgb(0xeceef0), rgb(0xdcdfe3), rgb(0x1c2024), rgb(0x5d6670), rgb(0x0072b2),
                               rgb(0xb3261e), rgb(0x9a5b00), rgb(0x00734f), rgb(0xe3eef7), rgb(0xffffff), rgb(0xdcdfe3)};
    return colors;
}

const Colors &dark()
{
    static const Colors colors{rgb(0x16191d), rgb(0x1d2126), rgb(0x121519), rgb(0x2c3239), rgb(0xe6e9ec), rgb(0xa3acb6), rgb(0x56b4e9),
                               rgb(0xff8a80), rgb(0xf0b557), rgb(0x4cc9a0), rgb(0x22323f), rgb(0x10161b), rgb(0x2c3239)};
    return colors;
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightnessF() < 0.5F;
}

const Colors &colors(const QPalette &palette)
{
    return isDark(palette) ? dark() : light();
}

QPalette paletteOf(const Colors &c)
{
    QPalette palette(c.text, c.panel, c.panel, c.line, c.quiet, c.text, c.text, c.panel, c.window);
    palette.setColor(QPalette::Window, c.window);
    palette.setColor(QPalette::WindowText, c.text);
    palette.setColor(QPalette::Base, c.panel);
    palette.setColor(QPalette::AlternateBase, c.window);
    palette.setColor(QPalette::Button, c.panel);
    palette.setColor(QPalette::ButtonText, c.text);
    palette.setColor(QPalette::BrightText, c.onAccent);
    palette.setColor(QPalette::Highlight, c.selection);
    palette.setColor(QPalette::HighlightedText, c.text);
    palette.setColor(QPalette::PlaceholderText, c.quiet);
    palette.setColor(QPalette::ToolTipBase, c.panel);
    palette.setColor(QPalette::ToolTipText, c.text);
    palette.setColor(QPalette::Link, c.accent);
    palette.setColor(QPalette::Mid, c.line);
    palette.setColor(QPalette::Dark, c.quiet);
    palette.setColor(QPalette::Midlight, c.line);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, c.quiet);
    return palette;
}

void apply(QApplication &application, Scheme scheme)
{
    const bool wantsDark = scheme == Scheme::Dark || (scheme == Scheme::System && systemIsDark(application));
    if (scheme != Scheme::System)
        (void)systemIsDark(application); // remembered before the first own palette hides it
    if (application.style()->objectName() != QLatin1String(QuietStyle::kName))
        QApplication::setStyle(new QuietStyle); // owned by the application
    QApplication::setPalette(paletteOf(wantsDark ? dark() : light()));
    QApplication::setFont(font(Type::Body));
    QPixmapCache::clear();
}

QFont font(Type type)
{
    QFont font = type == Type::Mono ? QFontDatabase::systemFont(QFontDatabase::FixedFont) : QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    font.setPointSizeF(kBasePoints);
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
    if (const auto tabular = QFont::Tag::fromString("tnum"))
        font.setFeature(*tabular, 1);
#endif
    switch (type) {
    case Type::Small: font.setPointSizeF(kBasePoints - 1); break;
    case Type::Mono: font.setPointSizeF(kBasePoints - 1); break;
    case Type::Body: break;
    case Type::Strong: font.setWeight(QFont::DemiBold); break;
    case Type::Title: font.setPointSizeF(kBasePoints + 2); font.setWeight(QFont::DemiBold); break;
    case Type::Score: font.setPointSizeF(2 * kBasePoints); font.setWeight(QFont::DemiBold); break;
    }
    return font;
}

QColor colorOf(CheckStatus status, const Colors &colors)
{
    switch (status) {
    case CheckStatus::Pass: return colors.ok;
    case CheckStatus::Warn: return colors.warn;
    case CheckStatus::Fail: return colors.fail;
    case CheckStatus::Unknown:
    case CheckStatus::Stale:
    case CheckStatus::NotApplicable:
    case CheckStatus::Waived: return colors.quiet;
    }
    return colors.quiet;
}

QString iconName(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Pass: return QStringLiteral("pass");
    case CheckStatus::Warn: return QStringLiteral("warn");
    case CheckStatus::Fail: return QStringLiteral("fail");
    case CheckStatus::Unknown: return QStringLiteral("unknown");
    case CheckStatus::Stale: return QStringLiteral("stale");
    case CheckStatus::NotApplicable: return QStringLiteral("not-applicable");
    case CheckStatus::Waived: return QStringLiteral("waived");
    }
    return {};
}

QPixmap tinted(const QString &name, const QColor &color, int size, qreal ratio)
{
    const QString key = QStringLiteral("muster/%1/%2/%3/%4").arg(name, color.name()).arg(size).arg(ratio);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap))
        return pixmap;
    const int pixels = qRound(size * ratio);
    pixmap = QPixmap(pixels, pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    QSvgRenderer(QStringLiteral(":/icons/%1.svg").arg(name)).render(&painter);
    painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
    painter.fillRect(pixmap.rect(), color);
    painter.end();
    pixmap.setDevicePixelRatio(ratio);
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

QIcon icon(const QString &name, const QPalette &palette)
{
    QIcon icon;
    icon.addPixmap(tinted(name, colors(palette).text, 16, 1));
    icon.addPixmap(tinted(name, colors(palette).text, 16, 2));
    return icon;
}

} // namespace muster::theme
