// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// PostgreSQL and PgBouncer: who blocks whom, vitals, sessions, statements, advice on indexes and tables, what keeps dead rows, progress, replication, settings;
/// cancel and terminate from a row.
class DatabasePage : public SourcePage
{
    Q_OBJECT
public:
    DatabasePage(Session &session, SeriesBook &series, QWidget *parent);

protected:
    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    [[nodiscard]] Shape tabShape(const PageSpec::TableSpec &spec, const Snapshot &snapshot) const override;
    [[nodiscard]] Detail tabDetail(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const QString &key) const override;
    [[nodiscard]] Detail ownDetail(const QString &key, const Snapshot &snapshot) const override;

private:
    QWidget *m_waiting; ///< hidden while nobody waits
    Label *m_headline;
    DataTable *m_blockers;
    tabs::Stamp m_shownTree; ///< the round of sessions that the tree is of
};

} // namespace muster
