// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/findingstab.h"

#include "models/presenters/readinesspresenter.h"
#include "models/presenters/seriesbook.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QHeaderView>
#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kMostFindings = 11;
constexpr int kMostComponents = 12;
constexpr int kTrendPoints = 48;
}

FindingsTab::FindingsTab(SeriesBook &series, QWidget *parent) : ReadinessTab(parent), m_series(series)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 18, 24, 8);
    column->setSpacing(6);
    m_head = new Label(theme::Type::Strong, Label::Tone::Text, this);
    m_findings = new DataTable(QStringLiteral("findings"), tr("What is wrong now"), this);
    m_findings->horizontalHeader()->hide();
    m_findings->setFitted(kMostFindings);
    m_findings->setWrapped(true);
    m_components = new DataTable(QStringLiteral("components"), tr("Components"), this);
    m_components->setFitted(kMostComponents);
    m_components->setSelectionMode(QAbstractItemView::NoSelection);
    m_components->setFocusPolicy(Qt::NoFocus);
    column->addWidget(m_head);
    column->addWidget(m_findings);
    column->addSpacing(14);
    column->addWidget(new Label(tr("Components"), theme::Type::Strong, Label::Tone::Text, this));
    column->addWidget(m_components);
    column->addStretch(1);
    connect(m_findings, &DataTable::currentKeyChanged, this, &ReadinessTab::keySelected);
}

void FindingsTab::display(const Snapshot &snapshot, const Assessment &assessment)
{
    std::vector<Row> findings = readiness::findingRows(assessment, {});
    const bool isEmpty = findings.empty();
    m_head->show(isEmpty ? tr("Nothing is wrong now") : tr("What is wrong now"));
    m_findings->setVisible(!isEmpty);
    m_findings->show(readiness::findingColumns(), std::move(findings));
    const auto trend = [this](const std::string &component) {
        const std::string name = "component." + component + ".low";
        m_series.recall(name);
        return m_series.sparkline(name, SeriesBook::kDay, kTrendPoints);
    };
    m_components->show(readiness::componentColumns(), readiness::componentRows(assessment, trend));
    const bool isMeasured = !snapshot.facts.empty();
    if (!m_hasSelected && isMeasured && !isEmpty)
        m_hasSelected = m_findings->selectKey(m_findings->rows().rows().front().key);
}

bool FindingsTab::reveal(const QString &key)
{
    return m_findings->selectKey(key);
}

} // namespace muster
