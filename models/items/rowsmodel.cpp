// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/rowsmodel.h"

#include <QHash>

#include <algorithm>

namespace muster {

namespace {

bool isNumber(ColumnKind kind)
{
    return kind == ColumnKind::Number;
}

} // namespace

RowsModel::RowsModel(QObject *parent) : QAbstractTableModel(parent) {}

void RowsModel::setColumns(std::vector<RowColumn> columns)
{
    if (columns == m_columns)
        return;
    beginResetModel();
    m_columns = std::move(columns);
    m_rows.clear();
    endResetModel();
}

void RowsModel::setRows(std::vector<Row> rows)
{
    if (rows == m_rows)
        return;
    if (!std::ranges::equal(rows, m_rows, {}, &Row::key, &Row::key))
        arrange(rows);
    renew(rows);
}

// Where each of the rows stands now, -1 where it is new; of equal keys the first takes the first.
std::vector<int> RowsModel::placesOf(const std::vector<Row> &rows) const
{
    QHash<QString, int> first;
    std::vector<int> twin(m_rows.size(), -1);
    first.reserve(qsizetype(m_rows.size()));
    for (int i = rowCount() - 1; i >= 0; --i) {
        const QString &key = m_rows[std::size_t(i)].key;
        twin[std::size_t(i)] = first.value(key, -1);
        first.insert(key, i);
    }
    std::vector<int> places;
    places.reserve(rows.size());
    for (const Row &row : rows) {
        const auto found = first.find(row.key);
        places.push_back(found == first.end() ? -1 : *found);
        if (places.back() >= 0)
            *found = twin[std::size_t(places.back())];
    }
    return places;
}

// Brings m_rows to the keys of `rows` in at most three steps, whatever changed: what is new goes to the end, one change of order puts what is gone
// behind the rest, and that is cut off. Thousands of single moves would each cost a pass in every proxy and view.
void RowsModel::arrange(const std::vector<Row> &rows)
{
    std::vector<int> order = placesOf(rows);
    const int before = rowCount();
    const int added = int(std::ranges::count(order, -1));
    if (added > 0) {
        beginInsertRows({}, before, before + added - 1);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (order[i] >= 0)
                continue;
            order[i] = rowCount();
            m_rows.push_back(rows[i]);
        }
        endInsertRows();
    }
    std::vector<bool> isKept(m_rows.size());
    for (const int place : order)
        isKept[std::size_t(place)] = true;
    for (int i = 0; i < before; ++i) {
        if (!isKept[std::size_t(i)])
            order.push_back(i);
    }
    reorder(order);
    if (rows.size() == m_rows.size())
        return;
    beginRemoveRows({}, int(rows.size()), rowCount() - 1);
    m_rows.resize(rows.size());
    endRemoveRows();
}

// Row order[i] becomes row i.
void RowsModel::reorder(const std::vector<int> &order)
{
    if (std::ranges::is_sorted(order))
        return;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    std::vector<Row> rows;
    std::vector<int> moved(order.size());
    rows.reserve(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        rows.push_back(std::move(m_rows[std::size_t(order[i])]));
        moved[std::size_t(order[i])] = int(i);
    }
    m_rows = std::move(rows);
    const QModelIndexList old = persistentIndexList();
    QModelIndexList now;
    for (const QModelIndex &each : old)
        now << index(moved[std::size_t(each.row())], each.column());
    changePersistentIndexList(old, now);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

// Changed rows that are near each other are told together.
void RowsModel::renew(std::vector<Row> &rows)
{
    constexpr int kNear = 16;
    int from = -1;
    int to = -1;
    const auto tell = [this, &from, &to] {
        if (from >= 0)
            Q_EMIT dataChanged(index(from, 0), index(to, columnCount() - 1));
    };
    for (int i = 0; i < int(rows.size()); ++i) {
        Row &own = m_rows[std::size_t(i)];
        if (rows[std::size_t(i)] == own)
            continue;
        own = std::move(rows[std::size_t(i)]);
        if (from < 0 || i > to + kNear) {
            tell();
            from = i;
        }
        to = i;
    }
    tell();
}

int RowsModel::rowOf(const QString &key) const
{
    const auto found = std::ranges::find(m_rows, key, &Row::key);
    return found == m_rows.end() ? -1 : int(found - m_rows.begin());
}

int RowsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int RowsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_columns.size());
}

QVariant RowsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows[std::size_t(index.row())];
    const auto column = std::size_t(index.column());
    const ColumnKind kind = m_columns[column].kind;
    const RowCell cell = column < row.cells.size() ? row.cells[column] : RowCell{};
    switch (role) {
    case Qt::DisplayRole: return cell.text;
    case Qt::AccessibleTextRole: return cell.text;
    case Qt::CheckStateRole: return kind == ColumnKind::Switch ? QVariant(cell.extra.toBool() ? Qt::Checked : Qt::Unchecked) : QVariant();
    case Qt::TextAlignmentRole: return int(Qt::AlignVCenter | (isNumber(kind) ? Qt::AlignRight : Qt::AlignLeft));
    case KeyRole: return row.key;
    case SortRole: return cell.sort.isValid() ? cell.sort : QVariant(cell.text);
    case StatusRole: return row.status ? QVariant(int(*row.status)) : QVariant();
    case ExtraRole: return cell.extra;
    case QuietRole: return cell.isQuiet;
    case StrongRole: return cell.isStrong;
    case KindRole: return int(kind);
    case TipRole: return row.tip;
    default: return {};
    }
}

bool RowsModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (role != Qt::CheckStateRole || !checkIndex(index, CheckIndexOption::IndexIsValid))
        return false;
    const QString key = m_rows[std::size_t(index.row())].key;
    Q_EMIT switched(key, value.toInt() == Qt::Checked);
    return true;
}

QVariant RowsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const RowColumn &column = m_columns[std::size_t(section)];
    if (role == Qt::DisplayRole)
        return column.title;
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (isNumber(column.kind) ? Qt::AlignRight : Qt::AlignLeft));
    return {};
}

Qt::ItemFlags RowsModel::flags(const QModelIndex &index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.isValid() && m_columns[std::size_t(index.column())].kind == ColumnKind::Switch)
        flags |= Qt::ItemIsUserCheckable;
    return flags;
}

} // namespace muster
