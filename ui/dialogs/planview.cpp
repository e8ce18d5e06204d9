// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/planview.h"

#include "models/format/text.h"
#include "models/presenters/planpresenter.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/factgrid.h"
#include "ui/widgets/label.h"

#include <QFormLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {

constexpr int kMostRows = 7;
constexpr int kMostReason = 500; // characters

DataTable *readOnlyTable(const QString &objectName, const QString &name, QWidget *parent)
{
    auto *table = new DataTable(objectName, name, parent);
    table->horizontalHeader()->hide();
    table->setFitted(kMostRows);
    table->setSelectionMode(QAbstractItemView::NoSelection);
    return table;
}

} // namespace

PlanView::PlanView(const EnvironmentInfo &environment, QWidget *parent) : QWidget(parent)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(buildPlan(), 1);
    buildConfirmation(environment, *column);
}

// All that is to be read; it scrolls where the screen is low, so that the decision stays in sight.
QWidget *PlanView::buildPlan()
{
    auto *scroll = named(new QScrollArea(this), QStringLiteral("planScroll"), tr("The plan"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto *body = new QWidget(scroll);
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    m_target = new FactGrid(this);
    m_changes = readOnlyTable(QStringLiteral("changes"), tr("What changes"), this);
    m_checks = readOnlyTable(QStringLiteral("planChecks"), tr("What was checked"), this);
    m_command = named(new QPlainTextEdit(this), QStringLiteral("command"), tr("What runs"));
    m_command->setReadOnly(true);
    m_command->setTabChangesFocus(true);
    m_command->setFont(theme::font(theme::Type::Mono));
    const auto head = [this](const QString &text) { return new Label(text, theme::Type::Strong, Label::Tone::Text, this); };
    for (QWidget *part : std::initializer_list<QWidget *>{m_target, head(tr("What changes")), m_changes, head(tr("Checked")), m_checks, head(tr("What runs")), m_command})
        column->addWidget(part);
    column->addStretch(1);
    scroll->setWidget(body);
    return scroll;
}

void PlanView::buildConfirmation(const EnvironmentInfo &environment, QVBoxLayout &column)
{
    m_nameLabel = new Label(tr("Type “%1”").arg(text::label(environment.name, 48)), theme::Type::Body, Label::Tone::Text, this);
    m_name = named(new QLineEdit(this), QStringLiteral("environmentName"), tr("The environment's name, to confirm"));
    m_nameLabel->setVisible(environment.isProduction());
    m_name->setVisible(environment.isProduction());
    m_reason = named(new QLineEdit(this), QStringLiteral("reason"), tr("Reason, for the audit log"));
    m_reason->setPlaceholderText(tr("for the audit log"));
    m_reason->setMaxLength(kMostReason);
    m_expiry = new Label(theme::Type::Small, Label::Tone::Quiet, this);
    m_obstacle = new Label(theme::Type::Strong, Label::Tone::Warn, this);
    m_obstacle->setObjectName(QStringLiteral("obstacle"));
    m_obstacle->setWordWrap(true);
    auto *form = new QFormLayout;
    form->setContentsMargins(0, 6, 0, 0);
    form->addRow(m_nameLabel, m_name);
    form->addRow(new Label(tr("Reason"), theme::Type::Body, Label::Tone::Text, this), m_reason);
    column.addLayout(form);
    column.addWidget(m_obstacle);
    column.addWidget(m_expiry);
    connect(m_name, &QLineEdit::textChanged, this, &PlanView::edited);
}

void PlanView::show(const Plan &plan)
{
    m_target->show({{tr("Target"), text::label(plan.target), {}}, {tr("Server"), text::label(plan.identity), {}}});
    m_changes->show(plan::lineColumns(tr("What changes")), plan::lineRows(plan.changes));
    m_checks->show(plan::checkColumns(), plan::checkRows(plan));
    const QString command = QString::fromStdString(text::block(plan.command));
    m_command->setPlainText(command);
    const int lines = std::clamp(int(command.count(QLatin1Char('\n'))) + int(command.size() / 90) + 1, 1, 5);
    m_command->setFixedHeight(lines * m_command->fontMetrics().lineSpacing() + 14);
    m_name->clear();
}

QString PlanView::typedName() const
{
    return m_name->text();
}

QString PlanView::reason() const
{
    return m_reason->text();
}

void PlanView::say(const QString &expiry, const QString &obstacle)
{
    m_expiry->show(expiry);
    m_obstacle->show(obstacle);
    m_obstacle->setVisible(!obstacle.isEmpty());
}

} // namespace muster
