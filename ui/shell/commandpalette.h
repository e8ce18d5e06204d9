// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/palettesearch.h"

#include <QFrame>

#include <vector>

class QLineEdit;

namespace muster {

class DataTable;
class Label;

/// Ctrl+K: type to find any action, page, check or fact; Enter goes there. A child of the window, never a window of its own.
class CommandPalette : public QFrame
{
    Q_OBJECT
public:
    explicit CommandPalette(QWidget *parent);

    /// Opens over the parent with these entries.
    void open(std::vector<palette::Entry> entries);

Q_SIGNALS:
    void chosen(const QString &key);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void search();
    void choose();
    void move(int rows);

    std::vector<palette::Entry> m_entries;
    QLineEdit *m_query;
    DataTable *m_results;
    Label *m_nothing; ///< instead of an empty list
};

} // namespace muster
