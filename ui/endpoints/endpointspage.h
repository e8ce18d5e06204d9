// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// HTTP and TLS: hops, latency, headers, certificates.
class EndpointsPage : public SourcePage
{
    Q_OBJECT
public:
    EndpointsPage(Session &session, SeriesBook &series, QWidget *parent);
};

} // namespace muster
