// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/backups/backupspage.h"

#include "models/presenters/backuppresenter.h"
#include "ui/charts/barstrip.h"
#include "ui/widgets/detailpanel.h"
#include "ui/widgets/ladderchips.h"
#include "ui/widgets/sharebar.h"

#include <QVBoxLayout>

namespace muster {

namespace {

constexpr std::size_t kLeastDrawn = 2; // runs that make a history

const Table *freshTable(const Snapshot &snapshot, const std::string &source)
{
    const Observed *observed = snapshot.find(source, "backup.backups");
    return observed && !observed->isStale() ? asTable(observed->fact.value) : nullptr;
}

} // namespace

BackupsPage::BackupsPage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::backups(), "backup", session, series, parent), m_window(new ShareBar(QStringLiteral("window"), tr("Age of the newest usable backup against the window"), this)),
      m_history(new QWidget(this)), m_sizes(new BarStrip(QStringLiteral("sizes"), tr("Size"), "B", m_history)), m_durations(new BarStrip(QStringLiteral("durations"), tr("Duration"), "s", m_history)),
      m_ladder(new LadderChips(this))
{
    auto *column = new QVBoxLayout(m_history);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_sizes);
    column->addWidget(m_durations);
    addOwn(m_window, Place::AboveVitals);
    addOwn(m_history, Place::BesideVitals);
    detailPanel().setExtra(m_ladder);
    m_ladder->hide();
}

void BackupsPage::display(const Snapshot &snapshot, const Assessment &assessment)
{
    SourcePage::display(snapshot, assessment);
    const auto age = backups::windowAge(snapshot, source());
    m_window->setVisible(age.has_value());
    if (age)
        m_window->show(age->share, age->text, age->status);
    const Table *table = freshTable(snapshot, source());
    const backups::History history = table ? backups::historyOf(*table) : backups::History{};
    m_history->setVisible(history.sizes.size() >= kLeastDrawn);
    m_sizes->show(history.sizes, history.names);
    m_durations->show(history.durations, history.names);
}

SourcePage::Shape BackupsPage::shapeOf(const PageSpec::TableSpec &, const Table &table) const
{
    return {backups::columns(), backups::rows(table)};
}

Detail BackupsPage::rowDetail(const PageSpec::TableSpec &, const Observed &observed, const QString &key) const
{
    return backups::detailOf(observed, key, std::string(instanceOf(source())));
}

void BackupsPage::showExtra(const Snapshot &snapshot)
{
    const Table *table = freshTable(snapshot, source());
    const QString id = selectedRow();
    m_ladder->hide();
    if (!table || id.isEmpty())
        return;
    for (const Row &row : backups::rows(*table)) {
        if (row.key != id)
            continue;
        m_ladder->show(row.cells.front().extra.value<Ladder>());
        m_ladder->setVisible(true);
    }
}

} // namespace muster
