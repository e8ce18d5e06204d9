// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// SMTP: set-up, staged handshake; test mail.
class MailPage : public SourcePage
{
    Q_OBJECT
public:
    MailPage(Session &session, SeriesBook &series, QWidget *parent);
};

} // namespace muster
