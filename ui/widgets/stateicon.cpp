// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/stateicon.h"

#include "models/presenters/readinesspresenter.h"
#include "ui/theme/theme.h"

#include <QPainter>

namespace muster {

StateIcon::StateIcon(QWidget *parent, int size) : QWidget(parent), m_size(size)
{
    setFixedSize(size, size);
    setAccessibleName(readiness::statusWord(m_status));
}

void StateIcon::setStatus(CheckStatus status)
{
    if (status == m_status)
        return;
    m_status = status;
    setAccessibleName(readiness::statusWord(status));
    update();
}

void StateIcon::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.drawPixmap(0, 0, theme::tinted(theme::iconName(m_status), theme::colorOf(m_status, colors), m_size, devicePixelRatioF()));
}

} // namespace muster
