// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/criteriatab.h"

#include "models/presenters/readinesspresenter.h"
#include "models/readiness/finalmetrics.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"
#include "ui/widgets/scrolled.h"

#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kMostRows = 20; // of the common height: both lists stand whole, the tab scrolls
}

CriteriaTab::CriteriaTab(QWidget *parent) : ReadinessTab(parent)
{
    QWidget *body = scrolledBody(this, QStringLiteral("criteriaScroll"), tr("Criteria and metrics"));
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(24, 18, 24, 8);
    column->setSpacing(6);
    m_head = new Label(theme::Type::Strong, Label::Tone::Text, body);
    m_criteria = new DataTable(QStringLiteral("criteria"), tr("Launch criteria"), body);
    m_criteria->setWrapped(true);
    m_metricsHead = new Label(theme::Type::Strong, Label::Tone::Text, body);
    m_metrics = new DataTable(QStringLiteral("metrics"), tr("Final metrics"), body);
    for (DataTable *table : {m_criteria, m_metrics}) {
        table->setFitted(kMostRows);
        connect(table, &DataTable::currentKeyChanged, this, &ReadinessTab::keySelected);
    }
    column->addWidget(m_head);
    column->addWidget(m_criteria);
    column->addSpacing(14);
    column->addWidget(m_metricsHead);
    column->addWidget(m_metrics);
    column->addStretch(1);
}

void CriteriaTab::display(const Snapshot &, const Assessment &assessment)
{
    const auto metrics = readiness::finalMetrics(assessment);
    m_head->show(tr("Launch criteria: %1 of %2 met").arg(readiness::criteriaMet(assessment)).arg(assessment.criteria.size()));
    m_metricsHead->show(tr("Final metrics: %1 of %2 reached").arg(readiness::metricsReached(metrics)).arg(metrics.size()));
    m_criteria->show(readiness::criteriaColumns(), readiness::criteriaRows(assessment));
    m_metrics->show(readiness::metricColumns(), readiness::metricRows(metrics));
}

bool CriteriaTab::reveal(const QString &key)
{
    return m_criteria->selectKey(key) || m_metrics->selectKey(key);
}

} // namespace muster
