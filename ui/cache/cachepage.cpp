// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/cache/cachepage.h"

namespace muster {

CachePage::CachePage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::cache(), "flush", session, series, parent)
{
}

} // namespace muster
