// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databasepage.h"

#include "models/presenters/blockers.h"
#include "models/presenters/factpresenter.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {

constexpr int kMostBlockers = 8; // rows shown without scrolling

const PageSpec::TableSpec &sessionsSpec()
{
    return *std::ranges::find(pages::database().tables, std::string_view("postgres.sessions"), [](const PageSpec::TableSpec &spec) { return std::string_view(spec.fact); });
}

} // namespace

DatabasePage::DatabasePage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::database(), "", session, series, parent), m_waiting(new QWidget(this)), m_headline(new Label(theme::Type::Strong, Label::Tone::Fail, m_waiting)),
      m_blockers(new DataTable(QStringLiteral("blockers"), tr("Who blocks whom"), m_waiting))
{
    auto *column = new QVBoxLayout(m_waiting);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_headline);
    column->addWidget(m_blockers);
    m_blockers->setFitted(kMostBlockers);
    addOwn(m_waiting, Place::AboveVitals);
    wireOwn(*m_blockers);
}

void DatabasePage::display(const Snapshot &snapshot, const Assessment &assessment)
{
    SourcePage::display(snapshot, assessment);
    const Observed *observed = snapshot.find(source(), "postgres.sessions");
    const Table *sessions = observed && !observed->isStale() ? asTable(observed->fact.value) : nullptr;
    std::vector<Row> rows = sessions ? blockers::rows(*sessions, sessionsSpec()) : std::vector<Row>{};
    m_waiting->setVisible(!rows.empty());
    m_headline->show(blockers::headline(snapshot, source()));
    m_blockers->show(blockers::columns(), std::move(rows));
}

Detail DatabasePage::ownDetail(const QString &key, const Snapshot &snapshot) const
{
    const Observed *observed = snapshot.find(source(), "postgres.sessions");
    return observed ? facts::rowDetail(*observed, sessionsSpec(), key) : Detail{};
}

} // namespace muster
