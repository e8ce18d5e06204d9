// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/endpoints/endpointspage.h"

#include "models/format/format.h"
#include "models/presenters/factpresenter.h"
#include "ui/widgets/detailpanel.h"
#include "ui/widgets/sharebar.h"

namespace muster {

namespace {
constexpr double kLittle = 1.0 / 3; // of the lifetime: ACME clients renew here
constexpr double kLeast = 0.1;
}

EndpointsPage::EndpointsPage(Session &session, SeriesBook &series, QWidget *parent)
    : SourcePage(pages::endpoints(), "load-test", session, series, parent), m_lifetime(new ShareBar(QStringLiteral("lifetime"), tr("Lifetime of the certificate"), this))
{
    detailPanel().setExtra(m_lifetime);
    m_lifetime->hide();
}

void EndpointsPage::showExtra(const Snapshot &snapshot)
{
    const auto left = facts::freshNumber(snapshot.find(source(), "tls.lifetime_left_ratio"));
    m_lifetime->setVisible(left && isSourceSelected());
    if (!left)
        return;
    const CheckStatus status = *left < kLeast ? CheckStatus::Fail : *left < kLittle ? CheckStatus::Warn : CheckStatus::Pass;
    m_lifetime->show(*left, tr("%1 of the certificate's lifetime left").arg(QString::fromStdString(format::ratio(*left))), status);
}

} // namespace muster
