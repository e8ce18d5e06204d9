// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databasepage.h"

#include "models/presenters/advice.h"
#include "models/presenters/blockers.h"
#include "models/presenters/sessions.h"
#include "models/presenters/settingrows.h"
#include "models/presenters/topology.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/label.h"

#include <QVBoxLayout>

#include <algorithm>
#include <iterator>

namespace muster {

namespace {

constexpr int kMostBlockers = 6; // rows shown without scrolling

/// What a tab shows that is more than its fact's table: facts, source and snapshot in, rows and details out.
struct Asked {
    const Snapshot &snapshot;
    const std::string &source;

    [[nodiscard]] const Table *table(const char *fact) const { return tabs::freshTable(snapshot, source, fact); }
    [[nodiscard]] std::string instance() const { return std::string(instanceOf(source)); }
    [[nodiscard]] advice::Tables adviceTables() const
    {
        return {table("postgres.index_findings"), table("postgres.table_findings"), table("postgres.bloat_findings"), table("postgres.sessions")};
    }
};

struct Tab {
    const char *fact; ///< of the PageSpec
    std::vector<RowColumn> (*columns)();
    std::vector<Row> (*rows)(const Asked &asked);
    Detail (*detail)(const Asked &asked, const QString &key);
};

std::vector<Row> rowsOf(const Table *table, std::vector<Row> (*make)(const Table &))
{
    return table ? make(*table) : std::vector<Row>{};
}

Detail sessionDetail(const Asked &asked, const QString &key)
{
    const Observed *observed = asked.snapshot.find(asked.source, "postgres.sessions");
    return observed ? sessions::detailOf(*observed, key, asked.instance()) : Detail{};
}

Detail holderDetail(const Asked &asked, const QString &key)
{
    const Table *holders = asked.table("postgres.xmin_holders");
    return holders ? advice::holderDetail(*holders, key, asked.table("postgres.sessions"), asked.instance()) : Detail{};
}

Detail progressDetail(const Asked &asked, const QString &key)
{
    const Table *progress = asked.table("postgres.progress");
    return progress ? advice::progressDetail(*progress, key, asked.table("postgres.sessions"), asked.instance()) : Detail{};
}

const Tab kTabs[] = {
    {"postgres.sessions", sessions::columns, [](const Asked &asked) { return rowsOf(asked.table("postgres.sessions"), sessions::rows); }, sessionDetail},
    {"postgres.index_findings", advice::columns, [](const Asked &asked) { return advice::rows(asked.adviceTables()); },
     [](const Asked &asked, const QString &key) { return advice::detailOf(asked.adviceTables(), key, asked.instance()); }},
    {"postgres.xmin_holders", advice::holderColumns, [](const Asked &asked) { return rowsOf(asked.table("postgres.xmin_holders"), advice::holderRows); }, holderDetail},
    {"postgres.progress", advice::progressColumns, [](const Asked &asked) { return rowsOf(asked.table("postgres.progress"), advice::progressRows); }, progressDetail},
    {"postgres.replicas", topology::columns, [](const Asked &asked) { return topology::rows(asked.snapshot, asked.source); },
     [](const Asked &asked, const QString &key) { return topology::detailOf(asked.snapshot, asked.source, key); }},
    {"postgres.settings", settingrows::columns, [](const Asked &asked) { return settingrows::rows(asked.table("postgres.settings"), asked.table("postgres.pending_settings")); },
     [](const Asked &asked, const QString &key) { return settingrows::detailOf(asked.table("postgres.settings"), asked.table("postgres.pending_settings"), key); }},
};

const Tab *ownTab(const PageSpec::TableSpec &spec)
{
    const auto found = std::ranges::find(kTabs, std::string_view(spec.fact), [](const Tab &tab) { return std::string_view(tab.fact); });
    return found == std::end(kTabs) ? nullptr : found;
}

} // namespace

DatabasePage::DatabasePage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::database(), "session", session, series, parent), m_waiting(new QWidget(this)), m_headline(new Label(theme::Type::Strong, Label::Tone::Fail, m_waiting)),
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
    tabs::Stamp stamp = tabs::stampOf(pages::database().tables.front(), snapshot, source());
    if (stamp == m_shownTree)
        return; // the same round of the same sessions
    m_shownTree = std::move(stamp);
    const Table *sessions = tableOf(snapshot, "postgres.sessions");
    const Observed *prepared = snapshot.find(source(), "postgres.prepared_worst");
    const std::string *name = prepared ? asText(prepared->fact.value) : nullptr;
    std::vector<Row> rows = sessions ? blockers::rows(*sessions, name ? *name : std::string()) : std::vector<Row>{};
    m_waiting->setVisible(!rows.empty());
    m_headline->show(blockers::headline(snapshot, source()));
    m_blockers->show(blockers::columns(), std::move(rows));
}

SourcePage::Shape DatabasePage::tabShape(const PageSpec::TableSpec &spec, const Snapshot &snapshot) const
{
    const Tab *tab = ownTab(spec);
    return tab ? Shape{tab->columns(), tab->rows({snapshot, source()})} : SourcePage::tabShape(spec, snapshot);
}

Detail DatabasePage::tabDetail(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const QString &key) const
{
    const Tab *tab = ownTab(spec);
    return tab ? tab->detail({snapshot, source()}, key) : SourcePage::tabDetail(spec, snapshot, key);
}

Detail DatabasePage::ownDetail(const QString &key, const Snapshot &snapshot) const
{
    return sessionDetail({snapshot, source()}, blockers::sessionOf(key));
}

} // namespace muster
