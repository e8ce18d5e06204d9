// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/listtab.h"

#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QLineEdit>
#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kFilterWidth = 280; // px
}

ListTab::ListTab(const QString &objectName, const QString &title, std::vector<RowColumn> columns, Rows rows, QWidget *parent)
    : ReadinessTab(parent), m_columns(std::move(columns)), m_rows(std::move(rows))
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 12, 24, 8);
    column->setSpacing(6);
    auto *filter = named(new QLineEdit(this), objectName % QStringLiteral("Filter"), tr("Filter: %1").arg(title));
    filter->setPlaceholderText(tr("Filter"));
    filter->setClearButtonEnabled(true);
    filter->setFixedWidth(kFilterWidth);
    m_table = new DataTable(objectName, title, this);
    m_table->setSortable(true);
    m_table->setWrapped(true);
    column->addWidget(filter);
    column->addWidget(m_table, 1);
    connect(filter, &QLineEdit::textChanged, m_table, &DataTable::setFilter);
    connect(m_table, &DataTable::currentKeyChanged, this, &ReadinessTab::keySelected);
}

void ListTab::display(const Snapshot &snapshot, const Assessment &assessment)
{
    m_table->show(m_columns, m_rows(snapshot, assessment));
}

bool ListTab::reveal(const QString &key)
{
    return m_table->selectKey(key);
}

} // namespace muster
