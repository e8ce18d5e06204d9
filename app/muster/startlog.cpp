// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/muster/startlog.h"

#include "models/engine/session.h"

#include <QEvent>
#include <QLoggingCategory>
#include <QWidget>

namespace muster {

namespace {
Q_LOGGING_CATEGORY(startLog, "muster.start", QtWarningMsg)
}

StartLog::StartLog(QWidget &window, const Session &session, QObject *parent) : QObject(parent)
{
    if (!startLog().isInfoEnabled())
        return;
    window.installEventFilter(this);
    connect(&session, &Session::completed, this, [] { qCInfo(startLog, "first complete readiness"); });
}

bool StartLog::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Paint) {
        watched->removeEventFilter(this);
        // Once this paint and those of the children are over.
        QMetaObject::invokeMethod(this, [] { qCInfo(startLog, "first window painted"); }, Qt::QueuedConnection);
    }
    return false;
}

} // namespace muster
