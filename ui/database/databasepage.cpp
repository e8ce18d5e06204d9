// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/database/databasepage.h"

namespace muster {

DatabasePage::DatabasePage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::database(), "", session, series, parent)
{
}

} // namespace muster
