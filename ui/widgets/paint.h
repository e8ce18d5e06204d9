// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"
#include "ui/theme/theme.h"

#include <QRectF>

class QPainter;

/// The small graphics of cells and headers.
namespace muster::paint {

/// Certain part solid, possible part hatched, target as a tick, the review's baseline as a dot.
void bullet(QPainter &painter, const QRectF &rect, const Bullet &bullet, const theme::Colors &colors);
/// A line over its own range, or over `leastRange` where that is more; NaN breaks it. A flat one lies in the middle.
void sparkline(QPainter &painter, const QRectF &rect, const Sparkline &line, const QColor &color, double leastRange = 0);

} // namespace muster::paint
