// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/celldelegate.h"

#include "ui/theme/figures.h"
#include "ui/theme/theme.h"
#include "ui/widgets/paint.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QTextLayout>

#include <algorithm>

namespace muster {

namespace {

constexpr int kIcon = 13;
constexpr int kMargin = CellDelegate::kMargin;
constexpr qsizetype kLongest = 400; // characters handed to the text engine

// The state's own icon, or the one that the cell names, in the state's colour.
void paintStatus(QPainter &painter, const QStyleOptionViewItem &option, const QModelIndex &index, const theme::Colors &colors)
{
    const QVariant status = index.data(RowsModel::StatusRole);
    if (!status.isValid())
        return;
    const auto value = CheckStatus(status.toInt());
    const QVariant named = index.data(RowsModel::ExtraRole);
    const QPixmap icon = theme::tinted(named.typeId() == QMetaType::QString ? named.toString() : theme::iconName(value), theme::colorOf(value, colors), kIcon, painter.device()->devicePixelRatioF());
    const QRect line(option.rect.topLeft(), QSize(option.rect.width(), std::min(option.rect.height(), theme::kRowHeight)));
    painter.drawPixmap(line.center() - QPoint(kIcon / 2, kIcon / 2), icon);
}

constexpr int kOneLine = int(Qt::AlignVCenter | Qt::AlignLeft) | int(Qt::TextSingleLine);

// Characters on the first line; 0 when all of them fit.
qsizetype firstLine(const QString &text, const QFont &font, int width)
{
    QTextLayout layout(text, font);
    layout.beginLayout();
    QTextLine line = layout.createLine();
    line.setLineWidth(width);
    layout.endLayout();
    return line.textLength() < text.size() ? line.textLength() : 0;
}

void paintText(QPainter &painter, const QStyleOptionViewItem &option, const QModelIndex &index, const theme::Colors &colors)
{
    const QString text = index.data(Qt::DisplayRole).toString().left(kLongest);
    const bool isStrong = index.data(RowsModel::StrongRole).toBool();
    painter.setFont(theme::font(isStrong ? theme::Type::Strong : theme::Type::Body));
    painter.setPen(index.data(RowsModel::QuietRole).toBool() ? colors.quiet : colors.text);
    QRect rect = option.rect.adjusted(kMargin, 0, -kMargin, 0);
    const bool isTall = rect.height() > theme::kRowHeight;
    rect.setHeight(std::min(rect.height(), theme::kRowHeight));
    if (ColumnKind(index.data(RowsModel::KindRole).toInt()) == ColumnKind::Number) {
        drawFigures(painter, rect, text);
        return;
    }
    const qsizetype cut = isTall ? firstLine(text, painter.font(), rect.width()) : 0;
    if (cut > 0) {
        painter.drawText(rect, kOneLine, text.left(cut).trimmed());
        rect.translate(0, painter.fontMetrics().lineSpacing());
    }
    painter.drawText(rect, kOneLine, painter.fontMetrics().elidedText(text.mid(cut), Qt::ElideRight, rect.width()));
}

// Four steps and the word of the highest one reached.
void paintLadder(QPainter &painter, const QStyleOptionViewItem &option, const QModelIndex &index, const theme::Colors &colors)
{
    constexpr int kSteps = 4;
    constexpr int kStep = 9; // px with its gap
    const auto ladder = index.data(RowsModel::ExtraRole).value<Ladder>();
    const int left = option.rect.left() + kMargin;
    const int bottom = option.rect.center().y() + 6;
    for (int i = 0; i < kSteps; ++i) {
        const int height = 4 + 3 * i;
        const QColor color = ladder.isBroken ? colors.fail : i < ladder.reached ? colors.accent : colors.track;
        painter.fillRect(QRect(left + i * kStep, bottom - height, kStep - 2, height), color);
    }
    painter.setFont(theme::font(theme::Type::Body));
    painter.setPen(ladder.isBroken ? colors.fail : colors.text);
    const QRect rest = option.rect.adjusted(kMargin + kSteps * kStep + 6, 0, -4, 0);
    painter.drawText(rest, int(Qt::AlignVCenter | Qt::AlignLeft) | int(Qt::TextSingleLine), painter.fontMetrics().elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideRight, rest.width()));
}

void paintSwitch(QPainter &painter, const QStyleOptionViewItem &option, const QModelIndex &index)
{
    QStyleOptionButton box;
    box.palette = option.palette;
    box.state = QStyle::State_Enabled | (index.data(Qt::CheckStateRole).toInt() == Qt::Checked ? QStyle::State_On : QStyle::State_Off);
    const QStyle *style = QApplication::style();
    const int size = style->pixelMetric(QStyle::PM_IndicatorWidth);
    box.rect = QRect(option.rect.left() + kMargin, option.rect.center().y() - size / 2, size, size);
    style->drawPrimitive(QStyle::PE_IndicatorCheckBox, &box, &painter);
}

} // namespace

void CellDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const theme::Colors &colors = theme::colors(option.palette);
    painter->save();
    if (option.state & QStyle::State_Selected)
        painter->fillRect(option.rect, colors.selection);
    painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), colors.line);
    painter->setClipRect(option.rect);
    const QRectF inner = QRectF(option.rect).adjusted(kMargin, 6, -kMargin, -7);
    switch (ColumnKind(index.data(RowsModel::KindRole).toInt())) {
    case ColumnKind::Status: paintStatus(*painter, option, index, colors); break;
    case ColumnKind::Bullet: paint::bullet(*painter, inner, index.data(RowsModel::ExtraRole).value<Bullet>(), colors); break;
    case ColumnKind::Sparkline: paint::sparkline(*painter, inner, index.data(RowsModel::ExtraRole).value<Sparkline>(), colors.quiet); break;
    case ColumnKind::Ladder: paintLadder(*painter, option, index, colors); break;
    case ColumnKind::Switch: paintSwitch(*painter, option, index); break;
    case ColumnKind::Text:
    case ColumnKind::Number: paintText(*painter, option, index, colors); break;
    }
    painter->restore();
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {80, theme::kRowHeight};
}

bool CellDelegate::editorEvent(QEvent *event, QAbstractItemModel *model, const QStyleOptionViewItem &option, const QModelIndex &index)
{
    const QVariant state = index.data(Qt::CheckStateRole);
    if (!state.isValid())
        return QStyledItemDelegate::editorEvent(event, model, option, index);
    bool isToggle = false;
    if (event->type() == QEvent::MouseButtonRelease) {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        isToggle = mouse->button() == Qt::LeftButton && option.rect.contains(mouse->position().toPoint());
    } else if (event->type() == QEvent::KeyPress) {
        isToggle = static_cast<QKeyEvent *>(event)->key() == Qt::Key_Space;
    }
    return isToggle && model->setData(index, state.toInt() == Qt::Checked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

} // namespace muster
