// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/datatable.h"

#include "models/format/text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/celldelegate.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QSortFilterProxyModel>
#include <QToolTip>

#include <algorithm>

namespace muster {

namespace {
constexpr int kFollowed = 40; // rows up to which column widths follow every change of the texts
constexpr int kLeastText = 72; // px that a text column keeps when the table is too narrow

// Takes `excess` px from the widest of the columns that may give way, evenly.
void narrow(std::vector<int> &widths, const std::vector<std::size_t> &yielding, int excess)
{
    while (excess > 0) {
        const auto widest = std::ranges::max_element(yielding, {}, [&widths](std::size_t column) { return widths[column]; });
        if (widest == yielding.end() || widths[*widest] <= kLeastText)
            return;
        --widths[*widest];
        --excess;
    }
}

class WordFilter : public QSortFilterProxyModel
{
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setWords(const QStringList &words)
    {
        if (words == m_words)
            return;
        m_words = words;
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex &) const override
    {
        if (m_words.isEmpty())
            return true;
        const auto &cells = static_cast<const RowsModel *>(sourceModel())->rows()[std::size_t(row)].cells;
        return std::ranges::all_of(m_words, [&cells](const QString &word) {
            return std::ranges::any_of(cells, [&word](const RowCell &cell) { return cell.text.contains(word, Qt::CaseInsensitive); });
        });
    }

private:
    QStringList m_words;
};

}

DataTable::DataTable(const QString &objectName, const QString &accessibleName, QWidget *parent)
    : QTableView(parent), m_rows(new RowsModel(this))
{
    setObjectName(objectName);
    setAccessibleName(accessibleName);
    setModel(m_rows);
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

QSortFilterProxyModel &DataTable::sorting()
{
    if (m_proxy)
        return *m_proxy;
    m_proxy = new WordFilter(this);
    m_proxy->setSortRole(RowsModel::SortRole);
    m_proxy->setSourceModel(m_rows);
    const QItemSelectionModel *old = selectionModel();
    setModel(m_proxy);
    delete old;
    const auto renew = [this] {
        if (m_isWrapped)
            layoutRows();
    };
    connect(m_proxy, &QAbstractItemModel::layoutChanged, this, renew);
    connect(m_proxy, &QAbstractItemModel::rowsInserted, this, renew);
    return *m_proxy;
}

void DataTable::show(std::vector<RowColumn> columns, std::vector<Row> rows)
{
    const bool isNewShape = columns != m_rows->columns();
    if (!isNewShape && rows == m_rows->rows())
        return;
    m_rows->setColumns(std::move(columns));
    const bool isNewSize = int(rows.size()) != m_rows->rowCount();
    m_rows->setRows(std::move(rows));
    if (isNewShape || isNewSize || m_isWrapped || m_rows->rowCount() <= kFollowed)
        layoutColumns();
    if ((isNewShape || isNewSize || m_isWrapped) && m_mostRows > 0)
        fit();
}

void DataTable::setSortable(bool isSortable)
{
    if (isSortable)
        sorting();
    setSortingEnabled(isSortable);
    if (isSortable)
        m_proxy->sort(-1);
    horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
}

void DataTable::setFilter(const QString &text)
{
    if (m_proxy || !text.isEmpty())
        static_cast<WordFilter &>(sorting()).setWords(text.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts));
}

QString DataTable::currentKey() const
{
    return currentIndex().data(RowsModel::KeyRole).toString();
}

bool DataTable::selectKey(const QString &key)
{
    const int row = m_rows->rowOf(key);
    const QModelIndex own = row < 0 ? QModelIndex() : m_rows->index(row, 0);
    const QModelIndex index = m_proxy ? m_proxy->mapFromSource(own) : own;
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
    const int header = horizontalHeader()->isHidden() ? 0 : theme::kRowHeight;
    int height = std::min(1, rowCount()) * theme::kRowHeight;
    for (int row = 1, next = rowCount() > 0 ? rowHeight(0) : theme::kRowHeight; next <= m_mostRows * theme::kRowHeight; ++row) {
        height = next;
        if (row >= rowCount())
            break;
        next += rowHeight(row);
    }
    setFixedHeight(height + header + 2);
}

void DataTable::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QTableView::currentChanged(current, previous);
    Q_EMIT currentKeyChanged(current.data(RowsModel::KeyRole).toString());
}

void DataTable::rowsAboutToBeRemoved(const QModelIndex &parent, int start, int end)
{
    if (const int row = currentIndex().row(); row >= start && row <= end)
        setCurrentIndex({});
    QTableView::rowsAboutToBeRemoved(parent, start, end);
}

void DataTable::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Space && throwSwitch())
        return;
    if (event->key() == Qt::Key_Delete && currentIndex().isValid())
        Q_EMIT keyDeleted(currentKey());
    if (!event->matches(QKeySequence::Copy) || !currentIndex().isValid()) {
        QTableView::keyPressEvent(event);
        return;
    }
    QStringList cells;
    for (int column = 0; column < model()->columnCount(); ++column)
        cells << currentIndex().siblingAtColumn(column).data().toString();
    QGuiApplication::clipboard()->setText(cells.join(QLatin1Char('\t')));
}

void DataTable::resizeEvent(QResizeEvent *event)
{
    QTableView::resizeEvent(event);
    layoutColumns();
}

void DataTable::focusInEvent(QFocusEvent *event)
{
    QTableView::focusInEvent(event);
    if (!currentIndex().isValid() && rowCount() > 0)
        setCurrentIndex(model()->index(0, 0));
}

// The row's switch, whichever of its cells is the current one.
bool DataTable::throwSwitch()
{
    const auto &columns = m_rows->columns();
    const auto found = std::ranges::find(columns, ColumnKind::Switch, &RowColumn::kind);
    if (found == columns.end() || !currentIndex().isValid())
        return false;
    const QModelIndex cell = currentIndex().siblingAtColumn(int(found - columns.begin()));
    const bool isOn = cell.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    return model()->setData(cell, isOn ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

// Fixed columns keep their width, the one with width 0 takes what is left; fitted texts give way where it would get too little.
void DataTable::layoutColumns()
{
    const auto &columns = m_rows->columns();
    std::vector<int> widths;
    std::vector<std::size_t> yielding;
    int left = viewport()->width();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        widths.push_back(columns[i].width < 0 ? textWidth(i, -columns[i].width) : columns[i].width);
        left -= widths.back() > 0 ? widths.back() : kLeastStretch;
        if (columns[i].width < 0 && columns[i].kind == ColumnKind::Text)
            yielding.push_back(i);
    }
    if (left < 0)
        narrow(widths, yielding, -left);
    for (std::size_t i = 0; i < columns.size(); ++i)
        setColumnWidth(int(i), widths[i] > 0 ? widths[i] : kLeastStretch + std::max(left, 0));
    if (m_isWrapped)
        layoutRows();
}

void DataTable::layoutRows()
{
    const auto stretching = std::ranges::find(m_rows->columns(), 0, &RowColumn::width);
    if (stretching == m_rows->columns().end())
        return;
    const int column = int(stretching - m_rows->columns().begin());
    const QFontMetrics metrics(theme::font(theme::Type::Body));
    const int room = columnWidth(column) - 2 * CellDelegate::kMargin;
    for (int row = 0; row < rowCount(); ++row) {
        const bool isLong = metrics.horizontalAdvance(model()->index(row, column).data().toString()) > room;
        const int height = theme::kRowHeight + (isLong ? metrics.lineSpacing() : 0);
        if (rowHeight(row) != height)
            verticalHeader()->resizeSection(row, height);
    }
    if (m_mostRows > 0)
        fit();
}

int DataTable::textWidth(std::size_t column, int most) const
{
    constexpr int kLeast = 56; // px
    constexpr qsizetype kMeasured = 60; // characters
    const QFontMetrics metrics(theme::font(theme::Type::Strong));
    int width = std::max(kLeast, QFontMetrics(theme::font(theme::Type::Small)).horizontalAdvance(m_rows->columns()[column].title) + 26);
    const auto length = [column, cap = kMeasured](const Row &row) { return column < row.cells.size() ? std::min(row.cells[column].text.size(), cap) : 0; };
    qsizetype longest = 0;
    for (const Row &row : m_rows->rows())
        longest = std::max(longest, length(row));
    int left = kFollowed; // of thousands of rows only long ones are measured
    for (const Row &row : m_rows->rows()) {
        if (width >= most || left == 0)
            break;
        if (length(row) == 0 || 4 * length(row) < 3 * longest)
            continue;
        width = std::max(width, metrics.horizontalAdvance(row.cells[column].text.left(kMeasured)) + 18);
        left -= m_rows->rowCount() > kFollowed ? 1 : 0;
    }
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
