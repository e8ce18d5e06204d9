// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"

#include <QWidget>

#include <vector>

class QLineEdit;

namespace muster {

class CopyButton;
class DataTable;
class Label;

/// One tab of a source page: what its rows mean or why there are none, a filter where they are many, the table. Ctrl+F goes to the filter.
class TablePane : public QWidget
{
    Q_OBJECT
public:
    /// `name` is the fact: the table is called "table/NAME", the filter "filter/NAME".
    TablePane(const QString &name, const QString &title, QWidget *parent);

    [[nodiscard]] DataTable &table() const { return *m_table; }
    /// `hint` is what would help (a GRANT, an ACL line), to be copied; "" = none.
    void showNote(const QString &note, const QString &hint);
    void showRows(std::vector<RowColumn> columns, std::vector<Row> rows);
    /// Nothing to show but the note.
    void hideRows();

private:
    void refilter();

    Label *m_note;
    CopyButton *m_copyHint;
    QString m_hint;
    QWidget *m_filterRow;
    QLineEdit *m_filter;
    Label *m_count;
    DataTable *m_table;
};

} // namespace muster
