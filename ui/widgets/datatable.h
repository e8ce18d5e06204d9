// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"

#include <QTableView>

class QSortFilterProxyModel;

namespace muster {

/// A table over RowsModel: 28 px rows, one quiet line between them, sorting and filtering, the current row kept by key.
/// Columns fit what is in view: texts that are too long for all of them give way, widest first; numbers never do.
class DataTable : public QTableView
{
    Q_OBJECT
public:
    DataTable(const QString &objectName, const QString &accessibleName, QWidget *parent = nullptr);

    [[nodiscard]] RowsModel &rows() { return *m_rows; }
    /// Columns and rows in one go.
    void show(std::vector<RowColumn> columns, std::vector<Row> rows);
    void setSortable(bool isSortable);
    /// Rows that have every word of `text` in one of their cells.
    void setFilter(const QString &text);
    /// Rows that the filter lets through.
    [[nodiscard]] int shownCount() const { return model()->rowCount(); }
    [[nodiscard]] QString currentKey() const;
    bool selectKey(const QString &key);
    /// As high as its rows, at most `rows` of the common height, at least one.
    void setFitted(int rows);
    /// A text that does not fit the stretching column takes a second line.
    void setWrapped(bool isWrapped) { m_isWrapped = isWrapped; }
    /// The column that takes what is left never gets narrower than this, px.
    static constexpr int kLeastStretch = 140;

    using QTableView::show;

Q_SIGNALS:
    void currentKeyChanged(const QString &key);
    void keyActivated(const QString &key);
    /// Delete was pressed on the row: a wish, the row stays.
    void keyDeleted(const QString &key);

protected:
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    /// What is gone is not current any more: moving on by itself would put another row's actions under the operator's hand.
    void rowsAboutToBeRemoved(const QModelIndex &parent, int start, int end) override;
    void keyPressEvent(QKeyEvent *event) override; ///< Ctrl+C copies the row, the space bar throws its switch
    void resizeEvent(QResizeEvent *event) override;
    bool viewportEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;

private:
    void layoutColumns();
    void layoutRows();
    [[nodiscard]] int textWidth(std::size_t column, int most) const;
    void fit();
    bool throwSwitch();
    QSortFilterProxyModel &sorting();
    [[nodiscard]] int rowCount() const { return model()->rowCount(); }

    RowsModel *m_rows;
    QSortFilterProxyModel *m_proxy = nullptr; ///< made when a table is first sorted or filtered: most are not
    int m_mostRows = 0;
    bool m_isWrapped = false;
};

} // namespace muster
