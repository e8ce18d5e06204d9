// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/quietstyle.h"

#include "ui/theme/theme.h"

#include <QPainter>
#include <QStyleOption>
#include <QVariant>
#include <QWidget>

#include <algorithm>

namespace muster {

namespace {
constexpr qreal kRadius = 4;
constexpr int kUnderline = 2; // px
constexpr int kTabMargin = 10;
}

QuietStyle::QuietStyle() : QProxyStyle(QStringLiteral("Fusion"))
{
    setObjectName(QLatin1String(kName));
}

void QuietStyle::drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter, const QWidget *widget) const
{
    switch (element) {
    case PE_PanelButtonCommand: drawButton(option, painter); return;
    case PE_PanelLineEdit:
        if (const auto *frame = qstyleoption_cast<const QStyleOptionFrame *>(option); frame && frame->lineWidth <= 0)
            break;
        drawField(option, painter);
        return;
    case PE_IndicatorRadioButton:
    case PE_IndicatorCheckBox: drawIndicator(element, option, painter); return;
    case PE_FrameLineEdit: return;
    case PE_FrameTabWidget: return;
    case PE_FrameTabBarBase: {
        painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1), theme::colors(option->palette).line);
        return;
    }
    case PE_Frame:
        painter->setPen(theme::colors(option->palette).line);
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        return;
    default: break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
}

void QuietStyle::drawControl(ControlElement element, const QStyleOption *option, QPainter *painter, const QWidget *widget) const
{
    switch (element) {
    case CE_TabBarTabShape: return;
    case CE_TabBarTabLabel: drawTab(option, painter); return;
    case CE_HeaderSection: return;
    case CE_HeaderEmptyArea: return;
    case CE_HeaderLabel: drawHeader(option, painter); return;
    case CE_Splitter: painter->fillRect(option->rect, theme::colors(option->palette).line); return;
    default: break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void QuietStyle::drawButton(const QStyleOption *option, QPainter *painter) const
{
    const theme::Colors &c = theme::colors(option->palette);
    const auto *button = qstyleoption_cast<const QStyleOptionButton *>(option);
    const bool isPrimary = option->palette.color(QPalette::Button) == c.accent;
    const bool isEnabled = option->state & State_Enabled;
    QColor fill = isPrimary && isEnabled ? c.accent : c.panel;
    if (option->state & (State_Sunken | State_On))
        fill = isPrimary ? c.accent.darker(120) : c.selection;
    else if ((option->state & State_MouseOver) && isEnabled)
        fill = isPrimary ? c.accent.lighter(110) : c.window;
    const bool isFocused = (option->state & State_HasFocus) && (option->state & State_KeyboardFocusChange);
    const bool isDefault = button && button->features.testFlag(QStyleOptionButton::DefaultButton);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(isFocused ? c.text : isDefault || (isPrimary && isEnabled) ? c.accent : c.line, isFocused ? 2 : 1));
    painter->setBrush(fill);
    painter->drawRoundedRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    painter->restore();
}

void QuietStyle::drawIndicator(PrimitiveElement element, const QStyleOption *option, QPainter *painter) const
{
    const theme::Colors &c = theme::colors(option->palette);
    const bool isOn = option->state & State_On;
    const bool isRadio = element == PE_IndicatorRadioButton;
    const QRectF box = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(isOn || (option->state & State_HasFocus) ? c.accent : c.quiet, 1.2));
    painter->setBrush(isOn ? c.accent : c.panel);
    const qreal radius = isRadio ? box.width() / 2 : 2.5;
    painter->drawRoundedRect(box, radius, radius);
    if (isOn && isRadio) {
        painter->setBrush(c.onAccent);
        painter->setPen(Qt::NoPen);
        painter->drawEllipse(box.center(), box.width() / 5, box.width() / 5);
    } else if (isOn) {
        const QPointF points[] = {{box.left() + 3, box.center().y()}, {box.center().x() - 1, box.bottom() - 3.5}, {box.right() - 2.5, box.top() + 3.5}};
        painter->setPen(QPen(c.onAccent, 2));
        painter->drawPolyline(points, 3);
    }
    painter->restore();
}

void QuietStyle::drawField(const QStyleOption *option, QPainter *painter) const
{
    const theme::Colors &c = theme::colors(option->palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(option->state & State_HasFocus ? c.accent : c.line);
    painter->setBrush(c.panel);
    painter->drawRoundedRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    painter->restore();
}

void QuietStyle::drawTab(const QStyleOption *option, QPainter *painter) const
{
    const auto *tab = qstyleoption_cast<const QStyleOptionTab *>(option);
    if (!tab)
        return;
    const theme::Colors &c = theme::colors(option->palette);
    const bool isSelected = tab->state & State_Selected;
    painter->save();
    painter->setFont(theme::font(isSelected ? theme::Type::Strong : theme::Type::Body));
    const bool isLit = isSelected || (tab->state & State_MouseOver);
    painter->setPen(isLit ? c.text : c.quiet);
    const QRect text = tab->rect.adjusted(kTabMargin, 0, 0, 0);
    painter->drawText(text, int(Qt::AlignLeft | Qt::AlignVCenter) | int(Qt::TextHideMnemonic), tab->text);
    if (isSelected)
        painter->fillRect(QRect(text.left(), tab->rect.bottom() - kUnderline + 1, painter->fontMetrics().horizontalAdvance(tab->text), kUnderline), c.accent);
    if ((tab->state & State_HasFocus) && (tab->state & State_KeyboardFocusChange)) {
        painter->setPen(QPen(c.accent, 1, Qt::DotLine));
        painter->drawRect(tab->rect.adjusted(4, 6, -5, -7));
    }
    painter->restore();
}

void QuietStyle::drawHeader(const QStyleOption *option, QPainter *painter) const
{
    const auto *header = qstyleoption_cast<const QStyleOptionHeader *>(option);
    if (!header)
        return;
    const theme::Colors &c = theme::colors(option->palette);
    painter->save();
    painter->setFont(theme::font(theme::Type::Small));
    painter->setPen(c.quiet);
    const QRect rect = header->rect.adjusted(6, 0, -6, 0);
    QString text = header->text;
    if (header->sortIndicator != QStyleOptionHeader::None)
        text += header->sortIndicator == QStyleOptionHeader::SortDown ? QStringLiteral(" ▾") : QStringLiteral(" ▴");
    painter->drawText(rect, int(header->textAlignment), painter->fontMetrics().elidedText(text, Qt::ElideRight, rect.width()));
    painter->restore();
}

void QuietStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex *option, QPainter *painter, const QWidget *widget) const
{
    if (control == CC_ScrollBar)
        drawScrollBar(option, painter, widget);
    else
        QProxyStyle::drawComplexControl(control, option, painter, widget);
}

void QuietStyle::drawScrollBar(const QStyleOptionComplex *option, QPainter *painter, const QWidget *widget) const
{
    const auto *bar = qstyleoption_cast<const QStyleOptionSlider *>(option);
    if (!bar || bar->maximum <= bar->minimum)
        return;
    const theme::Colors &c = theme::colors(option->palette);
    const QRectF slider = QRectF(subControlRect(CC_ScrollBar, option, SC_ScrollBarSlider, widget)).adjusted(2, 2, -2, -2);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(option->state & (State_MouseOver | State_Sunken) ? c.quiet : c.track);
    painter->drawRoundedRect(slider, 3, 3);
    painter->restore();
}

// No arrow buttons: the slider has the whole length.
QRect QuietStyle::subControlRect(ComplexControl control, const QStyleOptionComplex *option, SubControl part, const QWidget *widget) const
{
    const auto *bar = control == CC_ScrollBar ? qstyleoption_cast<const QStyleOptionSlider *>(option) : nullptr;
    if (!bar)
        return QProxyStyle::subControlRect(control, option, part, widget);
    if (part == SC_ScrollBarAddLine || part == SC_ScrollBarSubLine)
        return {};
    if (part == SC_ScrollBarGroove)
        return bar->rect;
    const bool isVertical = bar->orientation == Qt::Vertical;
    const int length = isVertical ? bar->rect.height() : bar->rect.width();
    const int range = bar->maximum - bar->minimum;
    const int size = range > 0 ? std::clamp(int(qint64(length) * bar->pageStep / (range + std::max(1, bar->pageStep))), 24, std::max(24, length)) : length;
    const int start = sliderPositionFromValue(bar->minimum, bar->maximum, bar->sliderPosition, length - size, bar->upsideDown);
    const auto rect = [&](int from, int to) { return isVertical ? QRect(bar->rect.left(), bar->rect.top() + from, bar->rect.width(), to - from) : QRect(bar->rect.left() + from, bar->rect.top(), to - from, bar->rect.height()); };
    if (part == SC_ScrollBarSubPage)
        return rect(0, start);
    return part == SC_ScrollBarAddPage ? rect(start + size, length) : rect(start, start + size);
}

int QuietStyle::pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const
{
    switch (metric) {
    case PM_DefaultFrameWidth: return 1;
    case PM_SplitterWidth: return 1;
    case PM_ScrollBarExtent: return 10;
    case PM_TabBarTabHSpace: return 2 * kTabMargin;
    case PM_TabBarTabVSpace: return 20;
    case PM_TabBarTabOverlap: return 0;
    case PM_TabBarBaseHeight: return 1;
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical: return 0;
    default: return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

QSize QuietStyle::sizeFromContents(ContentsType type, const QStyleOption *option, const QSize &size, const QWidget *widget) const
{
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    const auto *tab = type == CT_TabBarTab ? qstyleoption_cast<const QStyleOptionTab *>(option) : nullptr;
    if (tab) // room for the weight of the selected one
        result.rwidth() += QFontMetrics(theme::font(theme::Type::Strong)).horizontalAdvance(tab->text) - tab->fontMetrics.horizontalAdvance(tab->text);
    else if (type == CT_PushButton)
        result = result.expandedTo(QSize(0, 30)) + QSize(4, 0);
    else if (type == CT_LineEdit || type == CT_ComboBox || type == CT_SpinBox)
        result = result.expandedTo(QSize(0, 30));
    return result;
}

QRect QuietStyle::subElementRect(SubElement element, const QStyleOption *option, const QWidget *widget) const
{
    const QRect rect = QProxyStyle::subElementRect(element, option, widget);
    const int indent = element == SE_TabWidgetTabBar && widget ? widget->property(kTabIndent).toInt() : 0;
    if (element == SE_LineEditContents)
        return rect.adjusted(6, 0, -4, 0);
    return rect.translated(indent, 0);
}

int QuietStyle::styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget, QStyleHintReturn *data) const
{
    if (hint == SH_EtchDisabledText)
        return 0;
    if (hint == SH_ToolTip_WakeUpDelay)
        return 400;
    return QProxyStyle::styleHint(hint, option, widget, data);
}

} // namespace muster
