// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// PostgreSQL and PgBouncer: vitals, sessions, slow statements, indexes, slots, settings.
class DatabasePage : public SourcePage
{
    Q_OBJECT
public:
    DatabasePage(Session &session, SeriesBook &series, QWidget *parent);
};

} // namespace muster
