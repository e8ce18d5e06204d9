// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/cache/cachepage.h"

#include "models/format/text.h"
#include "models/presenters/cachestory.h"
#include "models/presenters/factpresenter.h"
#include "ui/cache/stormcard.h"
#include "ui/widgets/datatable.h"

#include <QHeaderView>

namespace muster {

namespace {
constexpr int kMostSentences = 7;
constexpr int kMostInstances = 4; // shown without scrolling
}

CachePage::CachePage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::cache(), "flush", session, series, parent), m_instances(new DataTable(QStringLiteral("instances"), tr("Instances"), this)),
      m_story(new DataTable(QStringLiteral("story"), tr("This instance in words"), this)), m_storm(new StormCard(session, series, this))
{
    m_story->horizontalHeader()->hide();
    m_story->setFitted(kMostSentences);
    m_story->setWrapped(true);
    m_instances->setFitted(kMostInstances);
    addOwn(m_story, Place::AboveVitals);
    addOwn(m_instances, Place::AboveVitals);
    addOwn(m_storm, Place::AboveVitals); // the last is the first: what happens now stands above what is
    wireOwn(*m_story);
    connect(m_instances, &DataTable::currentKeyChanged, this, [this](const QString &key) {
        if (!key.isEmpty())
            showSource(key.toStdString());
    });
}

std::set<std::string> CachePage::subscriptions(const Snapshot &snapshot) const
{
    std::set<std::string> wanted = SourcePage::subscriptions(snapshot);
    wanted.merge(m_storm->wanted(snapshot));
    return wanted;
}

void CachePage::display(const Snapshot &snapshot, const Assessment &assessment)
{
    SourcePage::display(snapshot, assessment);
    std::vector<Row> instances = cachestory::instanceRows(snapshot);
    m_instances->setVisible(instances.size() > 1);
    m_instances->show(cachestory::instanceColumns(), std::move(instances));
    std::vector<Row> story = cachestory::rows(snapshot, source());
    m_story->setVisible(!story.empty());
    m_story->show(cachestory::columns(), std::move(story));
    const auto before = m_storm->wanted(snapshot);
    m_storm->refresh(source(), snapshot);
    if (m_storm->wanted(snapshot) != before)
        Q_EMIT subscriptionsChanged();
}

SourcePage::Shape CachePage::shapeOf(const PageSpec::TableSpec &spec, const Table &table) const
{
    const std::string_view fact(spec.fact);
    if (fact == "redis.prefixes")
        return {cachestory::prefixColumns(), cachestory::prefixRows(table)};
    if (fact == "redis.commands_table")
        return {cachestory::commandColumns(), cachestory::commandRows(table, tableOf(*session().snapshot(), "redis.latency_table"))};
    return SourcePage::shapeOf(spec, table);
}

Detail CachePage::ownDetail(const QString &key, const Snapshot &snapshot) const
{
    Detail detail = detail::of(key, *session().assessment(), snapshot, session().environment());
    const Table *wastes = key.endsWith(QLatin1String("redis.memory_used_ratio")) ? tableOf(snapshot, "redis.fragmentation") : nullptr;
    for (std::size_t row = 0; wastes && row < wastes->rows.size(); ++row) {
        for (const Detail::Line &line : facts::linesOf(*wastes, row))
            detail.lines.push_back(line);
    }
    return detail;
}

Detail CachePage::rowDetail(const PageSpec::TableSpec &spec, const Observed &observed, const QString &key) const
{
    const std::string_view fact(spec.fact);
    const char *name = fact == "redis.prefixes" ? "prefix" : fact == "redis.commands_table" ? "command" : nullptr;
    const Table *table = asTable(observed.fact.value);
    if (!name || !table)
        return SourcePage::rowDetail(spec, observed, key);
    Detail detail;
    for (std::size_t row = 0; row < table->rows.size() && detail.isEmpty(); ++row) {
        const std::string value = table->text(row, name);
        if (QString::fromStdString(value) != key)
            continue;
        detail.title = text::label(value, 200);
        detail.subtitle = facts::show(&observed).origin;
        detail.lines = facts::linesOf(*table, row, {name});
        if (fact == "redis.prefixes" && !value.empty())
            detail.steps.push_back({"flush", std::string(instanceOf(source())) + '/' + value, tr("Flush this prefix…")});
    }
    return detail;
}

} // namespace muster
