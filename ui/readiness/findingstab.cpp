// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/findingstab.h"

#include "models/format/text.h"
#include "models/presenters/readinesspresenter.h"
#include "models/presenters/seriesbook.h"
#include "models/readiness/causes.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"
#include "ui/widgets/scrolled.h"

#include <QHeaderView>
#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kMostFindings = 11;
constexpr int kMostComponents = 12;
constexpr int kTrendPoints = 48;
constexpr std::size_t kCauseLimit = 900;
}

FindingsTab::FindingsTab(SeriesBook &series, QWidget *parent) : ReadinessTab(parent), m_series(series)
{
    auto *column = new QVBoxLayout(scrolledBody(this, QStringLiteral("findingsScroll"), tr("What is wrong now, and the components")));
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
    m_causes = named(new Label(theme::Type::Body, Label::Tone::Text, this), QStringLiteral("causes"), tr("Causes"));
    m_causes->setWordWrap(true);
    m_causes->setContentsMargins(0, 0, 0, 8);
    m_causes->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_causesHead = new Label(tr("What leads to what"), theme::Type::Strong, Label::Tone::Text, this);
    column->addWidget(m_causesHead);
    column->addWidget(m_causes);
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
    QStringList causes;
    for (const auto &cause : readiness::causesOf(snapshot))
        causes << tr("• %1 → %2").arg(text::label(cause.sentence, kCauseLimit), text::label(cause.action, kCauseLimit));
    m_causes->show(causes.join(QLatin1Char('\n')));
    m_causes->setVisible(!causes.isEmpty());
    m_causesHead->setVisible(!causes.isEmpty());
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
