// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/scoresparkline.h"

#include "ui/theme/theme.h"
#include "ui/widgets/paint.h"

#include <QPainter>

#include <cmath>

namespace muster {

namespace {
constexpr int kTextWidth = 62; // px
constexpr double kLeastRange = 2; // points of the score: less is noise, and must not look like a fall
}

ScoreSparkline::ScoreSparkline(QWidget *parent) : QWidget(parent)
{
    setFixedSize(sizeHint());
    setAccessibleName(tr("Score, last 24 hours"));
}

void ScoreSparkline::show(const Sparkline &line)
{
    m_line = line;
    update();
}

void ScoreSparkline::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    paint::sparkline(painter, QRectF(2, 5, width() - kTextWidth - 8, height() - 12), m_line, colors.accent, kLeastRange);
    double low = 100;
    double high = 0;
    for (const double value : m_line) {
        if (std::isnan(value))
            continue;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    painter.setFont(theme::font(theme::Type::Small));
    painter.setPen(colors.quiet);
    const QRect text(width() - kTextWidth, 0, kTextWidth, height());
    if (m_line.size() < 2) {
        painter.drawText(text, int(Qt::AlignVCenter | Qt::AlignLeft), tr("24 h"));
        return;
    }
    const QString words = tr("max %1\nmin %2\n24 h").arg(high, 0, 'f', 1).arg(low, 0, 'f', 1);
    setAccessibleDescription(words);
    painter.drawText(text, int(Qt::AlignVCenter | Qt::AlignLeft), words);
}

} // namespace muster
