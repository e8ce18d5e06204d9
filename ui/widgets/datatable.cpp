// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/datatable.h"

#include "models/format/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/celldelegate.h"

#include <QHeaderView>
#include <QHelpEvent>
#include <QSortFilterProxyModel>
#include <QToolTip>

#include <algorithm>

namespace muster {

namespace {
constexpr int kFollowed = 40; // rows up to which column widths follow every change of the texts
}

DataTable::DataTable(const QString &objectName, const QString &accessibleName, QWidget *parent)
    : QTableView(parent), m_rows(new RowsModel(this)), m_proxy(new QSortFilterProxyModel(this))
{
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    m_proxy->setSourceModel(m_rows);
    m_proxy->setSortRole(RowsModel::SortRole);
    m_proxy->setFilterKeyColumn(-1);
    m_proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    setModel(m_proxy);
    setItemDelegate(new CellDelegate(this));
    setSelectionBehavior(SelectRows);
    setSelectionMode(SingleSelection);
    setEditTriggers(NoEditTriggers);
    setShowGrid(false);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    setAutoFillBackground(false);
    viewport()->setAutoFillBackground(false);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setDefaultSectionSize(theme::kRowHeight);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setFixedHeight(theme::kRowHeight);
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    horizontalHeader()->viewport()->setAutoFillBackground(false);
    connect(this, &QTableView::activated, this, [this](const QModelIndex &index) { Q_EMIT keyActivated(index.data(RowsModel::KeyRole).toString()); });
}

void DataTable::show(std::vector<RowColumn> columns, std::vector<Row> rows)
{
    const bool isNewShape = columns != m_rows->columns();
    if (!isNewShape && rows == m_rows->rows())
        return;
    m_rows->setColumns(std::move(columns));
    const bool isNewSize = int(rows.size()) != m_rows->rowCount();
    m_rows->setRows(std::move(rows));
    if (isNewShape || isNewSize || m_rows->rowCount() <= kFollowed)
        layoutColumns();
    if ((isNewShape || isNewSize) && m_mostRows > 0)
        fit();
}

void DataTable::setSortable(bool isSortable)
{
    setSortingEnabled(isSortable);
    if (isSortable)
        m_proxy->sort(-1);
    horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
}

void DataTable::setFilter(const QString &text)
{
    m_proxy->setFilterFixedString(text);
}

QString DataTable::currentKey() const
{
    return currentIndex().data(RowsModel::KeyRole).toString();
}

bool DataTable::selectKey(const QString &key)
{
    const int row = m_rows->rowOf(key);
    const QModelIndex index = row < 0 ? QModelIndex() : m_proxy->mapFromSource(m_rows->index(row, 0));
    if (!index.isValid())
        return false;
    setCurrentIndex(index);
    scrollTo(index);
    return true;
}

void DataTable::setFitted(int rows)
{
    m_mostRows = rows;
    setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    fit();
}

void DataTable::fit()
{
    const int rows = std::clamp(m_proxy->rowCount(), 1, m_mostRows);
    const int header = horizontalHeader()->isHidden() ? 0 : theme::kRowHeight;
    setFixedHeight(rows * theme::kRowHeight + header + 2);
}

void DataTable::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QTableView::currentChanged(current, previous);
    Q_EMIT currentKeyChanged(current.data(RowsModel::KeyRole).toString());
}

void DataTable::resizeEvent(QResizeEvent *event)
{
    QTableView::resizeEvent(event);
    layoutColumns();
}

void DataTable::focusInEvent(QFocusEvent *event)
{
    QTableView::focusInEvent(event);
    if (!currentIndex().isValid() && m_proxy->rowCount() > 0)
        setCurrentIndex(m_proxy->index(0, 0));
}

// Fixed columns keep their width, the one with width 0 takes what is left.
void DataTable::layoutColumns()
{
    const auto &columns = m_rows->columns();
    std::vector<int> widths;
    int left = viewport()->width();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        widths.push_back(columns[i].width < 0 ? textWidth(i, -columns[i].width) : columns[i].width);
        left -= widths.back();
    }
    for (std::size_t i = 0; i < columns.size(); ++i)
        setColumnWidth(int(i), widths[i] > 0 ? widths[i] : std::max(left, kLeastStretch));
}

int DataTable::textWidth(std::size_t column, int most) const
{
    constexpr int kLeast = 56;
    constexpr qsizetype kMeasured = 60; // characters
    const QFontMetrics metrics(theme::font(theme::Type::Strong));
    int width = std::max(kLeast, QFontMetrics(theme::font(theme::Type::Small)).horizontalAdvance(m_rows->columns()[column].title) + 26);
    for (const Row &row : m_rows->rows())
        width = std::max(width, column < row.cells.size() ? metrics.horizontalAdvance(row.cells[column].text.left(kMeasured)) + 18 : 0);
    return std::min(width, most);
}

bool DataTable::viewportEvent(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QTableView::viewportEvent(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const QString tip = indexAt(help->pos()).data(RowsModel::TipRole).toString();
    if (tip.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), text::toolTip(tip.toStdString()), viewport());
    return true;
}

} // namespace muster
