// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// Redis: windowed hit rate, operations, memory, prefixes, slow log; flush.
class CachePage : public SourcePage
{
    Q_OBJECT
public:
    CachePage(Session &session, SeriesBook &series, QWidget *parent);
};

} // namespace muster
