// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/source/facttabs.h"

#include "models/presenters/vitals.h"
#include "ui/source/tablepane.h"
#include "ui/theme/quietstyle.h"
#include "ui/widgets/label.h"

#include <QScrollArea>
#include <QTabBar>
#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kLeastHeight = 260;  // px
constexpr std::size_t kLong = 200; // rows from which on a table is only made anew when its facts are new
}

FactTabs::FactTabs(const PageSpec &spec, Fill fill, QWidget *parent)
    : QTabWidget(parent), m_spec(spec), m_fill(std::move(fill)), m_panes(spec.tables.size()), m_stamps(spec.tables.size())
{
    named(this, QStringLiteral("tables"), tr("Tables"));
    setDocumentMode(true);
    setProperty(QuietStyle::kTabIndent, -10);
    named(tabBar(), QStringLiteral("tableTabs"), tr("Tables"));
    tabBar()->setUsesScrollButtons(false); // every tab stays in sight; where there is no room their words give way
    tabBar()->setElideMode(Qt::ElideRight);
    setMinimumHeight(kLeastHeight);
    for (const PageSpec::TableSpec &table : m_spec.tables) {
        auto *host = new QWidget(this);
        (new QVBoxLayout(host))->setContentsMargins(0, 0, 0, 0);
        addTab(host, specText(table.title));
    }
}

void FactTabs::addFront(QWidget *content, const QString &title)
{
    auto *scroll = named(new QScrollArea(this), QStringLiteral("vitalsScroll"), title);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(content);
    insertTab(m_fronts++, scroll, title);
    setCurrentIndex(0);
}

void FactTabs::show(const std::string &source, const Snapshot &snapshot)
{
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
        const PageSpec::TableSpec &spec = m_spec.tables[i];
        const bool isOwn = vitals::belongsTo(spec.fact, source) && tabs::isWanted(spec, snapshot, source);
        const int tab = int(i) + m_fronts;
        setTabVisible(tab, isOwn);
        if (const QString title = tabs::title(spec, snapshot, source); title != tabText(tab))
            setTabText(tab, title);
        if (isOwn && shownIndex() == int(i))
            fill(i, source, snapshot);
    }
}

void FactTabs::fill(std::size_t index, const std::string &source, const Snapshot &snapshot)
{
    const PageSpec::TableSpec &spec = m_spec.tables[index];
    const tabs::Note note = tabs::note(spec, snapshot, source);
    TablePane &shown = pane(index);
    shown.showNote(note.text, note.hint);
    tabs::Stamp stamp = tabs::stampOf(spec, snapshot, source);
    if (note.rowCount >= kLong && stamp == m_stamps[index])
        return; // nothing new in thousands of rows
    m_stamps[index] = std::move(stamp);
    if (!note.hasTable) {
        shown.hideRows();
        return;
    }
    tabs::Shape shape = m_fill(spec, snapshot);
    shown.showRows(std::move(shape.columns), std::move(shape.rows));
}

TablePane &FactTabs::pane(std::size_t index)
{
    TablePane *&pane = m_panes[index];
    if (!pane) {
        const PageSpec::TableSpec &spec = m_spec.tables[index];
        QWidget *host = widget(int(index) + m_fronts);
        pane = new TablePane(QString::fromUtf8(spec.fact), specText(spec.title), host);
        host->layout()->addWidget(pane);
        Q_EMIT tableBuilt(&pane->table());
    }
    return *pane;
}

const PageSpec::TableSpec *FactTabs::shownTable() const
{
    return shownIndex() < 0 ? nullptr : &m_spec.tables[std::size_t(shownIndex())];
}

std::vector<DataTable *> FactTabs::built() const
{
    std::vector<DataTable *> tables;
    for (const TablePane *pane : m_panes) {
        if (pane)
            tables.push_back(&pane->table());
    }
    return tables;
}

} // namespace muster
