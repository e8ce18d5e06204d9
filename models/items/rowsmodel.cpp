// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/rowsmodel.h"

#include <QSet>

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
    const bool isSameOrder = std::ranges::equal(rows, m_rows, {}, &Row::key, &Row::key);
    if (!isSameOrder) {
        dropAbsent(rows);
        place(rows);
    }
    renew(rows);
}

void RowsModel::dropAbsent(const std::vector<Row> &rows)
{
    QSet<QString> wanted;
    for (const Row &row : rows)
        wanted.insert(row.key);
    for (int i = rowCount() - 1; i >= 0; --i) {
        if (wanted.contains(m_rows[std::size_t(i)].key))
            continue;
        beginRemoveRows({}, i, i);
        m_rows.erase(m_rows.begin() + i);
        endRemoveRows();
    }
}

// Brings m_rows to the order of `rows`; what is there is moved, what is new is inserted.
void RowsModel::place(std::vector<Row> &rows)
{
    for (int i = 0; i < int(rows.size()); ++i) {
        const QString &key = rows[std::size_t(i)].key;
        if (i < rowCount() && m_rows[std::size_t(i)].key == key)
            continue;
        const auto found = std::ranges::find(m_rows.begin() + std::min(i, rowCount()), m_rows.end(), key, &Row::key);
        if (found == m_rows.end()) {
            beginInsertRows({}, i, i);
            m_rows.insert(m_rows.begin() + i, rows[std::size_t(i)]);
            endInsertRows();
            continue;
        }
        const int from = int(found - m_rows.begin());
        beginMoveRows({}, from, from, {}, i);
        std::rotate(m_rows.begin() + i, found, found + 1);
        endMoveRows();
    }
    if (rowCount() > int(rows.size())) { // duplicate keys in what was there
        beginRemoveRows({}, int(rows.size()), rowCount() - 1);
        m_rows.resize(rows.size());
        endRemoveRows();
    }
}

void RowsModel::renew(std::vector<Row> &rows)
{
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i] == m_rows[i])
            continue;
        m_rows[i] = std::move(rows[i]);
        Q_EMIT dataChanged(index(int(i), 0), index(int(i), columnCount() - 1));
    }
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
