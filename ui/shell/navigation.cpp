// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/navigation.h"

#include "ui/theme/theme.h"

#include <QPainter>
#include <QStyledItemDelegate>

namespace muster {

namespace {

constexpr int kRow = 32; // px
constexpr int kMargin = 16;
constexpr int kIcon = 12;

class NavigationDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override { return {168, kRow}; }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const theme::Colors &colors = theme::colors(option.palette);
        const bool isSelected = option.state & QStyle::State_Selected;
        painter->save();
        if (isSelected) {
            painter->fillRect(option.rect, colors.selection);
            painter->fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()), colors.accent);
        }
        painter->setFont(theme::font(isSelected ? theme::Type::Strong : theme::Type::Body));
        painter->setPen(colors.text);
        painter->drawText(option.rect.adjusted(kMargin, 0, -kMargin, 0), int(Qt::AlignLeft | Qt::AlignVCenter), index.data(Qt::DisplayRole).toString());
        paintBadge(*painter, option, index, colors);
        painter->restore();
    }

private:
    static void paintBadge(QPainter &painter, const QStyleOptionViewItem &option, const QModelIndex &index, const theme::Colors &colors)
    {
        const int count = index.data(Navigation::CountRole).toInt();
        if (count == 0)
            return;
        const auto status = CheckStatus(index.data(Navigation::StatusRole).toInt());
        const QString text = QString::number(count);
        painter.setFont(theme::font(theme::Type::Body));
        painter.setPen(theme::colorOf(status, colors));
        const QRect right = option.rect.adjusted(0, 0, -kMargin, 0);
        painter.drawText(right, int(Qt::AlignRight | Qt::AlignVCenter), text);
        const int x = right.right() - painter.fontMetrics().horizontalAdvance(text) - kIcon - 4;
        const QPixmap icon = theme::tinted(theme::iconName(status), theme::colorOf(status, colors), kIcon, painter.device()->devicePixelRatioF());
        painter.drawPixmap(x, option.rect.center().y() - kIcon / 2 + 1, icon);
    }
};

} // namespace

Navigation::Navigation(QWidget *parent) : QListWidget(parent)
{
    setObjectName(QStringLiteral("navigation"));
    setAccessibleName(tr("Pages"));
    setFixedWidth(168);
    setFrameShape(NoFrame);
    setItemDelegate(new NavigationDelegate(this));
    setUniformItemSizes(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setAutoFillBackground(false);
    setViewportMargins(0, 8, 1, 0);
    connect(this, &QListWidget::currentItemChanged, this, [this](QListWidgetItem *item) {
        if (item)
            Q_EMIT pageChosen(item->data(KeyRole).toString().toStdString());
    });
}

void Navigation::addPage(const std::string &key, const QString &title)
{
    auto *item = new QListWidgetItem(title, this);
    item->setData(KeyRole, QString::fromStdString(key));
    item->setData(Qt::AccessibleTextRole, title);
}

void Navigation::setBadge(int row, const readiness::Badge &badge)
{
    QListWidgetItem *page = item(row);
    if (!page || (page->data(CountRole).toInt() == badge.count && page->data(StatusRole).toInt() == int(badge.worst)))
        return;
    page->setData(CountRole, badge.count);
    page->setData(StatusRole, int(badge.worst));
    page->setData(Qt::AccessibleTextRole, badge.count == 0 ? page->text() : tr("%1, findings: %2, worst: %3").arg(page->text()).arg(badge.count).arg(readiness::statusWord(badge.worst)));
}

void Navigation::select(const std::string &key)
{
    for (int i = 0; i < count(); ++i) {
        if (item(i)->data(KeyRole).toString().toStdString() == key)
            setCurrentRow(i);
    }
}

void Navigation::paintEvent(QPaintEvent *event)
{
    const theme::Colors &colors = theme::colors(palette());
    QPainter(viewport()).fillRect(viewport()->rect(), colors.side);
    QListWidget::paintEvent(event);
}

} // namespace muster
