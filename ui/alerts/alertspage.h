// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// Prometheus and Alertmanager: alerts, targets, rules, silences.
class AlertsPage : public SourcePage
{
    Q_OBJECT
public:
    AlertsPage(Session &session, SeriesBook &series, QWidget *parent);
};

} // namespace muster
