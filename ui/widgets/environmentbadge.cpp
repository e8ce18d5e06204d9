// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/environmentbadge.h"

#include "models/format/text.h"
#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace muster {

namespace {
constexpr int kStrip = 8; // px
constexpr int kMargin = 16;
constexpr int kMostWidth = 220;
}

EnvironmentBadge::EnvironmentBadge(const EnvironmentInfo &environment, QWidget *parent)
    : QWidget(parent), m_kind(text::label(environment.kind, 24).toUpper()), m_name(text::label(environment.name, 48))
{
    setAccessibleName(tr("Environment %1, %2").arg(m_name, m_kind));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
}

QSize EnvironmentBadge::sizeHint() const
{
    const int kind = QFontMetrics(theme::font(theme::Type::Strong)).horizontalAdvance(m_kind) + int(m_kind.size());
    const int name = QFontMetrics(theme::font(theme::Type::Title)).horizontalAdvance(m_name);
    return {kStrip + kMargin + std::min(std::max(kind, name), kMostWidth) + kMargin, 48};
}

QColor EnvironmentBadge::color() const
{
    const theme::Colors &colors = theme::colors(palette());
    return m_kind == QLatin1String("PRODUCTION") ? colors.fail : m_kind == QLatin1String("STAGING") ? colors.warn : colors.ok;
}

void EnvironmentBadge::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(QRect(0, 0, kStrip, height()), color());
    const QRect text(kStrip + kMargin, 0, width() - kStrip - kMargin, height() / 2);
    QFont kindFont = theme::font(theme::Type::Strong);
    kindFont.setLetterSpacing(QFont::AbsoluteSpacing, 0.6);
    painter.setFont(kindFont);
    painter.setPen(color());
    painter.drawText(text.adjusted(0, 6, 0, 0), int(Qt::AlignLeft | Qt::AlignVCenter), m_kind);
    painter.setFont(theme::font(theme::Type::Title));
    painter.setPen(theme::colors(palette()).text);
    const QRect name = text.translated(0, height() / 2).adjusted(0, -6, 0, 0);
    painter.drawText(name, int(Qt::AlignLeft | Qt::AlignVCenter), painter.fontMetrics().elidedText(m_name, Qt::ElideRight, name.width()));
}

} // namespace muster
