// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/paint.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace muster::paint {

namespace {

constexpr qreal kBarHeight = 8;
constexpr qreal kTickHeight = 14;
constexpr qreal kDot = 4;

qreal share(double score)
{
    return std::clamp(score, 0.0, 100.0) / 100;
}

} // namespace

void bullet(QPainter &painter, const QRectF &rect, const Bullet &bullet, const theme::Colors &colors)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const QRectF bar(rect.left(), rect.center().y() - kBarHeight / 2, rect.width(), kBarHeight);
    QPainterPath clip;
    clip.addRoundedRect(bar, 1.5, 1.5);
    painter.setClipPath(clip);
    painter.fillRect(bar, colors.track);
    const qreal low = bar.width() * share(bullet.score.low);
    const qreal high = bar.width() * share(bullet.score.high);
    if (high > low) {
        QColor band = colors.accent;
        band.setAlphaF(0.35F);
        painter.fillRect(QRectF(bar.left() + low, bar.top(), high - low, bar.height()), band);
        painter.fillRect(QRectF(bar.left() + low, bar.top(), high - low, bar.height()), QBrush(colors.accent, Qt::BDiagPattern));
    }
    painter.fillRect(QRectF(bar.left(), bar.top(), low, bar.height()), colors.accent);
    painter.setClipping(false);
    painter.setBrush(colors.panel);
    painter.setPen(QPen(colors.accent.darker(130), 0.5));
    if (bullet.review >= 0)
        painter.drawEllipse(QPointF(bar.left() + bar.width() * share(bullet.review), bar.center().y()), kDot / 2, kDot / 2);
    const qreal tick = std::min(bar.left() + bar.width() * share(bullet.target), bar.right() - 1);
    if (bullet.target >= 0)
        painter.fillRect(QRectF(tick - 1, rect.center().y() - kTickHeight / 2, 2, kTickHeight), colors.text);
    painter.restore();
}

void sparkline(QPainter &painter, const QRectF &rect, const Sparkline &line, const QColor &color, double leastRange)
{
    double low = INFINITY;
    double high = -INFINITY;
    for (const double value : line) {
        if (std::isnan(value))
            continue;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    if (line.size() < 2 || !std::isfinite(low))
        return;
    if (high - low < leastRange) {
        low = (low + high - leastRange) / 2;
        high = low + leastRange;
    }
    const double range = high - low;
    QPainterPath path;
    bool isOpen = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (std::isnan(line[i])) {
            isOpen = false;
            continue;
        }
        const qreal x = rect.left() + rect.width() * double(i) / double(line.size() - 1);
        const qreal y = range > 0 ? rect.bottom() - rect.height() * (line[i] - low) / range : rect.center().y();
        isOpen ? path.lineTo(x, y) : path.moveTo(x, y);
        isOpen = true;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, 1.4));
    painter.drawPath(path);
    painter.restore();
}

} // namespace muster::paint
