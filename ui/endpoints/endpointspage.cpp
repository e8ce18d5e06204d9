// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/endpoints/endpointspage.h"

namespace muster {

EndpointsPage::EndpointsPage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::endpoints(), "", session, series, parent)
{
}

} // namespace muster
