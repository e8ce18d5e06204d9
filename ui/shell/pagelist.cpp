// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/pagelist.h"

#include "ui/alerts/alertspage.h"
#include "ui/audit/auditpage.h"
#include "ui/backups/backupspage.h"
#include "ui/cache/cachepage.h"
#include "ui/database/databasepage.h"
#include "ui/endpoints/endpointspage.h"
#include "ui/mail/mailpage.h"
#include "ui/readiness/readinesspage.h"

#include <QCoreApplication>

#include <array>

namespace muster {

namespace {

template<class PageClass>
Page *make(Session &session, SeriesBook &series, QWidget *parent)
{
    return new PageClass(session, series, parent);
}

constexpr std::array<PageEntry, 8> kPages{{
    {"readiness", QT_TRANSLATE_NOOP("Pages", "Readiness"), make<ReadinessPage>},
    {"database", QT_TRANSLATE_NOOP("Pages", "Database"), make<DatabasePage>},
    {"cache", QT_TRANSLATE_NOOP("Pages", "Cache"), make<CachePage>},
    {"backups", QT_TRANSLATE_NOOP("Pages", "Backups"), make<BackupsPage>},
    {"endpoints", QT_TRANSLATE_NOOP("Pages", "Endpoints"), make<EndpointsPage>},
    {"mail", QT_TRANSLATE_NOOP("Pages", "Mail"), make<MailPage>},
    {"alerts", QT_TRANSLATE_NOOP("Pages", "Alerts"), make<AlertsPage>},
    {"audit", QT_TRANSLATE_NOOP("Pages", "Audit"), make<AuditPage>},
}};

} // namespace

std::span<const PageEntry> pageList()
{
    return kPages;
}

QString pageTitle(const PageEntry &entry)
{
    return QCoreApplication::translate("Pages", entry.title);
}

} // namespace muster
