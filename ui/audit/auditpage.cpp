// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/audit/auditpage.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/auditpresenter.h"
#include "models/presenters/detail.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/detailpanel.h"
#include "ui/widgets/label.h"
#include "ui/widgets/stateicon.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace muster {

namespace {
constexpr std::size_t kMostEntries = 1000;
constexpr Millis kReadEvery{5000};
}

AuditPage::AuditPage(Session &session, SeriesBook &series, QWidget *parent) : Page("audit", tr("Audit"), session, series, parent)
{
    build();
    connect(m_table, &DataTable::currentKeyChanged, this, &AuditPage::showEntry);
    connect(&session.runner(), &ActionRunner::runFinished, this, &AuditPage::read);
    read();
}

void AuditPage::build()
{
    auto *list = new QWidget(this);
    auto *column = new QVBoxLayout(list);
    column->setContentsMargins(24, 16, 24, 8);
    column->setSpacing(8);
    auto *head = new QHBoxLayout;
    m_icon = new StateIcon(this);
    m_chain = new Label(tr("Reading the audit log…"), theme::Type::Strong, Label::Tone::Text, this);
    m_chain->setElided(true);
    head->addWidget(m_icon);
    head->addWidget(m_chain, 1);
    m_table = new DataTable(QStringLiteral("audit"), tr("Audit log"), this);
    m_table->setSortable(true);
    m_table->setWrapped(true);
    column->addLayout(head);
    column->addWidget(m_table, 1);
    m_detail = new DetailPanel(this);
    layOut(list, m_detail, this);
}

bool AuditPage::reveal(const QString &what)
{
    return m_table->selectKey(what);
}

void AuditPage::display(const Snapshot &snapshot, const Assessment &)
{
    if (snapshot.at - m_readAt >= kReadEvery)
        read();
}

void AuditPage::read()
{
    const std::shared_ptr<AuditLog> log = session().audit();
    if (!log || m_isReading)
        return;
    m_isReading = true;
    m_reader.run(this, [log] { return Reading{log->read(kMostEntries), log->verify()}; }, [this](const Reading &reading) { show(reading); });
}

void AuditPage::show(const Reading &reading)
{
    m_isReading = false;
    m_readAt = session().snapshot()->at;
    if (!reading.entries) {
        m_icon->setStatus(CheckStatus::Fail);
        m_chain->show(tr("The audit log cannot be read: %1. Actions are refused until it can be written.").arg(text::label(reading.entries.error().detail)));
        return;
    }
    m_entries = *reading.entries;
    m_icon->setStatus(!reading.verdict ? CheckStatus::Unknown : reading.verdict->isIntact ? CheckStatus::Pass : CheckStatus::Fail);
    m_chain->show(m_entries.empty() ? tr("No action was taken yet: the log is empty")
                  : reading.verdict ? audit::chainText(*reading.verdict) : text::label(reading.verdict.error().detail));
    m_table->show(audit::columns(), audit::rows(m_entries));
}

void AuditPage::showEntry(const QString &id)
{
    Detail detail;
    for (const AuditEntry &entry : m_entries) {
        if (QString::fromStdString(entry.id) != id)
            continue;
        const QString phase = entry.phase == "intent" ? tr("Intended") : tr("Ended");
        detail.title = text::label(entry.action) % QStringLiteral(" · ") % text::label(entry.target);
        detail.subtitle = text::label(entry.operatorName);
        detail.lines.push_back({phase, QString::fromStdString(format::utc(entry.at)), QString::fromStdString(format::utcAndLocal(entry.at))});
        detail.lines.push_back({entry.phase == "intent" ? tr("Plan") : text::label(entry.outcome), text::label(entry.summary, 1000), {}});
        if (!entry.reason.empty())
            detail.lines.push_back({tr("Reason"), text::label(entry.reason, 600), {}});
    }
    m_detail->show(detail);
}

} // namespace muster
