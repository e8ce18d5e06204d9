// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/sharebar.h"

#include "ui/widgets/label.h"

#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr int kBar = 8; // px
}

ShareBar::ShareBar(const QString &objectName, const QString &accessibleName, QWidget *parent)
    : QWidget(parent), m_sentence(new Label(theme::Type::Strong, Label::Tone::Text, this))
{
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    m_sentence->setWordWrap(true);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, kBar + 6);
    column->addWidget(m_sentence);
}

void ShareBar::show(double share, const QString &sentence, CheckStatus status)
{
    m_sentence->show(sentence);
    m_sentence->setTone(status == CheckStatus::Pass ? Label::Tone::Text : toneOf(status));
    setAccessibleDescription(sentence);
    if (share == m_share && status == m_status)
        return;
    m_share = share;
    m_status = status;
    update();
}

void ShareBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    const QRect bar(0, height() - kBar, width(), kBar);
    const QColor color = theme::colorOf(m_status, colors);
    painter.fillRect(bar, colors.track);
    painter.fillRect(QRect(bar.left(), bar.top(), m_share > 0 ? std::max(2, int(bar.width() * std::min(m_share, 1.0))) : 0, kBar), color);
    if (m_share > 1)
        painter.fillRect(bar, QBrush(colors.panel, Qt::BDiagPattern));
}

} // namespace muster
