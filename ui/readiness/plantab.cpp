// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/plantab.h"

#include "models/engine/session.h"
#include "models/presenters/roadmappresenter.h"
#include "ui/charts/pathchart.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr qint64 kPathEvery = 2000; // ms between two paths while only measurements move
constexpr int kLabelWidth = 92;     // px
constexpr int kValueWidth = 96;
}

PlanTab::PlanTab(const Session &session, QWidget *parent) : ReadinessTab(parent), m_session(session), m_today(session.assessment())
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 12, 24, 8);
    column->setSpacing(8);
    auto *grid = new QGridLayout;
    buildComparison(*grid);
    m_path = new PathChart(this);
    auto *top = new QHBoxLayout;
    top->setSpacing(24);
    top->addLayout(grid);
    top->addWidget(m_path, 1);
    auto *must = named(new QPushButton(tr("Switch on “must”"), this), QStringLiteral("fixMust"), tr("Switch on all must items"));
    auto *all = named(new QPushButton(tr("Switch on all"), this), QStringLiteral("fixAll"), tr("Switch on all items"));
    m_reset = named(new QPushButton(tr("Reset"), this), QStringLiteral("fixNone"), tr("Reset the what-if: switch off all items"));
    auto *buttons = new QHBoxLayout;
    auto *how = new Label(tr("By gain for effort, in points of the overall score"), theme::Type::Body, Label::Tone::Quiet, this);
    how->setElided(true);
    buttons->addWidget(how, 1);
    for (QPushButton *button : {must, all, m_reset})
        buttons->addWidget(button);
    m_plan = new DataTable(QStringLiteral("plan"), tr("Plan to 100"), this);
    column->addLayout(top);
    column->addLayout(buttons);
    column->addWidget(m_plan, 1);
    wire(must, all);
}

void PlanTab::buildComparison(QGridLayout &grid)
{
    grid.setHorizontalSpacing(12);
    grid.setVerticalSpacing(6);
    grid.addWidget(new Label(tr("Today"), theme::Type::Small, Label::Tone::Quiet, this), 0, 1);
    m_supposed = named(new Label(theme::Type::Small, Label::Tone::Quiet, this), QStringLiteral("supposed"), tr("What is supposed fixed"));
    grid.addWidget(m_supposed, 0, 2);
    const auto lines = readiness::comparison(*m_today, *m_today);
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const readiness::Comparison &line = lines[i];
        const theme::Type type = line.id == QLatin1String("score") ? theme::Type::Title : theme::Type::Body;
        auto *today = named(new Label(type, Label::Tone::Text, this), QStringLiteral("today/") % line.id, tr("%1 today").arg(line.label));
        auto *then = named(new Label(type, Label::Tone::Quiet, this), QStringLiteral("whatIf/") % line.id, tr("%1 if fixed").arg(line.label));
        const int row = int(i) + 1;
        grid.addWidget(new Label(line.label, theme::Type::Body, Label::Tone::Quiet, this), row, 0);
        grid.addWidget(today, row, 1);
        grid.addWidget(then, row, 2);
        m_lines[i] = {today, then};
    }
    grid.setColumnMinimumWidth(0, kLabelWidth);
    grid.setColumnMinimumWidth(1, kValueWidth);
    grid.setColumnMinimumWidth(2, kValueWidth + kValueWidth / 2);
    grid.setRowStretch(int(m_lines.size()) + 1, 1);
}

void PlanTab::wire(QPushButton *must, QPushButton *all)
{
    connect(must, &QPushButton::clicked, this, [this] { setTier("must"); });
    connect(all, &QPushButton::clicked, this, [this] { setTier("*"); });
    connect(m_reset, &QPushButton::clicked, this, [this] { setTier({}); });
    connect(&m_plan->rows(), &RowsModel::switched, this, &PlanTab::setFixed);
    connect(m_plan, &DataTable::currentKeyChanged, this, &ReadinessTab::keySelected);
    connect(m_path, &PathChart::checkChosen, this, [this](const QString &check) {
        (void)m_plan->selectKey(check);
        Q_EMIT keySelected(check);
    });
}

void PlanTab::display(const Snapshot &, const Assessment &)
{
    m_today = m_session.assessment();
    forgetDone();
    renew();
}

bool PlanTab::reveal(const QString &key)
{
    return m_plan->selectKey(key);
}

// What passes by now needs no supposing.
void PlanTab::forgetDone()
{
    std::erase_if(m_fixed, [this](const std::string &id) {
        const CheckResult *check = m_today->check(id);
        return !check || severityRank(check->status) >= severityRank(CheckStatus::Pass);
    });
}

void PlanTab::setFixed(const QString &key, bool isFixed)
{
    if (isFixed)
        m_fixed.insert(key.toStdString());
    else
        m_fixed.erase(key.toStdString());
    renew();
}

void PlanTab::setTier(const std::string &tier)
{
    m_fixed.clear();
    for (const readiness::WorkItem &item : readiness::workLeft(*m_today)) {
        if (!tier.empty() && (tier == "*" || item.tier == tier))
            m_fixed.insert(item.check);
    }
    renew();
}

void PlanTab::renew()
{
    m_plan->show(readiness::planColumns(), readiness::planRows(*m_today, m_fixed));
    showComparison(m_fixed.empty() ? *m_today : readiness::whatIf(m_session.profile(), *m_today, m_fixed));
    findPath();
}

void PlanTab::showComparison(const Assessment &then)
{
    const auto lines = readiness::comparison(*m_today, then);
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const auto &[today, whatIf] = m_lines[i];
        today->show(lines[i].today);
        setTip(today, lines[i].todayTip);
        whatIf->show(lines[i].then);
        whatIf->setTone(lines[i].hasMoved ? Label::Tone::Accent : Label::Tone::Quiet);
        setTip(whatIf, lines[i].thenTip);
    }
    m_supposed->show(m_fixed.empty() ? tr("If fixed: nothing yet") : m_fixed.size() == 1 ? tr("With 1 fixed") : tr("With %1 fixed").arg(m_fixed.size()));
    m_reset->setEnabled(!m_fixed.empty());
}

void PlanTab::findPath()
{
    std::vector<Mark> marks;
    for (const CheckResult &check : m_today->checks)
        marks.emplace_back(check.status, check.earned);
    for (const GateResult &gate : m_today->gates)
        marks.emplace_back(gate.status, Interval{});
    const bool isSwitched = m_fixed != m_pathFixed;
    const bool isDue = !m_sincePath.isValid() || m_sincePath.elapsed() >= kPathEvery;
    if (m_isPathBusy || (!isSwitched && (marks == m_pathMarks || !isDue)))
        return;
    m_isPathBusy = true;
    m_pathMarks = std::move(marks);
    m_pathFixed = m_fixed;
    m_sincePath.start();
    const auto find = [&profile = m_session.profile(), today = m_today, fixed = m_fixed] { return readiness::pathTo100(profile, *today, fixed); };
    m_reader.run(this, find, [this](std::vector<readiness::PathStep> steps) {
        m_isPathBusy = false;
        m_path->show(std::move(steps));
        findPath(); // what was switched meanwhile
    });
}

} // namespace muster
