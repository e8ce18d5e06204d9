// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/tabs.h"

#include <QTabWidget>

#include <functional>
#include <vector>

namespace muster {

class DataTable;
class TablePane;

/// The tables of a source page, one tab each: built when first in front, told of news only while in front.
class FactTabs : public QTabWidget
{
    Q_OBJECT
public:
    using Fill = std::function<tabs::Shape(const PageSpec::TableSpec &spec, const Snapshot &snapshot)>;

    /// `fill` is asked for the rows of a tab that knows any.
    FactTabs(const PageSpec &spec, Fill fill, QWidget *parent);

    /// A tab of another kind before all others, scrolled by itself.
    void addFront(QWidget *content, const QString &title);
    void show(const std::string &source, const Snapshot &snapshot);
    /// The table in front; null while another tab is.
    [[nodiscard]] const PageSpec::TableSpec *shownTable() const;
    [[nodiscard]] std::vector<DataTable *> built() const;
    using QTabWidget::show;

Q_SIGNALS:
    void tableBuilt(muster::DataTable *table);

private:
    void fill(std::size_t index, const std::string &source, const Snapshot &snapshot);
    [[nodiscard]] TablePane &pane(std::size_t index);
    [[nodiscard]] int shownIndex() const { return currentIndex() - m_fronts; }

    const PageSpec &m_spec;
    Fill m_fill;
    int m_fronts = 0;                  ///< tabs before those of the spec
    std::vector<TablePane *> m_panes;  ///< one a spec.tables entry; null until built
    std::vector<tabs::Stamp> m_stamps; ///< what each pane shows
};

} // namespace muster
