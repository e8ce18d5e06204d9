// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// PostgreSQL and PgBouncer: vitals, sessions and who blocks whom, statements, indexes, replication, settings.
class DatabasePage : public SourcePage
{
    Q_OBJECT
public:
    DatabasePage(Session &session, SeriesBook &series, QWidget *parent);

protected:
    void display(const Snapshot &snapshot, const Assessment &assessment) override;
    [[nodiscard]] Detail ownDetail(const QString &key, const Snapshot &snapshot) const override;

private:
    QWidget *m_waiting; ///< hidden while nobody waits
    Label *m_headline;
    DataTable *m_blockers;
};

} // namespace muster
