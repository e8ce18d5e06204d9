// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/flowrow.h"

#include <QEvent>

#include <algorithm>

namespace muster {

namespace {
constexpr int kGap = 6; // px
}

FlowRow::FlowRow(QWidget *parent) : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void FlowRow::arrange()
{
    updateGeometry();
    place(width(), true);
}

QSize FlowRow::sizeHint() const
{
    return {200, place(std::max(width(), 200), false)};
}

void FlowRow::resizeEvent(QResizeEvent *)
{
    place(width(), true);
}

bool FlowRow::event(QEvent *event)
{
    if (event->type() == QEvent::LayoutRequest)
        arrange();
    return QWidget::event(event);
}

int FlowRow::place(int width, bool isMoving) const
{
    int x = 0;
    int y = 0;
    int lineHeight = 0;
    for (QObject *child : children()) {
        auto *widget = qobject_cast<QWidget *>(child);
        if (!widget || widget->isHidden())
            continue;
        QSize size = widget->sizeHint();
        size.setWidth(std::min(size.width(), width));
        if (x > 0 && x + size.width() > width) {
            x = 0;
            y += lineHeight + kGap;
            lineHeight = 0;
        }
        if (isMoving)
            widget->setGeometry(x, y, size.width(), size.height());
        x += size.width() + kGap;
        lineHeight = std::max(lineHeight, size.height());
    }
    return y + lineHeight;
}

} // namespace muster
