// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/assessment.h"

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QPalette>
#include <QPixmap>
#include <QString>

#include <cstdint>

class QApplication;
class QWidget;

/// The look: two palettes, one type scale, tinted icons. No state but the application's own palette and style.
namespace muster::theme {

enum class Scheme : std::uint8_t { System, Light, Dark };

/// Every colour that the window uses, by meaning.
struct Colors {
    QColor window, panel, side, line, text, quiet, accent, fail, warn, ok, selection;
    QColor onAccent; ///< text on an accent surface
    QColor track;    ///< empty part of a bar
};

[[nodiscard]] const Colors &light();
[[nodiscard]] const Colors &dark();
/// The set that this palette was made from.
[[nodiscard]] const Colors &colors(const QPalette &palette);
[[nodiscard]] bool isDark(const QPalette &palette);
[[nodiscard]] QPalette paletteOf(const Colors &colors);

/// Sets style, palette and font of the application. `System` follows the desktop's lightness as it was at the first call
/// (Qt 6.5 and later: as it is now).
void apply(QApplication &application, Scheme scheme);

enum class Type : std::uint8_t { Small, Body, Strong, Title, Score, Mono };
/// One scale: base 10 pt of the system font, two weights, tabular figures where the Qt version can ask for them.
[[nodiscard]] QFont font(Type type);

[[nodiscard]] QColor colorOf(CheckStatus status, const Colors &colors);
/// "fail", "warn", ...: a file under :/icons.
[[nodiscard]] QString iconName(CheckStatus status);
/// An icon of :/icons in one colour, sharp at the given ratio; cached.
[[nodiscard]] QPixmap tinted(const QString &name, const QColor &color, int size, qreal ratio);
[[nodiscard]] QIcon icon(const QString &name, const QPalette &palette);

inline constexpr int kGrid = 8;       ///< px
inline constexpr int kRowHeight = 28; ///< px

} // namespace muster::theme
