// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readiness/waiverstab.h"

#include "models/engine/session.h"
#include "models/format/text.h"
#include "models/presenters/waiver.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace muster {

WaiversTab::WaiversTab(const Session &session, QWidget *parent) : ReadinessTab(parent), m_session(session)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 12, 24, 8);
    column->setSpacing(6);
    m_head = new Label(theme::Type::Strong, Label::Tone::Text, this);
    m_empty = new Label(tr("A check that fails for a known and accepted reason can be waived: choose it, press “Waive…” beside its evidence, and say who decided it, why, and until when. It stands in %1.")
                            .arg(text::label(session.environment().path.empty() ? "the environment file" : session.environment().path)),
                        theme::Type::Body, Label::Tone::Quiet, this);
    m_empty->setWordWrap(true);
    auto *add = named(new QPushButton(tr("Waive a check…"), this), QStringLiteral("addWaiver"), tr("Waive a check"));
    m_waivers = new DataTable(QStringLiteral("waivers"), tr("Waivers"), this);
    m_waivers->setWrapped(true);
    auto *head = new QHBoxLayout;
    head->addWidget(m_head, 1);
    head->addWidget(add);
    column->addLayout(head);
    column->addWidget(m_empty);
    column->addWidget(m_waivers, 1);
    column->addStretch(0);
    connect(add, &QPushButton::clicked, this, [this] { Q_EMIT stepRequested(QStringLiteral("waive"), QString()); });
    connect(m_waivers, &DataTable::currentKeyChanged, this, [this] { Q_EMIT keySelected(currentCheck()); });
    connect(m_waivers, &DataTable::keyActivated, this, [this] { Q_EMIT stepRequested(QStringLiteral("waive"), currentCheck()); });
    connect(m_waivers, &DataTable::keyDeleted, this, [this] { Q_EMIT stepRequested(QStringLiteral("unwaive"), currentCheck()); });
}

void WaiversTab::display(const Snapshot &, const Assessment &assessment)
{
    const auto &waivers = m_session.environment().waivers;
    m_head->show(waiver::summary(waivers, assessment.at));
    m_empty->setVisible(waivers.empty());
    m_waivers->setVisible(!waivers.empty());
    m_waivers->show(waiver::columns(), waiver::rows(waivers, assessment));
}

bool WaiversTab::reveal(const QString &key)
{
    return m_waivers->selectKey(key);
}

// Two waivers of one check have keys of their own.
QString WaiversTab::currentCheck() const
{
    return m_waivers->currentKey().section(QLatin1Char('#'), 0, 0);
}

} // namespace muster
