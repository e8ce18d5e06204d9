// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/cache/cachepage.h"

#include "models/presenters/factpresenter.h"

namespace muster {

CachePage::CachePage(Session &session, SeriesBook &series, QWidget *parent) : SourcePage(pages::cache(), "flush", session, series, parent) {}

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
