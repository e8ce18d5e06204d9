// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/readinesspage.h"

#include "models/presenters/detail.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/readinesspresenter.h"
#include "ui/readiness/findingstab.h"
#include "ui/readiness/historytab.h"
#include "ui/readiness/listtab.h"
#include "ui/readiness/plantab.h"
#include "ui/theme/quietstyle.h"
#include "ui/widgets/detailpanel.h"
#include "ui/widgets/label.h"

#include <QTabBar>
#include <QTabWidget>

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
    add(new FindingsTab(series(), m_tabs), tr("Findings"));
    add(new PlanTab(session().profile(), m_tabs), tr("Plan to 100"));
    add(new ListTab(QStringLiteral("criteria"), tr("Launch criteria"), readiness::criteriaColumns(),
                    [](const Snapshot &, const Assessment &assessment) { return readiness::criteriaRows(assessment); }, m_tabs), tr("Criteria"));
    add(new HistoryTab(series(), session().history(), m_tabs), tr("History"));
    add(new ListTab(QStringLiteral("checks"), tr("All checks"), readiness::checkColumns(),
                    [](const Snapshot &, const Assessment &assessment) { return readiness::checkRows(assessment); }, m_tabs), tr("All checks"));
    add(new ListTab(QStringLiteral("facts"), tr("Facts"), facts::factColumns(),
                    [](const Snapshot &snapshot, const Assessment &) { return facts::factRows(snapshot); }, m_tabs), tr("Facts"));
    m_detail = new DetailPanel(this);
    layOut(m_tabs, m_detail, this);
}

void ReadinessPage::add(ReadinessTab *tab, const QString &title)
{
    m_tabs->addTab(tab, title);
    m_pages.push_back(tab);
    connect(tab, &ReadinessTab::keySelected, this, &ReadinessPage::select);
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
    for (const Tab tab : {isFact ? Facts : Findings, isFact ? Facts : Checks}) {
        m_pages[std::size_t(tab)]->display(*session().snapshot(), *session().assessment());
        if (!m_pages[std::size_t(tab)]->reveal(what))
            continue;
        m_tabs->setCurrentIndex(tab);
        return true;
    }
    return false;
}

void ReadinessPage::display(const Snapshot &snapshot, const Assessment &assessment)
{
    m_tabs->setTabText(Criteria, tr("Criteria %1/%2").arg(readiness::criteriaMet(assessment)).arg(assessment.criteria.size()));
    m_tabs->setTabText(Checks, tr("All checks %1").arg(assessment.checks.size()));
    m_pages[std::size_t(m_tabs->currentIndex())]->display(snapshot, assessment);
    showDetail();
}

void ReadinessPage::select(const QString &key)
{
    if (key.isEmpty())
        return;
    m_key = key;
    showDetail();
}

void ReadinessPage::showDetail()
{
    m_detail->show(detail::of(m_key, *session().assessment(), *session().snapshot(), session().environment()));
}

} // namespace muster
