// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

class StormCard;

/// Redis: the instances side by side, the shown one in words, vitals, prefixes and the rest of its tables; flush, also of exactly the selected prefix.
class CachePage : public SourcePage
{
    Q_OBJECT
public:
    CachePage(Session &session, SeriesBook &series, QWidget *parent);

    [[nodiscard]] std::set<std::string> subscriptions(const Snapshot &snapshot) const override;

protected:
    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    [[nodiscard]] Shape shapeOf(const PageSpec::TableSpec &spec, const Table &table) const override;
    [[nodiscard]] Detail ownDetail(const QString &key, const Snapshot &snapshot) const override;
    [[nodiscard]] Detail rowDetail(const PageSpec::TableSpec &spec, const Observed &observed, const QString &key) const override;

private:
    DataTable *m_instances; ///< hidden while there is one
    DataTable *m_story;
    StormCard *m_storm; ///< hidden while no flush runs or ran lately
};

} // namespace muster
