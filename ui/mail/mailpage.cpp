// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/mail/mailpage.h"

#include "models/format/format.h"
#include "ui/dialogs/runview.h"
#include "ui/widgets/label.h"

#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kHeight = 420; // px: outcome, stages and the first replies of the transcript
}

MailPage::MailPage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::mail(), "mail-test", session, series, parent), m_last(new QWidget(this)), m_when(new Label(theme::Type::Strong, Label::Tone::Text, m_last)), m_outcome(new OutcomeView(m_last))
{
    auto *column = new QVBoxLayout(m_last);
    column->setContentsMargins(0, 8, 0, 0);
    column->addWidget(m_when);
    column->addWidget(m_outcome, 1);
    m_outcome->setMinimumHeight(kHeight);
    m_last->hide();
    addOwn(m_last, Place::AboveTables);
    connect(&session.runner(), &ActionRunner::runFinished, this, &MailPage::showLast);
}

void MailPage::display(const Snapshot &snapshot, const Assessment &assessment)
{
    SourcePage::display(snapshot, assessment);
    showLast();
}

void MailPage::showLast()
{
    const ActionRunner::Ended *last = session().runner().lastEnded("mail-test");
    if (!last || last->at == m_shownAt)
        return;
    m_shownAt = last->at;
    m_when->show(tr("Last test mail, %1").arg(QString::fromStdString(format::utc(last->at))));
    setTip(m_when, QString::fromStdString(format::utcAndLocal(last->at)));
    m_outcome->show(last->outcome, "mail-test");
    m_last->setVisible(true);
}

} // namespace muster
