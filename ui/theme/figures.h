// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRect>
#include <QString>

class QPainter;

namespace muster {

/// Draws a number right-aligned with every digit as wide as the widest, which fonts with proportional figures need
/// (Qt before 6.7 cannot ask the font for its tabular ones).
void drawFigures(QPainter &painter, const QRect &rect, const QString &text);

} // namespace muster
