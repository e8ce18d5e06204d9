// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/readiness/readinesstab.h"

#include "models/items/rowsmodel.h"

#include <functional>
#include <vector>

namespace muster {

class DataTable;

/// A searchable, sortable list: all checks, all facts, the criteria.
class ListTab : public ReadinessTab
{
    Q_OBJECT
public:
    using Rows = std::function<std::vector<Row>(const Snapshot &, const Assessment &)>;

    ListTab(const QString &objectName, const QString &title, std::vector<RowColumn> columns, Rows rows, QWidget *parent = nullptr);

    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    bool reveal(const QString &key) override;

private:
    std::vector<RowColumn> m_columns;
    Rows m_rows;
    DataTable *m_table;
};

} // namespace muster
