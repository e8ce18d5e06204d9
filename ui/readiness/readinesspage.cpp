// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/readinesspage.h"

#include "models/presenters/detail.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/readinesspresenter.h"
#include "ui/readiness/criteriatab.h"
#include "ui/readiness/findingstab.h"
#include "ui/readiness/historytab.h"
#include "ui/readiness/listtab.h"
#include "ui/readiness/plantab.h"
#include "ui/readiness/waiverstab.h"
#include "ui/theme/quietstyle.h"
#include "ui/widgets/detailpanel.h"
#include "ui/widgets/label.h"

#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

#include <utility>

namespace muster {

ReadinessPage::ReadinessPage(Session &session, SeriesBook &series, QWidget *parent)
    : Page("readiness", tr("Readiness"), session, series, parent)
{
    build();
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] { display(*this->session().snapshot(), *this->session().assessment()); });
    connect(m_detail, &DetailPanel::stepRequested, this, &Page::stepRequested);
}

void ReadinessPage::build()
{
    m_tabs = named(new QTabWidget(this), QStringLiteral("readinessTabs"), tr("Readiness"));
    m_tabs->setDocumentMode(true);
    m_tabs->setProperty(QuietStyle::kTabIndent, 14);
    m_tabs->tabBar()->setExpanding(false);
    named(m_tabs->tabBar(), QStringLiteral("readinessTabBar"), tr("Readiness views"));
    for (const QString &title : {tr("Findings"), tr("Plan to 100"), tr("Criteria"), tr("Waivers"), tr("History"), tr("All checks"), tr("Facts")})
        m_tabs->addTab(new QWidget(m_tabs), title);
    m_detail = new DetailPanel(this);
    layOut(m_tabs, m_detail, this);
}

ReadinessTab &ReadinessPage::tab(Tab tab)
{
    ReadinessTab *&made = m_made[tab];
    if (!made) {
        QWidget *place = m_tabs->widget(tab);
        auto *column = new QVBoxLayout(place);
        column->setContentsMargins(0, 0, 0, 0);
        made = make(tab, place);
        column->addWidget(made);
        connect(made, &ReadinessTab::keySelected, this, &ReadinessPage::select);
        connect(made, &ReadinessTab::keyOpened, this, &ReadinessPage::openCheck);
        connect(made, &ReadinessTab::stepRequested, this, &Page::stepRequested);
    }
    return *made;
}

ReadinessTab *ReadinessPage::make(Tab tab, QWidget *parent)
{
    switch (tab) {
    case Findings: return new FindingsTab(series(), parent);
    case Plan: return new PlanTab(session(), parent);
    case Criteria: return new CriteriaTab(parent);
    case Waivers: return new WaiversTab(session(), parent);
    case History: return new HistoryTab(session(), parent);
    case Checks:
        return new ListTab(QStringLiteral("checks"), tr("All checks"), readiness::checkColumns(),
                           [](const Snapshot &, const Assessment &assessment) { return readiness::checkRows(assessment); }, parent);
    case Facts:
        return new ListTab(QStringLiteral("facts"), tr("Facts"), facts::factColumns(),
                           [](const Snapshot &snapshot, const Assessment &) { return facts::factRows(snapshot); }, parent);
    }
    return nullptr;
}

std::set<std::string> ReadinessPage::subscriptions(const Snapshot &snapshot) const
{
    std::set<std::string> all;
    for (const SourceState &state : snapshot.sources)
        all.insert(state.id);
    return all;
}

bool ReadinessPage::reveal(const QString &what)
{
    const bool isFact = what.contains(QLatin1Char('\x1f'));
    for (const Tab place : {isFact ? Facts : Findings, isFact ? Facts : Checks}) {
        tab(place).display(*session().snapshot(), *session().assessment());
        if (!tab(place).reveal(what))
            continue;
        m_tabs->setCurrentIndex(place);
        return true;
    }
    return false;
}

void ReadinessPage::display(const Snapshot &snapshot, const Assessment &assessment)
{
    m_tabs->setTabText(Criteria, tr("Criteria %1/%2").arg(readiness::criteriaMet(assessment)).arg(assessment.criteria.size()));
    const auto waived = session().environment().waivers.size();
    m_tabs->setTabText(Waivers, waived == 0 ? tr("Waivers") : tr("Waivers %1").arg(waived));
    m_tabs->setTabText(Checks, tr("All checks %1").arg(assessment.checks.size()));
    tab(Tab(m_tabs->currentIndex())).display(snapshot, assessment);
    showDetail();
}

void ReadinessPage::select(const QString &key)
{
    if (key.isEmpty())
        return;
    m_key = key;
    showDetail();
}

void ReadinessPage::openCheck(const QString &key)
{
    tab(Checks).display(*session().snapshot(), *session().assessment());
    if (tab(Checks).reveal(key))
        m_tabs->setCurrentIndex(Checks);
}

void ReadinessPage::showDetail()
{
    m_detail->show(detail::of(m_key, *session().assessment(), *session().snapshot(), session().environment()));
}

} // namespace muster
