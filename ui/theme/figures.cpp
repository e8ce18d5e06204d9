// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/figures.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>

namespace muster {

void drawFigures(QPainter &painter, const QRect &rect, const QString &text)
{
    const QFontMetricsF metrics(painter.font());
    qreal widest = 0;
    bool isTabular = true;
    for (char16_t digit = u'0'; digit <= u'9'; ++digit) {
        const qreal width = metrics.horizontalAdvance(QChar(digit));
        isTabular = isTabular && (widest == 0 || qFuzzyCompare(width, widest));
        widest = std::max(widest, width);
    }
    const int flags = int(Qt::AlignRight | Qt::AlignVCenter) | int(Qt::TextSingleLine);
    if (isTabular || metrics.horizontalAdvance(text) > rect.width()) {
        painter.drawText(rect, flags, metrics.elidedText(text, Qt::ElideRight, rect.width()));
        return;
    }
    qreal right = rect.x() + rect.width();
    const qreal baseline = rect.y() + (rect.height() + metrics.ascent() - metrics.descent()) / 2;
    for (auto it = text.crbegin(); it != text.crend(); ++it) {
        const qreal own = metrics.horizontalAdvance(*it);
        const qreal cell = it->isDigit() ? widest : own;
        right -= cell;
        painter.drawText(QPointF(right + (cell - own) / 2, baseline), QString(*it));
    }
}

} // namespace muster
