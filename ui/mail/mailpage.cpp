// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/mail/mailpage.h"

namespace muster {

MailPage::MailPage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::mail(), "mail-test", session, series, parent)
{
}

} // namespace muster
