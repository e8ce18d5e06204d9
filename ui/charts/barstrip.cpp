// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/barstrip.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace muster {

namespace {
constexpr int kTop = 40;     // px for title and values
constexpr int kSide = 10;
constexpr int kBottom = 10;
constexpr qreal kWidest = 18; // of a bar with its gap
}

BarStrip::BarStrip(const QString &objectName, const QString &title, std::string unit, QWidget *parent)
    : QWidget(parent), m_title(title), m_unit(std::move(unit))
{
    setObjectName(objectName);
    setAccessibleName(title);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void BarStrip::show(const std::vector<double> &values, const QStringList &names)
{
    const bool isSame = names == m_names && std::ranges::equal(values, m_values, [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); });
    if (isSame)
        return;
    m_values = values;
    m_names = names;
    setAccessibleDescription(tr("%1 of %2 known").arg(barCount()).arg(m_values.size()));
    update();
}

int BarStrip::barCount() const
{
    return int(std::ranges::count_if(m_values, [](double value) { return !std::isnan(value); }));
}

QString BarStrip::valueText(double value) const
{
    return std::isnan(value) ? tr("not known") : QString::fromStdString(format::value(value, m_unit));
}

QRectF BarStrip::slot(std::size_t index) const
{
    const qreal width = std::min(kWidest, qreal(this->width() - 2 * kSide) / qreal(std::max<std::size_t>(1, m_values.size())));
    return {kSide + width * qreal(index), kTop, width, qreal(height() - kTop - kBottom)};
}

bool BarStrip::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    for (std::size_t i = 0; i < m_values.size(); ++i) {
        if (!slot(i).contains(help->pos()))
            continue;
        const QString tip = m_names.value(qsizetype(i)) % QLatin1Char('\n') % valueText(m_values[i]);
        QToolTip::showText(help->globalPos(), text::toolTip(tip.toStdString()), this);
        return true;
    }
    QToolTip::hideText();
    return true;
}

void BarStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(rect(), colors.panel);
    painter.setPen(colors.text);
    painter.setFont(theme::font(theme::Type::Strong));
    painter.drawText(QRect(kSide, 2, width() - 2 * kSide, 18), int(Qt::AlignLeft | Qt::AlignVCenter), m_title);
    painter.setFont(theme::font(theme::Type::Small));
    painter.setPen(colors.quiet);
    double most = 0;
    for (const double value : m_values)
        most = std::isnan(value) ? most : std::max(most, value);
    const QRect caption(kSide, kTop - 19, width() - 2 * kSide, 16);
    if (barCount() == 0) {
        painter.drawText(caption, int(Qt::AlignLeft | Qt::AlignVCenter), tr("no data yet"));
        return;
    }
    painter.drawText(caption, int(Qt::AlignLeft | Qt::AlignVCenter), tr("latest %1 · most %2").arg(valueText(m_values.back()), valueText(most)));
    for (std::size_t i = 0; i < m_values.size(); ++i) {
        const QRectF place = slot(i);
        const qreal bar = std::isnan(m_values[i]) || most <= 0 ? 0 : std::max(1.0, place.height() * m_values[i] / most);
        painter.fillRect(QRectF(place.left() + 1, place.bottom() - bar, std::max(1.0, place.width() - 2), bar), i + 1 == m_values.size() ? colors.accent : colors.quiet);
    }
    painter.fillRect(QRectF(kSide, height() - kBottom, width() - 2 * kSide, 1), colors.line);
}

} // namespace muster
