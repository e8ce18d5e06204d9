// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

class ShareBar;

/// HTTP endpoints and direct scrapes: hops, latency, headers, certificate.
class EndpointsPage : public SourcePage
{
    Q_OBJECT
public:
    EndpointsPage(Session &session, SeriesBook &series, QWidget *parent);

protected:
    void showExtra(const Snapshot &snapshot) override;

private:
    ShareBar *m_lifetime; ///< of the certificate, in the detail panel
};

} // namespace muster
