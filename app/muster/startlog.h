// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QWidget;

namespace muster {

class Session;

/// Says in the log category "muster.start" (off by default; QT_LOGGING_RULES=muster.start.info=true) when the window was painted for the first
/// time and when every source had reported for the first time. For tests/bench, and for whoever finds the program slow to start.
class StartLog : public QObject
{
    Q_OBJECT
public:
    StartLog(QWidget &window, const Session &session, QObject *parent);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
};

} // namespace muster
