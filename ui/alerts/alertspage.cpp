// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/alerts/alertspage.h"

namespace muster {

AlertsPage::AlertsPage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::alerts(), "", session, series, parent)
{
}

} // namespace muster
