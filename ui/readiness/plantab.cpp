// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/plantab.h"

#include "models/format/format.h"
#include "models/presenters/readinesspresenter.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

PlanTab::PlanTab(const Profile &profile, QWidget *parent) : ReadinessTab(parent), m_profile(profile)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 18, 24, 8);
    column->setSpacing(6);
    m_forecast = new Label(theme::Type::Title, Label::Tone::Text, this);
    m_gates = new Label(theme::Type::Body, Label::Tone::Quiet, this);
    m_gates->setWordWrap(true);
    auto *buttons = new QHBoxLayout;
    auto *must = named(new QPushButton(tr("Switch on all “must”"), this), QStringLiteral("fixMust"), tr("Switch on all must items"));
    auto *all = named(new QPushButton(tr("All"), this), QStringLiteral("fixAll"), tr("Switch on all items"));
    auto *none = named(new QPushButton(tr("None"), this), QStringLiteral("fixNone"), tr("Switch off all items"));
    for (QPushButton *button : {must, all, none})
        buttons->addWidget(button);
    buttons->addStretch(1);
    m_plan = new DataTable(QStringLiteral("plan"), tr("Plan to 100"), this);
    column->addWidget(m_forecast);
    column->addWidget(m_gates);
    column->addLayout(buttons);
    column->addWidget(m_plan, 1);
    connect(must, &QPushButton::clicked, this, [this] { setTier("must"); });
    connect(all, &QPushButton::clicked, this, [this] { setTier("*"); });
    connect(none, &QPushButton::clicked, this, [this] { setTier({}); });
    connect(&m_plan->rows(), &RowsModel::switched, this, &PlanTab::setFixed);
    connect(m_plan, &DataTable::currentKeyChanged, this, &ReadinessTab::keySelected);
}

void PlanTab::display(const Snapshot &, const Assessment &assessment)
{
    m_assessment = assessment;
    m_plan->show(readiness::planColumns(), readiness::planRows(assessment, m_fixed));
    showForecast();
}

bool PlanTab::reveal(const QString &key)
{
    return m_plan->selectKey(key);
}

void PlanTab::setFixed(const QString &key, bool isFixed)
{
    if (isFixed)
        m_fixed.insert(key.toStdString());
    else
        m_fixed.erase(key.toStdString());
    m_plan->rows().setRows(readiness::planRows(m_assessment, m_fixed));
    showForecast();
}

void PlanTab::setTier(const std::string &tier)
{
    m_fixed.clear();
    for (const Row &row : m_plan->rows().rows()) {
        const CheckResult *check = m_assessment.check(row.key.toStdString());
        if (check && !tier.empty() && (tier == "*" || check->tier == tier))
            m_fixed.insert(check->id);
    }
    m_plan->rows().setRows(readiness::planRows(m_assessment, m_fixed));
    showForecast();
}

void PlanTab::showForecast()
{
    const auto score = [](const Assessment &assessment) { return QString::fromStdString(format::score(assessment.score)); };
    const auto verdict = [](const Assessment &assessment) { return QString::fromStdString(format::verdict(assessment.verdict)); };
    if (m_fixed.empty()) {
        m_forecast->show(tr("%1 now. Switch items on to see what they would bring.").arg(score(m_assessment)));
        m_gates->show(tr("Ranked by gain for effort; gain is in points of the total score."));
        return;
    }
    const Assessment then = readiness::whatIf(m_profile, m_assessment, m_fixed);
    m_forecast->show(tr("%1 now → %2 with %3 fixed · %4").arg(score(m_assessment), score(then)).arg(m_fixed.size()).arg(verdict(then)));
    const auto failing = std::ranges::count(then.gates, CheckStatus::Fail, &GateResult::status);
    m_gates->show(tr("%1 gates would still fail; %2 of %3 launch criteria would be met.")
                      .arg(failing).arg(readiness::criteriaMet(then)).arg(then.criteria.size()));
}

} // namespace muster
