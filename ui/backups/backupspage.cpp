// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/backups/backupspage.h"

namespace muster {

BackupsPage::BackupsPage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::backups(), "backup", session, series, parent)
{
}

} // namespace muster
