// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"

#include <QObject>
#include <QTimer>

#include <set>
#include <string>

namespace muster::ctl {

/// Runs a session until there is enough to judge: every source has answered, and those whose facts are rates have given two samples one second
/// apart; or, with `watchFor`, until that much time has passed and every source has answered.
class Sampler : public QObject
{
    Q_OBJECT
public:
    Sampler(Session &session, Millis watchFor);
    void start();

Q_SIGNALS:
    void finished();

private:
    void onAnswer(const std::string &sourceId, bool isGood);
    void finishIfDone();

    Session &m_session;
    Millis m_watchFor;
    QTimer m_limit;
    std::set<std::string> m_answered; ///< at least once
    std::set<std::string> m_open;     ///< rounds that are still waited for
    bool m_isTimeUp = false;
    bool m_isFinished = false;
};

} // namespace muster::ctl
