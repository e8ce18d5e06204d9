// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/page.h"

namespace muster {

Page::Page(std::string key, const QString &title, Session &session, SeriesBook &series, QWidget *parent)
    : QWidget(parent), m_key(std::move(key)), m_title(title), m_session(session), m_series(series)
{
    setObjectName(QStringLiteral("page/") % QString::fromStdString(m_key));
    setAccessibleName(title);
}

void Page::refresh()
{
    const auto snapshot = m_session.snapshot();
    if (snapshot == m_shown)
        return;
    m_shown = snapshot;
    display(*snapshot, *m_session.assessment());
}

} // namespace muster
