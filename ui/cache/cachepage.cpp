// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/cache/cachepage.h"

#include "models/presenters/cachestory.h"
#include "models/presenters/factpresenter.h"
#include "ui/widgets/datatable.h"

#include <QHeaderView>

namespace muster {

namespace {
constexpr int kMostSentences = 7;
constexpr int kMostInstances = 4; // shown without scrolling
}

CachePage::CachePage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::cache(), "flush", session, series, parent), m_instances(new DataTable(QStringLiteral("instances"), tr("Instances"), this)),
      m_story(new DataTable(QStringLiteral("story"), tr("This instance in words"), this))
{
    m_story->horizontalHeader()->hide();
    m_story->setFitted(kMostSentences);
    m_story->setWrapped(true);
    m_instances->setFitted(kMostInstances);
    addOwn(m_story, Place::AboveVitals);
    addOwn(m_instances, Place::AboveVitals);
    wireOwn(*m_story);
    connect(m_instances, &DataTable::currentKeyChanged, this, [this](const QString &key) {
        if (!key.isEmpty())
            showSource(key.toStdString());
    });
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
    Detail detail = SourcePage::rowDetail(spec, observed, key);
    const Table *table = asTable(observed.fact.value);
    const auto row = table && std::string_view(spec.fact) == "redis.prefixes" ? facts::rowIndex(*table, spec, key) : std::nullopt;
    const std::string prefix = row ? table->text(*row, "prefix") : std::string();
    if (!prefix.empty())
        detail.steps.push_back({"flush", std::string(instanceOf(source())) + '/' + prefix, tr("Flush this prefix…")});
    return detail;
}

} // namespace muster
