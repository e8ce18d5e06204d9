// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/ladderchips.h"

#include "models/presenters/backuppresenter.h"
#include "ui/theme/theme.h"

#include <QPainter>

namespace muster {

namespace {
constexpr int kGap = 4;  // px
constexpr int kIcon = 9;
}

LadderChips::LadderChips(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("ladder"));
    setAccessibleName(tr("How far this backup is proven"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setFixedHeight(sizeHint().height());
}

void LadderChips::show(const Ladder &ladder)
{
    const QStringList names = backups::rungNames();
    setAccessibleDescription(ladder.reached > 0 ? names.mid(0, ladder.reached).join(QStringLiteral(", ")) : tr("no rung reached"));
    if (ladder == m_ladder)
        return;
    m_ladder = ladder;
    update();
}

void LadderChips::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme::font(theme::Type::Small));
    const theme::Colors &colors = theme::colors(palette());
    const QStringList names = backups::rungNames();
    const int count = int(names.size());
    const qreal width = qreal(this->width() - kGap * (count - 1)) / count;
    for (int i = 0; i < count; ++i) {
        const bool isReached = i < m_ladder.reached;
        const QRectF chip(i * (width + kGap) + 0.5, 0.5, width - 1, height() - 1);
        painter.setPen(isReached ? colors.accent : colors.line);
        painter.setBrush(isReached ? colors.selection : colors.panel);
        painter.drawRoundedRect(chip, 3, 3);
        const int text = painter.fontMetrics().horizontalAdvance(names[i]);
        const qreal left = chip.center().x() - (text + kIcon + 4) / 2.0;
        const QString icon = isReached ? QStringLiteral("pass") : QStringLiteral("not-applicable");
        painter.drawPixmap(QPointF(left, chip.center().y() - kIcon / 2.0), theme::tinted(icon, isReached ? colors.text : colors.quiet, kIcon, devicePixelRatioF()));
        painter.setPen(isReached ? colors.text : colors.quiet);
        painter.drawText(QRectF(left + kIcon + 4, 0, text + 2, height()), int(Qt::AlignVCenter | Qt::AlignLeft) | int(Qt::TextSingleLine), names[i]);
    }
}

} // namespace muster
