// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// Backup sets: age against the window, the ladder, what is kept; run and verify.
class BackupsPage : public SourcePage
{
    Q_OBJECT
public:
    BackupsPage(Session &session, SeriesBook &series, QWidget *parent);
};

} // namespace muster
